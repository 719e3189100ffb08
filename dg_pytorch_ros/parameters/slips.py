# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Find given parameters that nobody knows: slips of the pen."""

from difflib import get_close_matches
from typing import Any, Iterable, List, Mapping, Sequence, Set

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.errors import ConfigError, Problems
from dg_pytorch_ros.parameters.topic_specs import input_specs
from dg_pytorch_ros.parameters.values import plain

# What an input may have at all.
_FIELDS = set(input_specs('', 'topic'))

# Each takes the place of parameters that would otherwise be there.
_SOURCES = {
    'constant': 'a constant', 'feedback': 'a feedback', 'part_names': 'an input with parts'}


def suspicious_names(given: Iterable[str], known: Sequence[str]) -> List[str]:
    """Describe given parameters that look like a slip of a known one."""
    words = {name: name.partition('.')[0] for name in given}
    return [
        f'parameter {name!r} is not known and has no effect{_suggestion(word, known)}'
        for name, word in words.items()
        if word not in known and get_close_matches(word, known)]


def refuse_unknown(
    given: Mapping[str, Any], group: str, role: str, owners: Sequence[str], known: Set[str]
) -> None:
    """Refuse all given parameters under `GROUP.OWNER` that are not known."""
    problems = Problems()
    for name, value in given.items():
        if name == group:
            problems.add(ConfigError(
                f'{group} is {plain(value)!r}; expected a namespace for each '
                f'{role}, for example {group}: {{{(*owners, role)[0]}: {{topic: chatter}}}}'))
        elif name.startswith(f'{group}.') and name not in known:
            problems.add(_unknown(given, name, group, role, owners, known))
    problems.raise_any()


def refuse_unknown_in(given: Iterable[str], group: str, known: Sequence[str]) -> None:
    """Refuse all given parameters of a group without owners that are not known."""
    problems = Problems()
    for name in given:
        if name.partition('.')[0] == group and name not in known:
            problems.add(ConfigError(
                f'{name} is not known{_suggestion(name, known)}; known: {enumeration(known)}'))
    problems.raise_any()


def _unknown(
    given: Mapping[str, Any], name: str, group: str, role: str, owners: Sequence[str],
    known: Set[str]
) -> ConfigError:
    owner, _, field = name[len(group) + 1:].partition('.')
    if owner not in owners:  # said once, not for each of its parameters
        return ConfigError(
            f'{group}.{owner} is set, but there is no {role} {owner!r}'
            f'{_suggestion(owner, owners)}; {role}s: {enumeration(owners)}')
    prefix = f'{group}.{owner}.'
    fields = sorted(other[len(prefix):] for other in known if other.startswith(prefix))
    hint = _suggestion(field, fields)
    for source, owner_of_it in _SOURCES.items():
        if prefix + source in given and source != field and (field in _FIELDS or not hint):
            return ConfigError(
                f'{name} is set beside {prefix}{source}; {owner_of_it} has no such thing')
    if field.startswith('parts.'):
        return ConfigError(
            f'{prefix}parts is set, but {prefix}part_names is not; name the parts')
    return ConfigError(
        f'{name} is not known{hint}; '
        f'known under {group}.{owner}: {enumeration(fields)}')


def _suggestion(word: str, known: Sequence[str]) -> str:
    matches = get_close_matches(word, known, n=1)
    return f'; did you mean {matches[0]!r}?' if matches else ''
