# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Boxes with arrows between them, before anybody has thought of where they are drawn."""

from dataclasses import dataclass
from enum import Enum
from typing import Dict, Iterable, Tuple


class BoxKind(Enum):
    """What a box stands for, which gives it its colour."""

    INPUT = 'input'
    OUTPUT = 'output'
    OPERATOR = 'operator'
    PARAMETER = 'parameter'
    CONSTANT = 'constant'
    CONTROL = 'control'


@dataclass(frozen=True)
class Box:
    """
    A box with lines of text, in the group with the key `group` if that is not ''.

    `tip` is a longer text, shown under the pointer.
    """

    key: str
    label: str
    kind: BoxKind = BoxKind.OPERATOR
    group: str = ''
    tip: str = ''


@dataclass(frozen=True)
class Arrow:
    """An arrow from one box to another; `start` and `end` are their keys."""

    start: str
    end: str
    label: str = ''


@dataclass(frozen=True)
class Group:
    """A frame around boxes, such as a branch; `parent` is the key of the group that it is in."""

    key: str
    label: str
    parent: str = ''


@dataclass(frozen=True)
class Graph:
    """
    Boxes, arrows and groups.

    Raise ValueError for a key that is there twice or not at all, and for groups that are in
    themselves.
    """

    title: str
    boxes: Tuple[Box, ...]
    arrows: Tuple[Arrow, ...] = ()
    groups: Tuple[Group, ...] = ()

    def __post_init__(self) -> None:
        boxes = _unique('box', (box.key for box in self.boxes))
        groups = _unique('group', (group.key for group in self.groups))
        _check_known('group', groups, [box.group for box in self.boxes if box.group])
        _check_known('group', groups, [group.parent for group in self.groups if group.parent])
        for arrow in self.arrows:
            _check_known('box', boxes, (arrow.start, arrow.end))
        parents = {group.key: group.parent for group in self.groups}
        for key in parents:
            _check_grounded(key, parents)


def _unique(what: str, keys: Iterable[str]) -> Dict[str, None]:
    found: Dict[str, None] = {}
    for key in keys:
        if key in found:
            raise ValueError(f'{what} {key!r} is there twice')
        found[key] = None
    return found


def _check_known(what: str, known: Dict[str, None], keys: Iterable[str]) -> None:
    for key in keys:
        if key not in known:
            raise ValueError(f'there is no {what} {key!r}')


def _check_grounded(key: str, parents: Dict[str, str]) -> None:
    passed = set()
    around = key
    while around:
        if around in passed:
            raise ValueError(f'group {key!r} is in itself')
        passed.add(around)
        around = parents[around]
