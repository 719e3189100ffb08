# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A parameter file: what it gives to one node, and in which lines."""

from dataclasses import dataclass, replace
from pathlib import Path
import re
from typing import Any, Dict, Iterator, Mapping, NamedTuple, Optional, Sequence, Union

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.errors import ConfigError, Problems, PytorchRosError
from dg_pytorch_ros.parameters.yaml_node import (
    compose, compose_one, items, line_of, read_value, Value, YamlError)
import yaml

DEFAULT_NODE_NAME = 'pytorch_node'
# The line of what the command line sets.
COMMAND_LINE = 0

_KEY = 'ros__parameters'
_WORD = r'(?:[A-Za-z_][A-Za-z0-9_]*|\*\*?)'
_NODE_NAME = re.compile(rf'/?(?:{_WORD}/)*{_WORD}')
_SLIP_OF_KEY = re.compile('_*ros_*param[a-z]*', re.IGNORECASE)
# How files begin that torch writes: as zip archives, or as pickles.
_BEGINNINGS_OF_MODELS = (b'PK\x03\x04', b'\x80')
_ASSIGNMENT = re.compile('([^:=]+):=(.*)', re.DOTALL)


class Setting(NamedTuple):
    """A value, and the line where its name stands, from 1."""

    value: Value
    line: int


class FileError(ConfigError):
    """Something wrong in a file, and where; `text` says it without the place."""

    def __init__(self, path: str, line: int, text: str) -> None:
        super().__init__(f'{path}:{line}: {text}')
        self.line = line
        self.text = text


@dataclass(frozen=True)
class ParameterFile:
    """
    What a file gives to one node.

    `settings` has full names such as `inputs.obs.topic`; `groups` has the lines of what these
    names begin with, such as `inputs.obs`.
    """

    path: str
    node_name: str
    namespace: str
    line: int
    settings: Mapping[str, Setting]
    groups: Mapping[str, int]

    @property
    def full_name(self) -> str:
        """The name of the node, with its namespace."""
        return f'{self.namespace.rstrip("/")}/{self.node_name}'

    @property
    def values(self) -> Dict[str, Any]:
        """The values of the parameters, by their full names."""
        return {name: setting.value for name, setting in self.settings.items()}

    def line_of(self, name: str) -> Optional[int]:
        """Return the line of a parameter, or of a group of them; None if it is not there."""
        setting = self.settings.get(name)
        return self.groups.get(name) if setting is None else setting.line

    def override(self, assignments: Sequence[str]) -> 'ParameterFile':
        """Set parameters as `NAME:=VALUE`, like `--ros-args -p`; raise ConfigError if unclear."""
        given = dict(map(_read_assignment, assignments))
        return replace(self, settings={**self.settings, **given})

    def without(self, name: str) -> 'ParameterFile':
        """Return the same without a parameter, or without all of a group."""
        return replace(
            self,
            settings={key: setting for key, setting in self.settings.items()
                      if not f'{key}.'.startswith(f'{name}.')},
            groups={key: line for key, line in self.groups.items()
                    if not f'{key}.'.startswith(f'{name}.')})


def read_parameter_file(path: Union[str, Path], *, node: str = '') -> ParameterFile:
    """
    Read what a file gives to one node: to the only one that it names, unless told which.

    Raise ConfigError with all that ROS would not take, each as `PATH:LINE: text`, and
    PytorchRosError if the file cannot be read at all.
    """
    reader = _Reader(str(path))
    sections = reader.read(_read_text(path))
    full_name = _choose_node(str(path), sections, node)
    namespace, _, name = full_name.rpartition('/')
    matching = [section for section in sections.values() if section.matches(full_name)]
    settings: Dict[str, Setting] = {}
    groups: Dict[str, int] = {}
    for section in matching:  # as ROS does: the last counts
        settings.update(section.settings)
        groups.update(section.groups)
    return ParameterFile(
        str(path), name, namespace or '/', matching[-1].line, settings, groups)


@dataclass
class _Section:
    """What a file gives to the nodes of one name, which may have wildcards."""

    name: str
    line: int
    settings: Dict[str, Setting]
    groups: Dict[str, int]

    @property
    def full_name(self) -> str:
        return self.name if self.name.startswith('/') else f'/{self.name}'

    @property
    def is_wild(self) -> bool:
        return '*' in self.name

    def matches(self, full_name: str) -> bool:
        """Return whether ROS gives these parameters to a node."""
        pattern = re.sub(r'/\*', r'(/\\w+)', self.full_name)
        return re.fullmatch(pattern, full_name) is not None


