# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The blocks of docs/cookbook.md, and messages from what they show."""

from importlib import import_module
from pathlib import Path
import re
from typing import Any, Dict, Iterator, List, NamedTuple

import yaml

PACKAGE_ROOT = Path(__file__).parents[1]
_FENCE = re.compile(r'^```(\w+)\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_ELEMENT = re.compile(r'sequence<(\w+)/(\w+)>')


class Block(NamedTuple):
    """What stands between two fences, under which heading, and behind which recipe."""

    heading: str
    recipe: str
    language: str
    title: str
    text: str

    @property
    def content(self) -> Any:
        """What the block says, if it is YAML."""
        return yaml.safe_load(self.text)


class Shown(NamedTuple):
    """A message as the document shows it."""

    topic: str
    kind: Any
    content: Dict[str, Any]

    def message(self) -> Any:
        """Return the message."""
        return _filled(self.kind(), self.content)


def blocks() -> List[Block]:
    """Return all blocks in their order."""
    text = (PACKAGE_ROOT / 'docs/cookbook.md').read_text(encoding='utf-8')
    found = []
    for section in re.split(r'^##+ ', text, flags=re.MULTILINE):
        heading, recipe = section.partition('\n')[0], ''
        for language, inside in _FENCE.findall(section):
            title, text = _divided(inside)
            if title.startswith('recipe: '):
                recipe = title.removeprefix('recipe: ')
            found.append(Block(heading, recipe, language, title, text))
    return found


def titled(beginning: str) -> Iterator[Block]:
    """Yield the blocks whose first line is a comment that begins so."""
    for block in blocks():
        if block.title.startswith(beginning):
            yield block


def shown(direction: str, *, heading: str = '', recipe: str = '') -> List[Shown]:
    """Return the messages that arrive, or leave, under a heading or in a recipe."""
    messages = []
    for block in titled(direction + ' on '):
        if block.recipe != recipe or heading not in ('', block.heading):
            continue
        topic, name = block.title.removeprefix(direction + ' on ').split(': ')
        package, _, kind = name.split('/')
        messages.append(
            Shown(topic, getattr(import_module(f'{package}.msg'), kind), block.content))
    return messages


def parameters(content: Any, prefix: str = '') -> Dict[str, Any]:
    """Return the parameters of a file, by their full names."""
    if not isinstance(content, dict):
        return {prefix: content}
    return {
        name: value for key, inner in content.items()
        for name, value in parameters(inner, f'{prefix}.{key}' if prefix else key).items()}


def assert_shows(message: Any, content: Any) -> None:
    """Assert that a message is as shown, in all that is shown."""
    if isinstance(content, dict):
        for name, inner in content.items():
            assert_shows(getattr(message, name), inner)
    elif isinstance(content, list):
        assert len(message) == len(content), message
        for element, inner in zip(message, content):
            assert_shows(element, inner)
    elif isinstance(content, float):
        assert abs(message - content) < 1e-5, (message, content)
    else:
        assert message == content, (message, content)


def content_of(file: str) -> Any:
    """Return the parameters in a file of the package."""
    text = (PACKAGE_ROOT / file).read_text(encoding='utf-8')
    return yaml.safe_load(text)['/**']['ros__parameters']


def _divided(inside: str) -> 'tuple[str, str]':
    first, _, rest = inside.partition('\n')
    return (first[2:], rest) if first.startswith('# ') else ('', inside)


def _filled(message: Any, content: Dict[str, Any]) -> Any:
    kinds = message.get_fields_and_field_types()
    for name, value in content.items():
        element = _ELEMENT.fullmatch(kinds[name])
        if isinstance(value, dict):
            _filled(getattr(message, name), value)
        elif element:
            kind = getattr(import_module(f'{element[1]}.msg'), element[2])
            setattr(message, name, [_filled(kind(), inner) for inner in value])
        else:
            setattr(message, name, value)
    return message
