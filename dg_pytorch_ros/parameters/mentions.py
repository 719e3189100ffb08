# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
Which parameters a problem is about.

Each problem is told as `CLAIM; ADVICE`, and the claim names the parameter at fault first. Behind
`input 'obs': part 'q': ` names are relative to `inputs.obs.parts.q`, behind `output 'torque' `
to `outputs.torque`.
"""

import re
from typing import Collection, List, Tuple

_SUBJECT = re.compile(r"(input|output|part) '([\w.]+)':? ")
_PAIR = re.compile(r"outputs '\w+' and '(\w+)' ")
# The only input that is no input of the model.
_ENABLE_TOPIC = "input 'enable topic' has the topic"
_QUOTED = re.compile(r"'[^']*'")
_ENUMERATION = re.compile('; known(?: under [^:]*)?: .*')
_WORD = re.compile(r'[\w.]*\w')


def claimed(problem: str, names: Collection[str]) -> List[str]:
    """Return those of some parameters, or groups of them, that a problem claims things about."""
    prefix, words = _read(problem.partition('; ')[0])
    found = []
    for word in words:
        for name in (prefix + word, word, _in_full(word)):
            if name in names and name not in found:
                found.append(name)
    return found


def mentions(problem: str, names: Collection[str]) -> bool:
    """Return whether a problem names one of some parameters, be it in its advice."""
    prefix, words = _read(_ENUMERATION.sub('', problem))
    full = {name for word in words for name in (prefix + word, word, _in_full(word))}
    # As in `no input has max_age_ms`: it is about that of each.
    fields = set() if prefix else {f'.{word}' for word in words}
    return not full.isdisjoint(names) or any(name.endswith(tuple(fields)) for name in names)


def subject(problem: str) -> str:
    """Return the group of parameters, such as `inputs.obs`, that a problem is about, or ''."""
    return _divide(problem)[0].rstrip('.')


def _read(problem: str) -> Tuple[str, List[str]]:
    """Return what the names in a problem begin with, and all words that may be names."""
    prefix, rest = _divide(problem)
    return prefix, _WORD.findall(_QUOTED.sub('', rest))


def _divide(problem: str) -> Tuple[str, str]:
    """Return what the names in a problem begin with, and what is said there."""
    pair = _PAIR.match(problem)
    if pair:
        return f'outputs.{pair[1]}.', problem[pair.end():]
    prefix = ''
    problem = problem.replace(_ENABLE_TOPIC, 'enable_topic')
    while True:
        match = _SUBJECT.match(problem)
        if match is None:
            return prefix, problem
        role, name = match.groups()
        prefix += f'{role}s.{name.replace(".", ".parts.")}.'
        problem = problem[match.end():]


def _in_full(word: str) -> str:
    """Return the group of a part that is named INPUT.PART."""
    owner, _, part = word.partition('.')
    return f'inputs.{owner}.parts.{part}'