class _Reader:
    """Reads the sections of a file, and gathers what is wrong with them."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._problems = Problems()
        self._sections: Dict[str, _Section] = {}

    def read(self, text: str) -> Dict[str, _Section]:
        try:
            for root in compose(text):
                self._read_names(root, '')
        except YamlError as error:
            self._note(error)
        if not self._sections and not self._problems:
            self._note(YamlError(
                1, f'there are no parameters; expected NODE: {{{_KEY}: {{NAME: VALUE}}}}'))
        self._problems.raise_any()
        return self._sections

    def _note(self, error: YamlError) -> None:
        self._problems.add(FileError(self._path, error.line, str(error)))

    def _read_names(self, node: yaml.Node, prefix: str) -> None:
        """Read what stands above the parameters: the names of nodes, and their namespaces."""
        if not isinstance(node, yaml.MappingNode):
            self._note(YamlError(
                line_of(node), f'there is a value above {_KEY}; expected NODE: {{{_KEY}: …}}'))
            return
        for key, line, value in items(node):
            if key.startswith(_KEY):
                self._read_section(prefix, line, value)
            elif _SLIP_OF_KEY.fullmatch(key):
                self._note(YamlError(line, f'{key} is not known; did you mean {_KEY}?'))
            else:
                self._read_names(value, f'{prefix}/{key}' if prefix else key)

    def _read_section(self, name: str, line: int, node: yaml.Node) -> None:
        if not name:
            self._note(YamlError(
                line, f'there is no name of a node above {_KEY}; put /**: above it, for nodes of '
                'any name, and indent the rest'))
            return
        if not _NODE_NAME.fullmatch(name):
            self._note(YamlError(
                line, f'{name!r} is no name of a node; expected letters, digits and _, or /**'))
            return
        section = self._sections.setdefault(name, _Section(name, line, {}, {}))
        if isinstance(node, yaml.MappingNode):
            self._read_parameters(section, node, '')
        else:
            self._note(YamlError(line, f'{_KEY} of {name} has no parameters'))

    def _read_parameters(self, section: _Section, node: yaml.MappingNode, prefix: str) -> None:
        for key, line, value in items(node):
            name = prefix + key
            for group in _groups_of(name):
                section.groups.setdefault(group, line)
            if isinstance(value, yaml.MappingNode) and value.value:
                section.groups.setdefault(name, line)
                self._read_parameters(section, value, f'{name}.')
                continue
            try:
                self._refuse_double(section, name, line)
                section.settings[name] = Setting(read_value(name, value), line)
            except YamlError as error:
                self._note(error)

    @staticmethod
    def _refuse_double(section: _Section, name: str, line: int) -> None:
        if name in section.settings:
            raise YamlError(
                line, f'{name} is set in line {section.settings[name].line}, too; leave one out')


def _groups_of(name: str) -> Iterator[str]:
    """Yield what a full name begins with: `inputs` and `inputs.obs` for `inputs.obs.topic`."""
    while '.' in name:
        name = name.rpartition('.')[0]
        yield name


def _read_text(path: Union[str, Path]) -> str:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise PytorchRosError(f'{path} cannot be read: {error.strerror}') from error
    if content.startswith(_BEGINNINGS_OF_MODELS):
        raise PytorchRosError(
            f'{path} is a model file, not a parameter file; '
            f'pytorch_model params {path} writes one')
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b'\n', 0, error.start) + 1
        raise FileError(str(path), line, f'this is no text in UTF-8: {error.reason}') from error


def _choose_node(path: str, sections: Mapping[str, _Section], node: str) -> str:
    """Return the full name of the node whose parameters are wanted."""
    named = [section.full_name for section in sections.values() if not section.is_wild]
    if not node and len(named) > 1:
        raise PytorchRosError(
            f'{path} has parameters of {len(named)} nodes: {enumeration(named)}; say which '
            f'one, such as --node {named[0]}')
    if not node:
        full_name = named[0] if named else f'/{DEFAULT_NODE_NAME}'
    else:
        alike = [name for name in named if name.endswith(f'/{node}')]
        full_name = alike[0] if len(alike) == 1 else f'/{node.lstrip("/")}'
    if not [section for section in sections.values() if section.matches(full_name)]:
        raise PytorchRosError(
            f'{path} has no parameters for a node {full_name}; it has some for '
            f'{enumeration(section.full_name for section in sections.values())}')
    return full_name


def _read_assignment(assignment: str) -> 'tuple[str, Setting]':
    match = _ASSIGNMENT.fullmatch(assignment)
    if match is None:
        raise PytorchRosError(f'{assignment!r} sets nothing; expected NAME:=VALUE')
    name, text = match.groups()
    try:
        return name, Setting(read_value(name, compose_one(text)), COMMAND_LINE)
    except YamlError as error:
        raise PytorchRosError(f'{assignment!r}: {error}') from error
