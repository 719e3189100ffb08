# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Which fault comes when: at random, and the same for the same seed."""

from random import Random
from typing import Iterator, List, NamedTuple

FAULTS = (
    'kill_sender', 'freeze_sender', 'not_a_number', 'infinity', 'huge', 'wrong_size',
    'random_bytes', 'flood', 'reload_good', 'reload_broken', 'reset', 'nonsense_parameters',
    'deactivate', 'terminate_node', 'kill_node', 'second_publisher', 'disable')
_PAUSE_S = (1.0, 4.0)


class Fault(NamedTuple):
    """One thing that goes wrong; all that is random about it comes of its seed."""

    name: str
    pause_s: float
    seed: int


def faults(seed: int) -> Iterator[Fault]:
    """Return faults without end: all kinds, in random order, then all of them again."""
    random = Random(seed)
    while True:
        names: List[str] = list(FAULTS)
        random.shuffle(names)
        for name in names:
            yield Fault(name, random.uniform(*_PAUSE_S), random.getrandbits(32))
