# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What `forward` takes and gives, and whether the given names fit it."""

from dataclasses import dataclass
from typing import Optional, Sequence, Tuple

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.errors import ContractError

PYTHON_SCALARS = ('float', 'int', 'bool')
TENSORS = ('Tensor', 'Optional[Tensor]')


@dataclass(frozen=True)
class Argument:
    """
    One argument of `forward`, its type in TorchScript's words.

    `dtype` and `shape` are what the file says, if it does; -1 is any size.
    """

    name: str
    type_name: str = 'Tensor'
    has_default: bool = False
    dtype: str = ''
    shape: Optional[Tuple[int, ...]] = None

    @property
    def is_scalar(self) -> bool:
        """Whether the module wants a Python number here, not a tensor."""
        return self.type_name in PYTHON_SCALARS

    def takes(self, shape: Sequence[int]) -> bool:
        """Whether the file allows values of this shape."""
        if self.shape is None:
            return True
        return len(shape) == len(self.shape) and all(
            expected in (-1, size) for expected, size in zip(self.shape, shape))


@dataclass(frozen=True)
class Result:
    """
    What `forward` returns, as far as its schema says.

    `types` are the members of a tuple, or the one type of anything else; `names` are the fields
    of a NamedTuple; `labels` names in the file, in place of which the user may give others. A list
    or a dict tells its members only when it runs: `is_open` is then true.
    """

    annotation: str
    types: Tuple[str, ...] = ('Tensor',)
    names: Tuple[str, ...] = ()
    is_open: bool = False
    labels: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Signature:
    """The schema of `forward`."""

    arguments: Tuple[Argument, ...]
    result: Result

    def match_inputs(self, names: Optional[Sequence[str]]) -> Tuple[str, ...]:
        """
        Name the inputs, one an argument, in order.

        Without names, they are those of the arguments that have no default. Raise ContractError
        if the names cannot be this module's arguments.
        """
        if names is None:
            names = [argument.name for argument in self.arguments if not argument.has_default]
        self._check_count(names)
        self._check_order(names)
        for name, argument in zip(names, self.arguments):
            if argument.type_name not in TENSORS and not argument.is_scalar:
                raise ContractError(
                    f'input {name!r}: forward takes {argument.type_name} here; '
                    'an input feeds a Tensor, float, int or bool')
        return tuple(names)

    def match_outputs(self, names: Optional[Sequence[str]]) -> Tuple[str, ...]:
        """
        Name the outputs.

        Without names, they are a NamedTuple's fields or those in the file, else `output`, or
        `output_0` and so on. Raise ContractError if the names cannot be this module's results.
        """
        if names is None:
            names = self._default_output_names()
        if self.result.is_open:
            return tuple(names)
        known = self._names_of_results(names)
        if known:
            types = dict(zip(known, self.result.types))
            for name in names:
                if name not in types:
                    raise ContractError(
                        f'output_names holds {name!r}, which does not exist; forward returns '
                        f'{enumeration(known)}')
        else:
            if len(names) != len(self.result.types):
                raise ContractError(
                    f'output_names has {len(names)} names ({enumeration(names)}), but forward '
                    f'returns {len(self.result.types)}: {self.result.annotation}')
            types = dict(zip(names, self.result.types))
        for name in names:
            if types[name] != 'Tensor':
                raise ContractError(
                    f'output {name!r}: forward returns {types[name]} here; expected a Tensor')
        return tuple(names)

    def output_places(self, names: Sequence[str]) -> Optional[Tuple[int, ...]]:
        """Return where among the results those of these names are; None if a run tells."""
        known = self._names_of_results(names)
        return tuple(known.index(name) for name in names) if known else None

    def _names_of_results(self, names: Sequence[str]) -> Tuple[str, ...]:
        """Return the names by which results are chosen; none if they are chosen by place."""
        if self.result.names:
            return self.result.names
        labels = self.result.labels
        return labels if set(labels) & set(names) else ()

    def _default_output_names(self) -> Tuple[str, ...]:
        if self.result.is_open:
            raise ContractError(
                f'output_names is not set, and forward returns {self.result.annotation}, '
                'which tells its members only when it runs; set output_names')
        if self.result.names or self.result.labels:
            return self.result.names or self.result.labels
        if len(self.result.types) == 1:
            return ('output',)
        return tuple(f'output_{index}' for index in range(len(self.result.types)))

    def _check_count(self, names: Sequence[str]) -> None:
        required = sum(not argument.has_default for argument in self.arguments)
        if required <= len(names) <= len(self.arguments):
            return
        expected = enumeration(argument.name for argument in self.arguments)
        count = str(required)
        if required != len(self.arguments):
            count += f' to {len(self.arguments)}'
        raise ContractError(
            f'input_names has {len(names)} names ({enumeration(names)}), but forward takes '
            f'{count}: {expected}')

    def _check_order(self, names: Sequence[str]) -> None:
        positions = {argument.name: index for index, argument in enumerate(self.arguments)}
        for index, name in enumerate(names):
            if positions.get(name, index) != index:
                raise ContractError(
                    f'input_names has {name!r} in place {index + 1}, but it is argument '
                    f'{positions[name] + 1} of forward; the order must be that of forward: '
                    f'{enumeration(positions)}')
