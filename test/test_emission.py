# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Outputs leave all at once, faded in and limited; after the last fallback, nothing does."""

from threading import RLock
from typing import Any, Callable, List, Optional, Sequence

from dg_pytorch_ros.config.conversion_config import ConversionConfig
from dg_pytorch_ros.config.scaling_config import ScalingConfig
from dg_pytorch_ros.config.trust_config import LimitsConfig
from dg_pytorch_ros.emission import Emission, Outlet
from dg_pytorch_ros.errors import ContractError, EvaluationError, NotFinite
from dg_pytorch_ros.values.conversion import Conversion
from dg_pytorch_ros.values.fade_start import FadeStart
from dg_pytorch_ros.values.limits import Limits
from dg_pytorch_ros.values.scaling import Scaling
from dg_pytorch_ros.values.slots import Slot
from evaluation_rig import Outbox, Time
import numpy as np
import pytest


class Rig:
    """An emission of one output for each of the given limits, and its topics."""

    def __init__(
        self, *limits: Any, fade_in_s: float = 0.0, period_s: Optional[float] = None,
        fade_in_from: Optional[Slot] = None, shape: Sequence[int] = (1,), **scaling: Any
    ) -> None:
        self.time = Time()
        self.outboxes = [Outbox(name, []) for name, _ in zip('ab', limits)]
        self.emission = Emission(
            [Outlet(outbox, Limits(LimitsConfig(**given), fade_in=fade_in_s > 0.0),
                    scaling=Scaling(ScalingConfig(**scaling)),
                    fade_in_from=None if fade_in_from is None else FadeStart(fade_in_from))
             for outbox, given in zip(self.outboxes, limits)],
            now_ns=self.time, fade_in_s=fade_in_s, period_s=period_s)
        self.emission.fit([np.zeros(shape) for _ in limits])
        self.emission.begin()

    def emit(self, *outputs: Any) -> Any:
        """Send outputs; return what was published."""
        def load_and_send() -> None:
            self.emission.note_start()
            self.emission.load([np.array([output], np.float64) for output in outputs])
            self.emission.send()
        return self.published_by(load_and_send)

    def published_by(self, work: Callable[[], Any]) -> Any:
        """Return the numbers that are published by something."""
        counts = [len(outbox.published) for outbox in self.outboxes]
        work()
        return [
            number for outbox, count in zip(self.outboxes, counts)
            for message in outbox.published[count:] for number in message]


def fading(**options: Any) -> Rig:
    """Make an emission that fades in from 0 within a second."""
    return Rig({'fallback': (0.0,)}, fade_in_s=1.0, **options)


def slot(value: Any = None) -> Slot:
    return Slot('q', dtype='float64', initial=None if value is None else np.array(value))


def test_without_limits_outputs_leave_as_they_are() -> None:
    rig = Rig({}, {})
    assert rig.emit(1.0, -1e300) == [1.0, -1e300]


# Fade-in

def test_fade_in_goes_from_the_fallback_to_the_output_as_time_passes() -> None:
    rig = fading()
    published = []
    for _ in range(6):
        published += rig.emit(8.0)
        rig.time.pass_ms(250)
    assert published == [0.0, 2.0, 4.0, 6.0, 8.0, 8.0]


def test_fade_in_begins_with_the_first_output() -> None:
    rig = fading()
    rig.time.pass_ms(5000)
    assert rig.emit(8.0) == [0.0]


def test_fade_in_goes_on_where_outputs_are_held() -> None:
    rig = fading()
    rig.emit(8.0)
    rig.time.pass_ms(500)
    rig.emission.repeat()
    assert rig.emit(8.0) == [4.0]


def test_fade_in_begins_anew_after_a_fallback() -> None:
    rig = fading()
    rig.emit(8.0)
    rig.time.pass_ms(500)
    rig.emission.fall_back()
    assert rig.emit(8.0) == [0.0]
    rig.time.pass_ms(500)
    assert rig.emit(8.0) == [4.0]


def test_fade_in_does_not_begin_with_an_output_that_was_not_published() -> None:
    rig = fading()
    rig.emission.note_start()
    rig.emission.load([np.array([8.0])])
    rig.time.pass_ms(2000)
    assert rig.emit(8.0) == [0.0]


