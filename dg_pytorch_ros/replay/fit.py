# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Whether a bag holds the topics that are wanted of it."""

from difflib import get_close_matches
from typing import Iterable, List, Mapping, NamedTuple, NoReturn, Optional

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.errors import BagError
from dg_pytorch_ros.replay.bags import BagTopic
from dg_pytorch_ros.terminal.table import table

_LOOSELY = 0.4


class Wanted(NamedTuple):
    """
    A topic that is looked for in a bag, its type, and who wants it.

    `option` is what says that it has another name there, up to that name; `instead_of` is what was
    given in its place.
    """

    topic: str
    message_type: str
    by: str
    option: str
    instead_of: str = ''


def missing(wanted: Iterable[Wanted], topics: Mapping[str, BagTopic]) -> List[Wanted]:
    """Return what is not in the bag at all; raise BagError for what is there in another type."""
    absent: List[Wanted] = []
    flaws: List[str] = []
    for each in wanted:
        found = topics.get(each.topic)
        if found is None:
            absent.append(each)
        elif each.message_type not in found.message_types:
            flaws.append(
                f'\n  {each.by}: {each.topic} is {each.message_type}, in the bag '
                f'{enumeration(found.message_types)}')
    if flaws:
        raise BagError(f'of another type in the bag:{"".join(flaws)}\n{contents(topics)}')
    return absent


def refuse(absent: Iterable[Wanted], topics: Mapping[str, BagTopic], *, advice: str) -> NoReturn:
    """Raise BagError because of topics that are not in the bag, with what it has instead."""
    flaws = [f'\n  {each.by}: {each.topic}{_hint(each, topics)}' for each in absent]
    raise BagError(f'not in the bag:{"".join(flaws)}\n{advice}\n{contents(topics)}')


def contents(topics: Mapping[str, BagTopic]) -> str:
    """Write what a bag has."""
    if not topics:
        return 'the bag has no topics'
    rows = [
        (f'  {topic.name}', enumeration(topic.message_types), topic.messages)
        for topic in topics.values()]
    return 'the bag has:\n' + table(rows, right=(2,))


def _hint(wanted: Wanted, topics: Mapping[str, BagTopic]) -> str:
    guess = _guess(wanted, topics)
    if guess is None:
        return ''
    option = f'{wanted.option}{guess}'
    advice = f'give {option} instead of {wanted.instead_of}' if wanted.instead_of else (
        f'add {option}')
    return f'; did you mean {guess}? Then {advice}'


def _guess(wanted: Wanted, topics: Mapping[str, BagTopic]) -> Optional[str]:
    """Return the topic of the type that is called most like the wanted one."""
    alike = [
        name for name, topic in topics.items() if topic.message_types == (wanted.message_type,)]
    ending = wanted.topic.rpartition('/')[2]
    same_ending = [name for name in alike if name.rpartition('/')[2] == ending]
    close = same_ending or get_close_matches(wanted.topic, alike, 1, _LOOSELY)
    only = alike if len(alike) == 1 else []
    return next(iter(close or only), None)
