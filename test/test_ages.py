# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Ages are counted on a clock that nobody sets, or in simulated time."""

from typing import Any

import pytest

pytest.importorskip('rclpy', reason='rclpy is not installed')
from dg_pytorch_ros.ages import AgeClock  # noqa: E402, I100
from rclpy.clock import ClockType, ROSClock  # noqa: E402
from rclpy.time import Time  # noqa: E402

SECOND_NS = 1_000_000_000


class SystemTime:
    """What the steady and the system's clock of the machine show."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steady_ns = 50 * SECOND_NS
        self.wall_ns = 1_700_000_000 * SECOND_NS
        monkeypatch.setattr('dg_pytorch_ros.ages.monotonic_ns', lambda: self.steady_ns)
        monkeypatch.setattr('dg_pytorch_ros.ages.time_ns', lambda: self.wall_ns)


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> SystemTime:
    return SystemTime(monkeypatch)


@pytest.fixture
def clock() -> ROSClock:
    return ROSClock()


def simulate(clock: Any, seconds: float) -> None:
    """Do what use_sim_time and a message on /clock do."""
    clock._set_ros_time_is_active(True)
    clock.set_ros_time_override(
        Time(nanoseconds=round(seconds * SECOND_NS), clock_type=ClockType.ROS_TIME))


def test_age_does_not_depend_on_the_system_clock(clock: Any, system: SystemTime) -> None:
    ages = AgeClock(clock)
    before_ns = ages.now_ns()
    system.wall_ns += 3600 * SECOND_NS
    system.steady_ns += 7
    assert ages.now_ns() == before_ns + 7


def test_message_arrived_when_the_middleware_received_it(clock: Any, system: SystemTime) -> None:
    info = {'received_timestamp': system.wall_ns - 3000}
    assert AgeClock(clock).arrival_ns(info) == system.steady_ns - 3000


@pytest.mark.parametrize('received_after_ns', [None, 0, SECOND_NS])
def test_message_without_a_sensible_time_of_arrival_arrives_now(
        clock: Any, system: SystemTime, received_after_ns: Any) -> None:
    received_ns = 0 if received_after_ns is None else system.wall_ns + received_after_ns
    assert AgeClock(clock).arrival_ns({'received_timestamp': received_ns}) == system.steady_ns


@pytest.mark.parametrize('late_ns', [0, 5 * SECOND_NS, -SECOND_NS])
def test_stamp_is_translated_to_the_steady_clock(
        clock: Any, system: SystemTime, late_ns: int) -> None:
    assert AgeClock(clock).stamped_ns(system.wall_ns - late_ns) == system.steady_ns - late_ns


def test_present_time_of_a_stamp_is_that_of_the_system(clock: Any, system: SystemTime) -> None:
    assert AgeClock(clock).stamp_now_ns() == system.wall_ns


def test_in_simulated_time_ages_are_those_of_the_simulation(
        clock: Any, system: SystemTime) -> None:
    simulate(clock, 12.0)
    ages = AgeClock(clock)
    assert ages.is_simulated
    assert ages.now_ns() == 12 * SECOND_NS
    assert ages.arrival_ns({'received_timestamp': 1}) == 12 * SECOND_NS
    assert ages.stamped_ns(11 * SECOND_NS) == 11 * SECOND_NS
    assert ages.stamp_now_ns() == 12 * SECOND_NS
    system.steady_ns += SECOND_NS
    simulate(clock, 12.5)
    assert ages.now_ns() == 12_500_000_000


def test_switch_to_simulated_time_and_back_is_found_out(clock: Any, system: SystemTime) -> None:
    ages = AgeClock(clock)
    simulate(clock, 12.0)
    ages.refresh()
    assert (ages.is_simulated, ages.now_ns()) == (True, 12 * SECOND_NS)
    clock._set_ros_time_is_active(False)
    ages.refresh()
    assert (ages.is_simulated, ages.now_ns()) == (False, system.steady_ns)