def test_fade_in_is_over_once_it_is_over() -> None:
    rig = fading()
    rig.emit(8.0)
    rig.time.pass_ms(1000)
    assert rig.emit(8.0) == [8.0]
    rig.time.pass_ms(-900)
    assert rig.emit(8.0) == [8.0]


def test_time_that_went_back_leaves_the_output_at_its_start() -> None:
    rig = fading()
    rig.emit(8.0)
    rig.time.pass_ms(-500)
    assert rig.emit(8.0) == [0.0]


@pytest.mark.parametrize('anew', [Emission.begin, Emission.restart])
def test_fade_in_can_begin_anew(anew: Callable[[Emission], None]) -> None:
    rig = fading()
    rig.emit(8.0)
    rig.time.pass_ms(2000)
    rig.emit(8.0)
    anew(rig.emission)
    rig.time.pass_ms(2000)
    assert rig.emit(8.0) == [0.0]
    rig.time.pass_ms(500)
    assert rig.emit(8.0) == [4.0]


def test_fade_in_from_an_input_begins_from_what_the_input_was_at_the_first_output() -> None:
    where = slot([1.0])
    rig = Rig({}, fade_in_s=1.0, fade_in_from=where)
    where.offer(np.array([2.0]))
    assert rig.emit(8.0) == [2.0]
    where.offer(np.array([100.0]))
    rig.time.pass_ms(500)
    assert rig.emit(8.0) == [5.0]
    rig.emission.restart()
    assert rig.emit(8.0) == [100.0]


def test_input_to_fade_in_from_may_have_another_shape_of_as_many_elements() -> None:
    rig = Rig({}, fade_in_s=1.0, fade_in_from=slot([[1.0, 2.0, 3.0]]), shape=(3, 1))
    rig.emission.note_start()
    rig.emission.load([np.zeros((3, 1))])
    rig.emission.send()
    assert rig.outboxes[0].published == [[[1.0], [2.0], [3.0]]]


def test_input_to_fade_in_from_that_has_another_size_is_refused() -> None:
    with pytest.raises(ContractError) as caught:
        Rig({}, fade_in_s=1.0, fade_in_from=slot([1.0, 2.0]), shape=(3,))
    assert str(caught.value) == (
        "output 'a': fade_in_from is 'q', which has 2 elements, but the output has 3")


def test_input_to_fade_in_from_whose_size_turns_out_wrong_later_is_refused_then() -> None:
    where = slot()
    rig = Rig({}, fade_in_s=1.0, fade_in_from=where, shape=(3,))
    where.offer(np.array([1.0, 2.0]))
    with pytest.raises(EvaluationError, match="output 'a': "):
        rig.emission.note_start()
        rig.emission.load([np.zeros(3)])


def test_one_number_of_an_input_is_no_start_for_several() -> None:
    where = slot()
    rig = Rig({}, fade_in_s=1.0, fade_in_from=where, shape=(3,))
    where.offer(np.array([1.0]))
    rig.emission.note_start()
    with pytest.raises(EvaluationError) as caught:
        rig.emission.load([np.zeros(3)])
    assert str(caught.value) == (
        "output 'a' has 3 elements, but what its fade-in begins from has one")


# Rate

def test_rate_counts_by_the_period_whatever_the_clock_says() -> None:
    rig = Rig({'max_rate': (10.0,)}, period_s=0.1)
    published = rig.emit(0.0)
    for pause_ms in (100, 0, 5000):
        rig.time.pass_ms(pause_ms)
        published += rig.emit(100.0)
    assert published == [0.0, 1.0, 2.0, 3.0]
    rig.emission.period_s = 0.2
    assert rig.emit(100.0) == [5.0]


@pytest.mark.parametrize('pause_ms, expected', [
    (0, 0.0), (100, 1.0), (999, 9.99), (1000, 10.0), (60_000, 10.0), (-100, 0.0)])
def test_without_a_period_rate_counts_by_the_clock_and_for_a_second_at_most(
        pause_ms: int, expected: float) -> None:
    rig = Rig({'max_rate': (10.0,)})
    rig.emit(0.0)
    rig.time.pass_ms(pause_ms)
    assert rig.emit(100.0) == [pytest.approx(expected)]


