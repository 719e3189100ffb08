# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
What the generated C++ source says of inputs, results and constants.

The source stands in the package beside the compiled code, which itself says nothing of sizes.
"""

from dataclasses import dataclass, replace
import re
from typing import Dict, Iterator, NamedTuple, Optional, Sequence, Tuple

_INPUT = re.compile(r'\binputs_info_\[(\d{1,9})\]\.name = "([^"\n]{0,500})"')
_OUTPUT = re.compile(r'\boutputs_info_\[(\d{1,9})\]\.name = "([^"\n]{0,500})"')
_CONSTANT = re.compile(
    r'\bconstants_info_\[(\d{1,9})\]\.'
    r'(?:dtype = cached_torch_dtype_(?P<dtype>\w+)|shape = \{(?P<shape>[\d, ]{0,999})\}|'
    r'type = [^;\n]{0,80}ConstantType::(?P<kind>\w+)|original_fqn = "(?P<path>[^"\n]{0,500})")')
_DTYPE = re.compile(r'\bint32_t (\w+)_expected_dtype = aoti_torch_dtype_(\w+)\(\);')
_SIZE = re.compile(r'\bif \((?:(\d{1,19}) != )?(\w+)_size\[(\d{1,3})\](?: [<>] \d+)?\) \{')
_STRIDE = re.compile(r'\bif \((\d{1,19}) != (\w+)_stride\[(\d{1,3})\]\) \{')
_COMPARED = re.compile(r'\bassert_size_stride\((\w+), \{[^{}\n]*\}, \{[^{}\n]*\}, "input"\)')
_BODY = re.compile(r'^void \w+::run_impl\((.*?)^\}', re.MULTILINE | re.DOTALL)
_SET_UP = re.compile(
    r'^ *(?:auto \w+ = std::move\(inputs\[\d+\]\);|auto \w+_size = \w+\.sizes\(\);|'
    r'int64_t \w+ = [^\n]*;|\w+\.reset\(\);)$', re.MULTILINE)


class SourceInput(NamedTuple):
    """An input as the code checks it; -1 is a size, or a step in memory, that is free."""

    name: str
    dtype: str
    shape: Optional[Tuple[int, ...]]
    strides: Tuple[int, ...]


@dataclass(frozen=True)
class SourceConstant:
    """A tensor that the compiled code reads, and maybe writes."""

    path: str
    kind: str
    dtype: str
    shape: Tuple[int, ...]

    @property
    def is_parameter(self) -> bool:
        """Whether it is a parameter of the module, which no evaluation changes."""
        return self.kind == 'Parameter'


class Source:
    """The source of a model's wrapper, which calls the kernels."""

    def __init__(self, wrapper: str) -> None:
        self._wrapper = wrapper
        body = _BODY.search(wrapper)
        self.body = body[1] if body else ''
        self.inputs = self._read_inputs()
        self.outputs = _numbered(_OUTPUT, wrapper)
        self.constants = _read_constants(wrapper)

    def take_for_parameters(self, paths: Sequence[str]) -> None:
        """Take constants for parameters: of a path that begins with a digit, none is told."""
        self.constants = {
            number: replace(constant, kind='Parameter') if constant.path in paths else constant
            for number, constant in self.constants.items()}

    def input_compared_to_none(self) -> Optional[str]:
        """
        Name an input whose free sizes the code takes without comparing them with those of others.

        Return None if there is none; a single free size cannot be at odds with another.
        """
        free = [each for each in self.inputs if each.shape is None or -1 in each.shape]
        if sum(each.shape.count(-1) if each.shape else 2 for each in free) < 2:
            return None
        compared = set(_COMPARED.findall(self.body))
        used = _SET_UP.sub('', self.body)
        return next(
            (each.name for each in free
             if each.name not in compared and re.search(rf'\b{each.name}\b', used)), None)

    def _read_inputs(self) -> Tuple[SourceInput, ...]:
        dtypes = dict(_DTYPE.findall(self._wrapper))
        sizes: Dict[str, Dict[int, int]] = {name: {} for name in dtypes}
        strides: Dict[str, Dict[int, int]] = {name: {} for name in dtypes}
        for size, name, place in _SIZE.findall(self._wrapper):
            if name in sizes:
                sizes[name][int(place)] = int(size or -1)
        for step, name, place in _STRIDE.findall(self._wrapper):
            if name in strides:
                strides[name][int(place)] = int(step)
        return tuple(
            SourceInput(
                name, dtypes.get(name, ''), _in_order(sizes.get(name)),
                _in_order({
                    place: strides[name].get(place, -1) for place in sizes.get(name, ())}) or ())
            for name in _numbered(_INPUT, self._wrapper))


def _numbered(pattern: 're.Pattern[str]', text: str) -> Tuple[str, ...]:
    found = {int(number): name for number, name in pattern.findall(text)}
    return tuple(found[number] for number in sorted(found))


def _in_order(places: Optional[Dict[int, int]]) -> Optional[Tuple[int, ...]]:
    """Return what stands in places counted from 0; None if nothing is known of one of them."""
    if places is None or sorted(places) != list(range(len(places))):
        return None
    return tuple(places[place] for place in range(len(places)))


def _read_constants(text: str) -> Dict[int, SourceConstant]:
    found: Dict[int, Dict[str, str]] = {}
    for match in _CONSTANT.finditer(text):
        said = {key: value for key, value in match.groupdict().items() if value is not None}
        found.setdefault(int(match[1]), {}).update(said)
    return {
        number: SourceConstant(
            said.get('path', ''), said.get('kind', ''), said.get('dtype', ''),
            tuple(_sizes(said.get('shape', ''))))
        for number, said in found.items()}


def _sizes(text: str) -> Iterator[int]:
    return map(int, filter(str.strip, text.split(',')))
