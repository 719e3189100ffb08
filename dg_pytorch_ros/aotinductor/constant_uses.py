# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Which constants the compiled code writes, as its source says."""

import re
from typing import Dict, List, NamedTuple, Tuple

from dg_pytorch_ros.aotinductor.source import Source, SourceConstant

_DECLARATION = re.compile(r'^.*\bauto& (\w+) = constants_->at\((\d{1,9})\);$', re.MULTILINE)
_CALL = re.compile(r'^ *(\w+)\((\(.*\.data_ptr\(\)\).*)\);$', re.MULTILINE)
_POINTER = re.compile(r'\([\w: ]+\*\)\((\w+)\.data_ptr\(\)\)')
_KERNEL = re.compile(r'^extern "C"\s+void\s+(\w+)\(([^()]*)\);', re.MULTILINE)


class _Use(NamedTuple):
    constant: SourceConstant
    mentions: int
    reading: int
    parameters: Tuple[str, ...]


class ConstantUses:
    """How `run_impl` uses each constant that is no parameter."""

    def __init__(self, source: Source, wrapper: str) -> None:
        declared = {int(number): name for name, number in _DECLARATION.findall(source.body)}
        body = _DECLARATION.sub('', source.body)
        passed = _parameters_of_kernels(body, wrapper)
        self._uses = [
            _Use(constant, len(re.findall(rf'\b{name}\b', body)), len(re.findall(
                rf'\(const [\w:]+\*\)\({name}\.data_ptr\(\)\)', body)),
                tuple(passed.get(name, ())))
            for number, constant in source.constants.items() if not constant.is_parameter
            for name in [declared.get(number, '')] if name]
        known = {use.constant.path for use in self._uses}
        self._unknown = tuple(
            constant.path for constant in source.constants.values()
            if not constant.is_parameter and constant.path not in known)

    @property
    def maybe_written(self) -> Tuple[str, ...]:
        """The paths of all constants of which it is not certain that they are only read."""
        return self._unknown + tuple(
            use.constant.path for use in self._uses if use.mentions > use.reading)

    @property
    def never_read(self) -> Tuple[str, ...]:
        """The paths of constants that are written only, so that no later run depends on them."""
        return tuple(
            use.constant.path for use in self._uses
            if use.parameters and use.mentions == len(use.parameters)
            and all(parameter.startswith('out_ptr') for parameter in use.parameters))


def _parameters_of_kernels(body: str, wrapper: str) -> Dict[str, List[str]]:
    """Return as which parameters of kernels each variable is passed."""
    parameters = {
        kernel: [parameter.split()[-1] for parameter in text.split(',') if parameter.strip()]
        for kernel, text in _KERNEL.findall(wrapper)}
    passed: Dict[str, List[str]] = {}
    for kernel, arguments in _CALL.findall(body):
        for name, parameter in zip(_POINTER.findall(arguments), parameters.get(kernel, ())):
            passed.setdefault(name, []).append(parameter)
    return passed