def test_rate_counts_from_the_fallback_that_was_published_last() -> None:
    rig = Rig({'max_rate': (10.0,), 'fallback': (-5.0,)}, period_s=0.1)
    rig.emit(3.0)
    assert rig.published_by(rig.emission.fall_back) == [-5.0]
    assert rig.emit(3.0) == [-4.0]


def test_rate_counts_from_when_the_fallback_was_published() -> None:
    rig = Rig({'max_rate': (10.0,), 'fallback': (-5.0,)})
    rig.emit(3.0)
    rig.time.pass_ms(500)
    rig.emission.fall_back()
    rig.time.pass_ms(100)
    assert rig.emit(3.0) == [pytest.approx(-4.0)]


def test_what_is_held_after_a_fallback_is_the_fallback() -> None:
    rig = Rig({'max_rate': (10.0,), 'fallback': (-5.0,)}, period_s=0.1)
    rig.emit(3.0)
    rig.emission.fall_back()
    assert rig.published_by(rig.emission.repeat) == [-5.0]
    assert rig.emit(3.0) == [-4.0]


def test_output_that_was_only_loaded_leaves_no_trace() -> None:
    rig = Rig({'max_rate': (10.0,)}, period_s=0.1)
    rig.emit(0.0)
    rig.emission.note_start()
    rig.emission.load([np.array([50.0])])
    assert rig.published_by(rig.emission.repeat) == [0.0]
    assert rig.emit(-50.0) == [-1.0]


# Scale and offset

def test_what_is_published_is_the_output_times_scale_plus_offset() -> None:
    assert Rig({}, scale=(0.25,), offset=(1.0,)).emit(8.0) == [3.0]
    assert Rig({}, {}, offset=(1.0,)).emit(8.0, 9.0) == [9.0, 10.0]
    rig = Rig({}, shape=(3,), scale=(1.0, 2.0, 3.0))
    rig.emission.load([np.ones(3)])
    rig.emission.send()
    assert rig.outboxes[0].published == [[1.0, 2.0, 3.0]]


def test_what_the_module_gave_is_not_written_into() -> None:
    rig, output = Rig({'maximum': (1.0,)}, scale=(10.0,)), np.array([0.5])
    rig.emission.load([output])
    assert output.tolist() == [0.5]


def test_narrow_dtypes_are_scaled_in_float64() -> None:
    for dtype in 'float32', 'int32', 'bool':
        rig = Rig({}, scale=(0.1,))
        rig.emission.fit([np.ones(1, dtype)])
        rig.emission.load([np.ones(1, dtype)])
        rig.emission.send()
        assert rig.outboxes[0].published == [[0.1]]


def test_limits_count_in_what_is_published() -> None:
    rig = Rig({'minimum': (-1.0,), 'maximum': (2.0,)}, scale=(0.5,), offset=(1.0,))
    assert [rig.emit(number)[0] for number in (1.0, 3.0, -9.0)] == [1.5, 2.0, -1.0]
    assert rig.emission.outlets[0].limits.clamped == 2


def test_whole_numbers_have_limits_once_they_are_scaled() -> None:
    rig = Rig({'maximum': (2.0,)}, scale=(0.5,))
    rig.emission.fit([np.ones(1, 'int64')])
    rig.emission.load([np.array([9])])
    rig.emission.send()
    assert rig.outboxes[0].published == [[2.0]]


def test_rate_counts_in_what_is_published() -> None:
    rig = Rig({'max_rate': (10.0,)}, period_s=0.1, scale=(100.0,))
    assert [rig.emit(number)[0] for number in (0.0, 1.0, 1.0, 0.02)] == [0.0, 1.0, 2.0, 2.0]


def test_fallback_is_published_as_it_is_given_whatever_the_scale() -> None:
    rig = Rig({'fallback': (4.0,), 'max_rate': (10.0,)}, period_s=0.1, scale=(0.5,))
    assert rig.published_by(rig.emission.fall_back) == [4.0]
    assert rig.emit(2.0) == [3.0]  # on its way to 1


def test_fade_in_goes_from_the_fallback_to_the_scaled_output() -> None:
    rig = fading(scale=(0.5,), offset=(4.0,))
    published = []
    for _ in range(3):
        published += rig.emit(8.0)
        rig.time.pass_ms(500)
    assert published == [0.0, 4.0, 8.0]


