# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a user had better know of a program."""

from typing import Any, Iterator, Sequence, Tuple

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.exported.signature import Place

_TRAINS = ('train', 'training')


def read_notes(
    program: Any, places: Sequence[Place], *, exported_on: Sequence[str], device: str
) -> Tuple[str, ...]:
    """Return sentences, none if all is as usual."""
    elsewhere = [name for name in exported_on if not _are_same(name, device)]
    return tuple(_notes(program, places, elsewhere, device))


def _notes(
    program: Any, places: Sequence[Place], elsewhere: Sequence[str], device: str
) -> Iterator[str]:
    if elsewhere:
        yield f'exported on {enumeration(elsewhere)}, moved to {device}'
    fixed = [f'{place.name} = {place.value}' for place in places if place.is_fixed]
    if fixed:
        yield f'fixed by torch.export: {enumeration(fixed)}'
    if any(map(_trains, program.graph.nodes)):
        yield (
            'exported in training mode, in which dropout and normalisation do something else; '
            'call module.eval() before torch.export.export')


def _trains(node: Any) -> bool:
    """Whether this is an operation that is told to do as in training."""
    schema = getattr(node.target, '_schema', None)
    if schema is None:
        return False
    values = dict(zip((argument.name for argument in schema.arguments), node.args))
    values.update(node.kwargs)
    return any(values.get(name) is True for name in _TRAINS)


def _are_same(name: str, device: str) -> bool:
    return name.partition(':')[0] == device.partition(':')[0]
