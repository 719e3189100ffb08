# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Which topics of a bag a node hears."""

from typing import Callable, Iterable, Iterator, List, Mapping, Optional, Tuple

from dg_pytorch_ros.messages.classes import import_message_class
from dg_pytorch_ros.replay.bags import BagTopic
from dg_pytorch_ros.replay.definitions import has_other_definition
from dg_pytorch_ros.replay.fit import missing, refuse, Wanted
from dg_pytorch_ros.replay.replay import Replay

_CLOCK_TYPE = 'rosgraph_msgs/msg/Clock'

_RuleFor = Callable[[str], Optional[Tuple[str, str]]]


def find_topics(
    replay: Replay, in_bag: Mapping[str, BagTopic], *, clock: Optional[str],
    rule_for: _RuleFor, may_miss: bool, tell: Callable[[str], None]
) -> List[str]:
    """
    Return which topics of the bag the node hears; raise BagError if some are not there.

    `clock` is where simulated time comes from, if time is simulated. `rule_for` returns the
    remapping of a topic, if it has one.
    """
    wanted = list(_wanted(replay, rule_for))
    if clock is not None:
        wanted.append(Wanted(
            clock, _CLOCK_TYPE, 'the clock of use_sim_time', *_options(clock, rule_for('/clock'))))
    absent = missing(wanted, in_bag)
    if absent and not may_miss:
        refuse(
            absent, in_bag, advice='add --allow-missing to replay as if nobody published there')
    for each in wanted:
        if each in absent:
            tell(f'{each.by}: {each.topic} is not in the bag')
        elif has_other_definition(
                each.message_type, in_bag[each.topic].hashes, import_message_class):
            tell(
                f'{each.by}: {each.topic} was recorded with another definition of '
                f'{each.message_type} than the one that is installed here; it may be misread')
    return [topic for topic in replay.topics if topic in in_bag]


def _wanted(replay: Replay, rule_for: _RuleFor) -> Iterator[Wanted]:
    own = [output.topic for output in replay.circuit.wiring.outputs]
    for subscriber in replay.circuit.wiring.subscribers:
        yield Wanted(
            subscriber.topic, subscriber.config.message_type,
            _role(subscriber.names, is_own=subscriber.topic in own),
            *_options(subscriber.topic, rule_for(subscriber.config.topic)))


def _options(topic: str, rule: Optional[Tuple[str, str]]) -> Tuple[str, str]:
    """Return how a topic gets another name, and what that replaces: rules do not add up."""
    if rule is None:
        return f'-r {topic}:=', ''
    old, new = rule
    return f'-r {old}:=', f'-r {old}:={new}'


def _role(names: Iterable[str], *, is_own: bool) -> str:
    # What is replayed does not come back: others may have published there, too.
    return ' and '.join(f'input {name!r}' for name in names) + (
        " (the node's own output, as it was recorded)" if is_own else '')