def test_fade_in_from_an_input_begins_from_its_field_and_not_from_what_became_of_it() -> None:
    where = Slot(
        'q', dtype='float64', initial=np.array([1.0]),
        conversion=Conversion(ConversionConfig(offset=(-0.5,), scale=(0.1,))))
    rig = Rig({}, fade_in_s=1.0, fade_in_from=where, scale=(2.0,))
    where.offer(np.array([3.0]))
    assert rig.emit(4.0) == [3.0]
    where.offer(np.array([100.0]))
    rig.time.pass_ms(500)
    assert rig.emit(4.0) == [5.5]
    rig.time.pass_ms(500)
    assert rig.emit(4.0) == [8.0]


def test_what_overflows_is_refused_as_not_finite() -> None:
    rig = Rig({}, {'maximum': (1.0,)}, scale=(1e300,))
    assert rig.emit(1e-300, 1e-300) == [1.0, 1.0]
    for outputs, name in ([1e10, 0.0], 'a'), ([0.0, -1e10], 'b'):
        with pytest.raises(NotFinite) as caught:
            rig.emission.load([np.array([output]) for output in outputs])
        assert str(caught.value) == f"output '{name}' is not finite after scale"
        assert caught.value.cause == f'not finite: output {name}'
    assert rig.published_by(rig.emission.repeat) == [1.0, 1.0]


def test_list_that_does_not_fit_the_output_is_refused_with_its_name() -> None:
    with pytest.raises(ContractError) as caught:
        Rig({}, shape=(3,), scale=(1.0, 2.0))
    assert str(caught.value) == (
        "output 'a': scale has 2 numbers, but the output has 3 elements (float64[3]); give "
        '1 or 3')


def test_list_that_turns_out_not_to_fit_later_is_refused_then() -> None:
    rig = Rig({}, shape=(2,), scale=(1.0, 2.0))
    with pytest.raises(EvaluationError, match="output 'a': scale has 2 numbers"):
        rig.emission.load([np.ones(3)])
    rig.emission.load([np.ones(2)])
    rig.emission.send()
    assert rig.outboxes[0].published == [[1.0, 2.0]]


def test_a_topic_is_asked_whether_it_holds_what_is_published() -> None:
    """Whole numbers become floating ones on their way."""
    seen = []
    outlet = Outlet(
        Outbox('a', []), Limits(LimitsConfig(), fade_in=False),
        scaling=Scaling(ScalingConfig(scale=(0.5,))))
    outlet.sink.check = seen.append
    outlet.check(np.array([1, 2]))
    outlet.fit(np.array([1, 2]))
    assert [(value.dtype, value.tolist()) for value in seen] == [
        (np.dtype('float64'), [0.5, 1.0])] * 2


# All or nothing

def test_outputs_are_not_repeated_in_parts() -> None:
    rig = Rig({}, {})
    rig.emit(1.0, 2.0)
    rig.outboxes[1].cannot_encode = True
    with pytest.raises(EvaluationError, match="output 'b' does not fit"):
        rig.emission.note_start()
        rig.emission.load([np.array([3.0]), np.array([4.0])])
    assert rig.published_by(rig.emission.repeat) == [1.0, 2.0]


def test_there_is_nothing_to_repeat_before_the_first_output_and_after_a_new_beginning() -> None:
    rig = Rig({}, {})
    assert not rig.emission.repeat()
    rig.emit(1.0, 2.0)
    assert rig.emission.repeat()
    rig.emission.begin()
    assert not rig.emission.repeat()
    assert [outbox.published for outbox in rig.outboxes] == [[[1.0], [1.0]], [[2.0], [2.0]]]


def test_fallback_of_those_that_have_one_is_published() -> None:
    rig = Rig({}, {'fallback': (4.0,)})
    assert rig.published_by(lambda: rig.emission.fall_back()) == [4.0]
    assert [outlet.has_fallback for outlet in rig.emission.outlets] == [False, True]
    assert rig.emission.fall_back()
    assert not Rig({}, {}).emission.fall_back()


