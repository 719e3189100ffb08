# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The values in a YAML text, as ROS reads them, and the lines where they stand."""

import re
from typing import Any, Iterator, List, Tuple, Union

from dg_pytorch_ros.parameters.yaml_scalar import read_scalar, Scalar
import yaml

Value = Union[Scalar, List[Scalar]]

# What has parameters below it, and no value.
_GROUP = re.compile(
    r'realtime|(inputs|outputs)(\.\w+)?|inputs\.\w+\.parts(\.\w+)?|'
    r'(inputs\.\w+(\.parts\.\w+)?|outputs\.\w+)\.(qos|replace)')
_TAB = re.compile(r' *\t')
_UNTAGGED = ''
_TEXT = 'tag:yaml.org,2002:str'


class YamlError(ValueError):
    """Something in a YAML text that ROS cannot take, and its line, from 1."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


class _Loader(yaml.BaseLoader):
    """Tells what has a tag from what has none, and meets no alias."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        return _UNTAGGED if kind is yaml.ScalarNode else super().resolve(kind, value, implicit)

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise YamlError(
                event.start_mark.line + 1,
                f'ROS takes no aliases such as *{event.anchor}; write the value out')
        return super().compose_node(parent, index)


def compose(text: str) -> List[yaml.Node]:
    """Return the root of each document; raise YamlError if the text is no YAML."""
    try:
        return list(yaml.compose_all(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        if _TAB.match(text.split('\n')[line - 1]):
            raise YamlError(line, 'YAML takes no tabs; indent with spaces') from error
        raise YamlError(line, ', '.join(filter(None, (error.context, error.problem)))) from error
    except yaml.reader.ReaderError as error:
        line = text.count('\n', 0, error.position) + 1
        raise YamlError(line, f'{error.reason}: {chr(error.character)!r}') from error


def compose_one(text: str) -> yaml.Node:
    """Return the root of a text that is one value."""
    roots = compose(text)
    if len(roots) != 1:
        raise YamlError(1, f'expected one value, not {text!r}')
    return roots[0]


def items(mapping: yaml.MappingNode) -> Iterator[Tuple[str, int, yaml.Node]]:
    """Yield the keys of a mapping, their lines, and what belongs to them."""
    for key, value in mapping.value:
        if not isinstance(key, yaml.ScalarNode) or not key.value:
            raise YamlError(line_of(key), 'a key must be a name')
        yield key.value, line_of(key), value


def line_of(node: yaml.Node) -> int:
    """Return the line where a node begins, from 1."""
    return int(node.start_mark.line) + 1


def read_value(name: str, node: yaml.Node) -> Value:
    """Return the value of the parameter `name`; raise YamlError if ROS takes no such value."""
    if isinstance(node, yaml.ScalarNode):
        return _read_scalar(name, node)
    if isinstance(node, yaml.MappingNode) and node.value:
        raise YamlError(line_of(node), f'{name} is a mapping; expected a value')
    if not node.value:
        raise YamlError(line_of(node), f'{name} is empty; leave it out')
    for item in node.value:
        if not isinstance(item, yaml.ScalarNode):
            raise YamlError(
                line_of(item), f'{name} is a list that holds more than single values; ROS takes '
                'lists of numbers, of texts or of truth values')
    values = [_read_scalar(name, item) for item in node.value]
    for item, value in zip(node.value, values):
        if type(value) is not type(values[0]):
            raise YamlError(
                line_of(item), f'{name} holds {values[0]!r} and {value!r}; ROS takes lists of '
                "one kind only: write 1.0 for 1 beside 0.5, and 'y' for y beside texts")
    return values


def _read_scalar(name: str, node: yaml.ScalarNode) -> Scalar:
    text = str(node.value)
    if node.style in ('"', "'") or node.tag == _TEXT:
        return text
    if not text and _GROUP.fullmatch(name):
        raise YamlError(
            line_of(node), f'{name} has nothing below it; indent what belongs to it, or leave it '
            'out')
    if not text:
        raise YamlError(line_of(node), f"{name} has no value; leave it out, or write ''")
    return read_scalar(text)
