# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a package says of its inputs and results, beside what the compiler writes into it."""

from dataclasses import dataclass
import json
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

from dg_pytorch_ros.errors import ModelFileError

_INPUTS = 'dg_pytorch_ros.inputs'
_OUTPUTS = 'dg_pytorch_ros.outputs'
_RESULT = 'dg_pytorch_ros.result'
_PARAMETERS = 'dg_pytorch_ros.parameters'
_NAMED, _PLAIN = 'names', 'plain'


@dataclass(frozen=True)
class TensorFact:
    """One tensor that goes in or comes out; -1 is a size that is free."""

    name: str
    dtype: str = ''
    shape: Optional[Tuple[int, ...]] = None


@dataclass(frozen=True)
class Metadata:
    """
    The tensors of a package in their order.

    `is_named`: the results are chosen by their names, as the fields of a NamedTuple are.
    `parameters` are the paths of those that no run changes: the compiler does not say that of
    all of them.
    """

    inputs: Tuple[TensorFact, ...]
    outputs: Tuple[TensorFact, ...]
    is_named: bool = False
    parameters: Tuple[str, ...] = ()

    def texts(self) -> Dict[str, str]:
        """Return the entries of a package that say this."""
        return {
            _INPUTS: _write(self.inputs), _OUTPUTS: _write(self.outputs),
            _RESULT: _NAMED if self.is_named else _PLAIN,
            _PARAMETERS: json.dumps(self.parameters)}


def read_metadata(entries: Mapping[str, str]) -> Optional[Metadata]:
    """
    Return what the entries of a package say, None if they say nothing of its tensors.

    Raise ModelFileError if they cannot be understood; its text goes behind the file's name.
    """
    if _INPUTS not in entries or _OUTPUTS not in entries:
        return None
    return Metadata(
        _read(entries, _INPUTS), _read(entries, _OUTPUTS),
        is_named=entries.get(_RESULT) == _NAMED, parameters=_read_paths(entries))


def _write(facts: Sequence[TensorFact]) -> str:
    return json.dumps([
        {'name': fact.name, 'dtype': fact.dtype, 'shape': fact.shape} for fact in facts])


def _read(entries: Mapping[str, str], key: str) -> Tuple[TensorFact, ...]:
    try:
        return tuple(map(_read_fact, json.loads(entries[key])))
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise ModelFileError(
            f'holds metadata {key} that say nothing of tensors: {entries[key][:80]!r}') from error


def _read_paths(entries: Mapping[str, str]) -> Tuple[str, ...]:
    try:
        return tuple(map(str, json.loads(entries.get(_PARAMETERS, '[]'))))
    except (ValueError, TypeError, RecursionError) as error:
        raise ModelFileError(
            f'holds metadata {_PARAMETERS} that are no list of names: '
            f'{entries[_PARAMETERS][:80]!r}') from error


def _read_fact(fact: Dict[str, Any]) -> TensorFact:
    shape = fact['shape']
    return TensorFact(
        str(fact['name']), str(fact['dtype']),
        None if shape is None else tuple(max(-1, int(size)) for size in shape))