def test_fallback_is_published_as_it_is_given() -> None:
    rig = Rig({'fallback': (4.0,), 'max_rate': (1.0,)}, period_s=0.1)
    rig.emit(0.0)
    assert rig.published_by(rig.emission.fall_back) == [4.0]
    assert rig.published_by(rig.emission.fall_back) == [4.0]


def test_a_fallback_that_fails_does_not_take_the_others_with_it() -> None:
    rig = Rig({'fallback': (4.0,)}, {'fallback': (5.0,)})
    first, second = (outlet.sink for outlet in rig.emission.outlets)

    def refuse(message: Any) -> None:
        raise RuntimeError('no')
    first.publish = refuse
    with pytest.raises(RuntimeError, match='no'):
        rig.emission.leave()
    assert second.published == [[5.0]]


def test_there_is_no_fallback_before_it_is_known_what_the_output_looks_like() -> None:
    outlet = Outlet(Outbox('a', []), Limits(LimitsConfig(fallback=(1.0,)), fade_in=False))
    assert not outlet.has_fallback
    assert not outlet.fall_back()


@pytest.mark.parametrize('limits, complaint', [
    ({'fallback': (1.0, 2.0)}, "output 'a': fallback has 2 numbers"),
    ({'maximum': (1.0, 2.0)}, "output 'a': max has 2 numbers")])
def test_limits_that_do_not_fit_are_refused_with_the_name_of_the_output(
        limits: Any, complaint: str) -> None:
    with pytest.raises(ContractError, match=complaint):
        Rig(limits, shape=(3,))


def test_fallback_that_no_message_holds_is_refused_before_anything_runs() -> None:
    outbox = Outbox('a', [])
    outbox.cannot_encode = True
    outlet = Outlet(outbox, Limits(LimitsConfig(fallback=(1.0,)), fade_in=False))
    with pytest.raises(ContractError, match="output 'a'"):
        outlet.fit(np.zeros(1))


def test_output_that_no_message_ever_holds_is_refused() -> None:
    outbox = Outbox('a', [])
    outbox.cannot_ever = True
    outlet = Outlet(outbox, Limits(LimitsConfig(), fade_in=False))
    with pytest.raises(ContractError, match="output 'a' is not for this topic"):
        outlet.fit(np.zeros(1))


# The end

def test_after_the_last_fallback_nothing_leaves_until_a_new_beginning() -> None:
    rig = Rig({'fallback': (9.0,)}, {})
    rig.emit(1.0, 2.0)
    assert rig.published_by(rig.emission.leave) == [9.0]
    assert rig.published_by(rig.emission.repeat) == []
    assert rig.published_by(rig.emission.fall_back) == []
    assert not rig.emission.leave()
    assert rig.emit(3.0, 4.0) == []
    rig.emission.begin()
    assert rig.emit(5.0, 6.0) == [5.0, 6.0]


def test_leaving_says_whether_there_was_a_fallback() -> None:
    assert Rig({'fallback': (9.0,)}, {}).emission.leave()
    assert not Rig({}, {}).emission.leave()


class EagerLock:
    """A lock after which somebody else comes first, as soon as it is free."""

    def __init__(self) -> None:
        self.next: List[Callable[[], None]] = []
        self._lock = RLock()
        self._depth = 0

    def __enter__(self) -> None:
        self._lock.acquire()
        self._depth += 1

    def __exit__(self, *error: Any) -> None:
        self._depth -= 1
        self._lock.release()
        while self.next and not self._depth:
            self.next.pop()()


def test_no_output_slips_out_after_the_last_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    lock = EagerLock()
    monkeypatch.setattr('dg_pytorch_ros.emission.RLock', lambda: lock)
    rig = Rig({'fallback': (9.0,)})
    rig.emission.note_start()
    rig.emission.load([np.array([1.0])])
    lock.next.append(rig.emission.send)  # by a thread that waited for the lock
    assert rig.published_by(rig.emission.leave) == [9.0]


def test_no_output_leaves_after_a_last_fallback_that_could_not_be_published(
        monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig({'fallback': (9.0,)})
    with monkeypatch.context() as patch:
        patch.setattr(rig.outboxes[0], 'publish', lambda message: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            rig.emission.leave()
    assert rig.emit(1.0) == []
