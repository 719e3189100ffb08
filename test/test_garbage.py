# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Garbage is collected after ticks; other people's processes are left alone."""

import gc
from typing import Any, Iterator, List
import weakref

from dg_pytorch_ros.garbage import GarbageCollection
import pytest


class Node:
    """Something that holds itself."""

    def __init__(self) -> None:
        self.myself = self


@pytest.fixture
def collection() -> Iterator[GarbageCollection]:
    collection = GarbageCollection(owns_process=True)
    collection.take_over()
    yield collection
    collection.hand_back()


@pytest.fixture
def collected() -> Iterator[List[int]]:
    """Gather the generations that were collected."""
    generations: List[int] = []

    def note(phase: str, info: Any) -> None:
        if phase == 'stop':
            generations.append(info['generation'])
    gc.callbacks.append(note)
    yield generations
    gc.callbacks.remove(note)


def make_garbage() -> 'weakref.ref[Node]':
    return weakref.ref(Node())


def test_thousands_of_objects_cause_no_collection_between_ticks(
        collection: GarbageCollection, collected: List[int]) -> None:
    kept = [[number] for number in range(10_000)]
    assert len(kept) == 10_000
    assert collected == []


def test_garbage_is_collected_after_a_tick(collection: GarbageCollection) -> None:
    garbage = make_garbage()
    assert garbage() is not None
    collection.after_tick()
    assert garbage() is None


def test_not_every_tick_is_followed_by_a_collection(
        collection: GarbageCollection, collected: List[int]) -> None:
    for _ in range(100):
        collection.after_tick()
    assert collected == [2]


def test_what_a_reload_brings_is_not_looked_at_again(collection: GarbageCollection) -> None:
    garbage, brought = make_garbage(), [[number] for number in range(1000)]
    before = gc.get_freeze_count()
    collection.renew()
    assert garbage() is None
    assert gc.get_freeze_count() >= before + len(brought)


def test_a_reload_without_ticks_leaves_everything_to_python(collected: List[int]) -> None:
    GarbageCollection(owns_process=True).renew()
    assert collected == []


def test_what_is_there_at_the_start_is_not_looked_at_again(collection: GarbageCollection) -> None:
    assert gc.get_freeze_count() > 1000


def test_garbage_is_collected_even_where_no_tick_comes(collection: GarbageCollection) -> None:
    garbage = make_garbage()
    kept = [[number] for number in range(250_000)]
    assert len(kept) == 250_000
    assert garbage() is None


def test_python_decides_again_when_it_is_over() -> None:
    thresholds = gc.get_threshold()
    collection = GarbageCollection(owns_process=True)
    collection.take_over()
    assert gc.get_threshold() != thresholds
    collection.hand_back()
    assert gc.get_threshold() == thresholds
    assert gc.get_freeze_count() == 0


def test_to_hand_back_twice_does_no_harm() -> None:
    thresholds = gc.get_threshold()
    collection = GarbageCollection(owns_process=True)
    collection.take_over()
    collection.hand_back()
    collection.hand_back()
    assert (gc.get_threshold(), gc.get_freeze_count()) == (thresholds, 0)


def test_a_process_of_others_is_left_alone(collected: List[int]) -> None:
    thresholds = gc.get_threshold()
    collection = GarbageCollection(owns_process=False)
    collection.take_over()
    collection.after_tick()
    assert (gc.get_threshold(), gc.get_freeze_count(), collected) == (thresholds, 0, [])
    collection.hand_back()
