# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

from typing import List

from dg_pytorch_ros.cuda.streams import Lending


class Maker:
    """Makes things, and counts them."""

    def __init__(self) -> None:
        self.made: List[int] = []

    def __call__(self) -> int:
        self.made.append(len(self.made))
        return self.made[-1]


def test_no_two_have_the_same_at_a_time() -> None:
    make = Maker()
    lending = Lending(make)
    loans = [lending.lend() for _ in range(3)]
    assert [loan.item for loan in loans] == make.made == [0, 1, 2]


def test_what_nobody_keeps_is_lent_again() -> None:
    make = Maker()
    lending = Lending(make)
    kept = lending.lend()
    for _ in range(100):
        loan = lending.lend()
        assert loan.item == 1
        del loan
    assert kept.item == 0
    assert make.made == [0, 1]


def test_what_was_given_back_is_lent_to_one_only() -> None:
    lending = Lending(Maker())
    lending.lend()  # and given back at once
    loans = [lending.lend(), lending.lend()]
    assert [loan.item for loan in loans] == [0, 1]
