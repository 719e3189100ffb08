# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What pytorch_node says about itself when it ends."""

from benchmark.node_log import Lateness, read_account

LINE = '[INFO] [1795258746.1] [ours.node]: stopped after 11988 evaluations, 12 ticks missed, '


def test_counters_and_lateness() -> None:
    account = read_account(
        LINE + 'ticks late p50 31 us, p99 84 us, max 214 us, 0 failures, messages dropped: none')
    assert account is not None
    assert (account.evaluations, account.missed) == (11988, 12)
    assert account.missed_percent == 0.1
    assert account.lateness == Lateness(31.0, 84.0, 214.0)


def test_counters_without_lateness() -> None:
    account = read_account(LINE + '0 failures, messages dropped: none')
    assert account is not None
    assert account.lateness is None


def test_last_account_counts() -> None:
    account = read_account('1 evaluations, 1 ticks missed\n2 evaluations, 0 ticks missed\n')
    assert account is not None
    assert account.evaluations == 2


def test_log_without_account() -> None:
    assert read_account('configured\n') is None


def test_account_of_this_version() -> None:
    from dg_pytorch_ros.counters import Counters
    account = read_account(str(Counters(evaluations=3, missed_ticks=1)))
    assert account is not None
    assert (account.evaluations, account.missed, account.missed_percent) == (3, 1, 25.0)
