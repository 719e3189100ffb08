# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The faults of the soak are random, complete, and the same for the same seed."""

from collections import Counter
from itertools import islice
from typing import List

import pytest
from soak.schedule import Fault, FAULTS, faults


def first(count: int, seed: int) -> List[Fault]:
    return list(islice(faults(seed), count))


def test_same_seed_brings_the_same_faults() -> None:
    assert first(100, seed=3) == first(100, seed=3)


def test_other_seed_brings_others() -> None:
    assert first(100, seed=3) != first(100, seed=4)


def test_all_faults_come_before_one_comes_again() -> None:
    drawn = first(3 * len(FAULTS), seed=5)
    for begin in range(0, len(drawn), len(FAULTS)):
        names = Counter(fault.name for fault in drawn[begin:begin + len(FAULTS)])
        assert names == Counter(FAULTS)
    assert [one.name for one in drawn[:len(FAULTS)]] != [
        one.name for one in drawn[len(FAULTS):2 * len(FAULTS)]]


def test_pauses_are_seconds() -> None:
    assert all(0.5 < fault.pause_s < 10.0 for fault in first(200, seed=6))


def test_every_fault_of_the_schedule_can_be_brought_about() -> None:
    pytest.importorskip('psutil', reason='psutil is not installed; scripts/soak brings it')
    from soak.faults import Faults
    known = Faults(None, None)  # type: ignore[arg-type]
    assert sorted(known.names) == sorted(FAULTS)
