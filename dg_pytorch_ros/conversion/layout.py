# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Which shapes and dtypes the arguments have in what is made."""

from dataclasses import dataclass
from typing import Iterator, List, Mapping, Sequence, Tuple

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.errors import ConfigError, PytorchRosError
from dg_pytorch_ros.probing.probed import Probed, ProbedArgument

Shape = Tuple[int, ...]

# An example of one shall not be mistaken for something that is always one.
_LEAST_EXAMPLE = 2
# Where a user says that a size is free, and no run has told one that does.
_ANY_SIZE = 64


@dataclass(frozen=True)
class Layout:
    """
    An argument: `shape` has -1 where any size will do, `sample` is one that runs.

    The type is TorchScript's: a Tensor or a Python number.
    """

    name: str
    dtype: str
    shape: Shape
    sample: Shape
    type_name: str = 'Tensor'

    @property
    def free(self) -> Tuple[int, ...]:
        """The axes that may have any size."""
        return tuple(axis for axis, size in enumerate(self.shape) if size == -1)

    @property
    def example(self) -> Shape:
        """A shape on which no free size is one."""
        return tuple(
            max(size, _LEAST_EXAMPLE) if axis in self.free else size
            for axis, size in enumerate(self.sample))

    def sized(self, first: int, factor: int, extra: int) -> Shape:
        """Return a shape with other free sizes: `first` on axis 0, what is computed elsewhere."""
        return tuple(
            size if axis not in self.free else first if axis == 0 else factor * size + extra
            for axis, size in enumerate(self.sample))


def other_shapes(layouts: Sequence[Layout]) -> Iterator[Tuple[Shape, ...]]:
    """Yield shapes to try beside the samples; not all of them need make sense to a module."""
    seen = {tuple(layout.sample for layout in layouts)}
    for first, factor, extra in ((1, 1, 0), (2, 1, 0), (3, 1, 1), (5, 2, 0), (1, 0, 1)):
        shapes = tuple(layout.sized(first, factor, extra) for layout in layouts)
        if shapes not in seen:
            seen.add(shapes)
            yield shapes


def settle(
    probed: Probed, wanted: Mapping[str, Shape], dtypes: Mapping[str, str]
) -> List[Layout]:
    """Return what was found by trying, but what is wanted where that is said."""
    names = [argument.name for argument in probed.arguments]
    for name in wanted:
        if name not in names:
            raise ConfigError(
                f'--shape names {name!r}, which is no argument to be fed; arguments: '
                f'{enumeration(names)}')
    return [
        _settle(argument, wanted, dtypes.get(argument.name, argument.dtype))
        for argument in probed.arguments]


def check_runs(probed: Probed) -> None:
    """Refuse a module of which nobody knows on what it runs."""
    if not probed.runs:
        tried = ', '.join(
            f'{argument.name} {list(shape)}'
            for argument, shape in zip(probed.arguments, probed.guessed_shapes))
        raise PytorchRosError(
            f'no shape was found on which forward runs; on {tried} it says: {probed.complaint}; '
            f'give what you know, for example --shape {probed.arguments[0].name}=1,48')
    for argument in probed.arguments:
        if argument.joined_with:
            group = (argument.name, *argument.joined_with)
            raise PytorchRosError(
                f'the last sizes of {enumeration(group)} are known by their sum only, '
                f'{argument.total}; give them, for example '
                f'--shape {argument.name}={_sizes(argument.sample_shape)}')


def _settle(argument: ProbedArgument, wanted: Mapping[str, Shape], dtype: str) -> Layout:
    type_name = argument.argument.type_name
    if argument.argument.is_scalar:
        return Layout(argument.name, dtype, (1,), (1,), type_name)
    found = argument.sample_shape or ()
    if argument.name not in wanted:
        shape = (-1,) * len(found) if argument.shape is None else argument.shape
        return Layout(argument.name, dtype, shape, found, type_name)
    shape = wanted[argument.name]
    fits = len(shape) == len(found)
    sample = tuple(
        size if size != -1 else found[axis] if fits else _ANY_SIZE
        for axis, size in enumerate(shape))
    return Layout(argument.name, dtype, shape, sample, type_name)


def _sizes(shape: object) -> str:
    sizes = shape if isinstance(shape, tuple) else ()
    return ','.join(map(str, sizes)) or '1'
