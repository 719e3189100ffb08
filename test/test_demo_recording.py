# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The recording keeps every evaluation, and a bounded number of poses."""

from dg_pytorch_ros.demo.recording import Evaluation, Pose, Recording
import pytest

POSE = Pose([1.0, 2.0], [1.5, 0.0])


def evaluations(*numbers: int) -> 'list[Evaluation]':
    return [Evaluation(0.1 * number, number * 1_000_000) for number in numbers]


def test_all_evaluations_and_the_newest_pose_are_kept() -> None:
    recording = Recording()
    recording.add(0.05, evaluations(1, 2), Pose([0.0], [0.0]))
    recording.add(0.10, evaluations(3), POSE)
    assert list(recording.durations_ms) == pytest.approx([0.1, 0.2, 0.3])
    assert list(recording.published_ns) == [1_000_000, 2_000_000, 3_000_000]
    assert recording.time_s == 0.10
    assert recording.pose == POSE
    assert [time_s for time_s, _ in recording.poses] == [0.05, 0.10]


def test_errors_are_distances() -> None:
    assert POSE.errors_rad == [0.5, 2.0]


def test_part_since_a_time_is_what_was_heard_after_it() -> None:
    recording = Recording()
    for look in range(1, 11):
        recording.add(0.1 * look, evaluations(2 * look, 2 * look + 1), POSE)
    part = recording.since(0.8)
    assert list(part.published_ns) == [18_000_000, 19_000_000, 20_000_000, 21_000_000]
    assert list(part.durations_ms) == pytest.approx([1.8, 1.9, 2.0, 2.1])
    assert part.elapsed_s == pytest.approx(0.2)


def test_time_between_two_looks_belongs_to_the_one_before() -> None:
    recording = Recording()
    recording.add(0.1, evaluations(1), POSE)
    recording.add(0.2, evaluations(2), POSE)
    assert recording.since(0.15).elapsed_s == pytest.approx(0.1)
    assert list(recording.since(0.15).published_ns) == [2_000_000]


def test_part_since_before_the_beginning_is_all() -> None:
    recording = Recording()
    recording.add(0.1, evaluations(1, 2), POSE)
    assert len(recording.since(-0.9).durations_ms) == 2
    assert recording.since(-0.9).elapsed_s == 0.1


def test_silence_is_a_part_without_evaluations() -> None:
    recording = Recording()
    recording.add(0.1, evaluations(1, 2), POSE)
    recording.add(1.5, [], POSE)
    assert recording.since(0.5).durations_ms == recording.durations_ms[:0]
    assert recording.since(0.5).elapsed_s == pytest.approx(1.4)
    assert Recording().since(0.0).elapsed_s == 0.0


def test_poses_of_a_long_run_are_thinned_out_evenly() -> None:
    recording = Recording()
    for look in range(9000):
        recording.add(float(look), (), POSE)
        assert len(recording.poses) <= 2000
    times_s = [time_s for time_s, _ in recording.poses]
    assert len(times_s) > 1000
    assert {after - before for before, after in zip(times_s, times_s[1:])} == {8.0}
    assert times_s[0] < 8.0
