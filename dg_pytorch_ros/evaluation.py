# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""One tick: take, guard, run, guard, publish; or react to what must not be believed."""

import math
from time import perf_counter_ns
import traceback
from typing import Callable, List, NamedTuple, Optional, Protocol, Sequence

from dg_pytorch_ros.config.trust_config import TrustConfig
from dg_pytorch_ros.counters import Counters
from dg_pytorch_ros.emission import Emission
from dg_pytorch_ros.errors import (
    ContractError, EvaluationError, MessageError, NotEnabled, NotFinite, Overrun, StaleInput)
from dg_pytorch_ros.guards import Guards
from dg_pytorch_ros.model import Array, Model
from dg_pytorch_ros.values.history import History
from dg_pytorch_ros.values.slots import Slot
from dg_pytorch_ros.values.value_source import ValueSource


class Polled(Protocol):
    """An input that is taken at the tick."""

    def take_newest(self) -> None:
        """Put the newest message into the slot."""


class Feedback(NamedTuple):
    """A slot that gets what an output was in the last evaluation."""

    slot: Slot
    output: int


class Observer(Protocol):
    """Hears of what is out of the ordinary."""

    def on_first_outputs(self, outputs: Sequence[Array]) -> None:
        """Hear what the first run, on the first complete set of values, gave."""

    def on_refusal(
        self, error: EvaluationError, reaction: str, *, has_published: bool
    ) -> None:
        """Hear that there are no outputs, why, and what was done instead."""

    def on_recovery(self, refused: int) -> None:
        """Hear that there are outputs again, after so many refusals."""

    def on_overrun(self, duration_ms: float, period_ms: float) -> None:
        """Hear that an evaluation took longer than there is time for."""

    def on_give_up(self, reason: str) -> None:
        """Hear that the node must not go on."""


class Evaluation:
    """
    Evaluates a model on the newest values of its inputs, as long as it can be trusted.

    Everything but the reading of counters belongs to the evaluation thread. How long a run of the
    model took is told by `duration_clock_ns`.
    """

    def __init__(
        self, model: Model, inputs: Sequence[ValueSource], *, slots: Sequence[Slot],
        polled: Sequence[Polled],
        emission: Emission, trust: TrustConfig, observer: Observer, counters: Counters,
        now_ns: Callable[[], int], publish_duration_ms: Callable[[float], None],
        feedback: Sequence[Feedback] = (), histories: Sequence[History] = (),
        enable: Optional[Slot] = None, duration_clock_ns: Callable[[], int] = perf_counter_ns
    ) -> None:
        self._model = model
        self._inputs = inputs
        self._slots = slots
        self._polled = polled
        self._emission = emission
        self._trust = trust
        self._observer = observer
        self._counters = counters
        self._now_ns = now_ns
        self._publish_duration_ms = publish_duration_ms
        self._duration_clock_ns = duration_clock_ns
        self._feedback = feedback
        self._histories = histories
        self._guards = Guards(slots, enable=enable, trust=trust)
        self._output_names = [outlet.sink.name for outlet in emission.outlets]
        self._reacted_ns = 0
        self._refusal: Optional[EvaluationError] = None
        self._refused = 0
        self._failures = 0
        self._has_acted = False
        self._is_prepared = False

    @property
    def model(self) -> Model:
        """The model that runs at present."""
        return self._model

    def prepare(self, values: Sequence[Array]) -> Sequence[Array]:
        """Check the contract and warm up; return one run's outputs or raise ContractError."""
        outputs = self._model.prepare(values)
        self._check(outputs)
        self._emission.fit(outputs)
        self._is_prepared = True
        return outputs

    def begin(self) -> None:
        """Begin anew, at activation."""
        self.reset()
        self._emission.begin()
        self._counters.pending = ''
        self._refusal = None
        self._refused = 0
        self._failures = 0
        self._has_acted = False

    def rebase(self) -> None:
        """Count time anew, because the clock has jumped."""
        self._reacted_ns = self._now_ns()
        self._emission.rebase()

    def tick(self) -> None:
        """Evaluate once, if every input has a value that can be trusted; else react."""
        self._counters.ticks += 1
        try:
            for source in self._polled:
                source.take_newest()
            self._evaluate_newest()
        except EvaluationError as error:
            self._refuse(error)
        except Exception as error:  # whatever it was, the outputs are not there
            self._refuse(_cut_short(error))

    def look(self) -> None:
        """React without an evaluation to what must not be believed any more."""
        try:
            for source in self._polled:
                source.take_newest()
            now_ns = self._now_ns()
            self._guards.check_enable(now_ns)
            self._guards.check_ages(now_ns)
        except EvaluationError as error:
            is_new = self._refusal is None or self._refusal.cause != error.cause
            if is_new or self._now_ns() >= self._repetition_ns:
                self._refuse(error)
        except Exception as error:
            self._refuse(_cut_short(error))

    def patience_ns(self) -> Optional[int]:
        """Return the time until it is worth a look; None if it never is."""
        if self._refusal is None and not self._guards.is_enabled(self._now_ns()):
            return 0
        due_ns = self._guards.expiry_ns
        if due_ns is None:
            return None
        if isinstance(self._refusal, (NotEnabled, StaleInput)):
            due_ns = max(due_ns, int(self._repetition_ns))
        return max(due_ns - self._now_ns(), 0)

    def reset(self) -> None:
        """Make the model forget what it has seen."""
        self._model.reset()
        self._forget()

    def swap(self, model: Model, outputs: Sequence[Array]) -> None:
        """
        Run another model, which is prepared, from the next tick on.

        Raise ContractError, and keep the present one, if such outputs cannot go on.
        """
        self._check(outputs)
        self._model = model
        self._forget()

    def _check(self, outputs: Sequence[Array]) -> None:
        """Raise ContractError if such outputs can never be published, or fed back."""
        for outlet, output in zip(self._emission.outlets, outputs):
            outlet.check(output)
        for slot, index in self._feedback:
            try:
                slot.check(outputs[index])
            except MessageError as error:
                raise ContractError(
                    f'input {slot.name!r} is fed back from an output that does not fit it: '
                    f'{error}') from error

    def _forget(self) -> None:
        for feedback in self._feedback:
            feedback.slot.forget()
        for history in self._histories:
            history.forget()

    def _evaluate_newest(self) -> None:
        is_complete = self._is_complete()
        if is_complete and not self._is_prepared:
            self._prepare_on_first_values()
        now_ns = self._now_ns()
        self._guards.check_enable(now_ns)
        self._guards.check_ages(now_ns)
        if is_complete:
            self._guards.check_inputs()
            self._evaluate(self._values())

    @property
    def _repetition_ns(self) -> float:
        """When to react once more to what has not changed."""
        shortest_age_ns = self._guards.shortest_age_ns
        return math.inf if shortest_age_ns is None else self._reacted_ns + shortest_age_ns

    def _is_complete(self) -> bool:
        for slot in self._slots:
            if slot.value is None:
                return False
        return True

    def _values(self) -> List[Array]:
        """Return what the model is given; raise EvaluationError if parts do not fit together."""
        values: List[Array] = []
        for item in self._inputs:
            try:
                value = item.value
            except MessageError as error:
                raise EvaluationError(f'input {item.name!r}: {error}') from error
            assert value is not None, 'all slots have one'
            values.append(value)
        return values

    def _prepare_on_first_values(self) -> None:
        try:
            self._observer.on_first_outputs(self.prepare(self._values()))
        except (ContractError, EvaluationError) as error:
            # The first messages may have decided a wrong shape: let the next ones decide.
            for item in self._inputs:
                item.forget_shape()
            raise EvaluationError(str(error)) from error
        # The warm-up took its time: what arrived meanwhile is newer.
        for source in self._polled:
            source.take_newest()

    def _evaluate(self, values: Sequence[Array]) -> None:
        self._emission.note_start()
        try:
            begin_ns = self._duration_clock_ns()
            outputs = self._model.run(values)
            duration_ns = self._duration_clock_ns() - begin_ns
            self._counters.evaluations += 1
            self._counters.durations_ns.append(duration_ns)
            self._guards.check_outputs(self._output_names, outputs)
            # All or nothing: no output goes out unless every one of them can.
            self._emission.load(outputs)
            self._feed_back(outputs)
            for history in self._histories:
                history.advance()
        except Exception:
            self._model.undo()
            raise
        duration_ms = 1e-6 * duration_ns
        try:
            self._judge_duration(duration_ms)
            is_in_time = self._emission.send()
        finally:
            self._publish_duration_ms(duration_ms)
        self._has_acted |= is_in_time
        if self._refusal is not None and is_in_time:
            self._recover()

    def _feed_back(self, outputs: Sequence[Array]) -> None:
        before = [feedback.slot.content for feedback in self._feedback]
        try:
            for slot, index in self._feedback:
                slot.offer(outputs[index])
        except MessageError as error:
            for feedback, content in zip(self._feedback, before):
                feedback.slot.put_back(content)
            raise EvaluationError(f'input {slot.name!r} cannot be fed back: {error}') from error

    def _judge_duration(self, duration_ms: float) -> None:
        period_s = self._emission.period_s
        if period_s is not None and duration_ms > 1e3 * period_s:
            self._counters.overruns += 1
            self._observer.on_overrun(duration_ms, 1e3 * period_s)
        try:
            self._guards.check_duration(duration_ms)
        except Overrun as error:
            if self._trust.on_overrun != 'publish':
                raise
            self._counters.refusals[error.cause] += 1

    def _refuse(self, error: EvaluationError) -> None:
        self._counters.refusals[error.cause] += 1
        self._counters.pending = error.cause
        if isinstance(error, NotEnabled):
            self._emission.restart()
        else:
            self._counters.last_error = str(error)
        self._refusal = error
        self._reacted_ns = self._now_ns()
        self._refused += 1
        self._failures += type(error) is EvaluationError
        reaction = self._reaction(error)
        try:
            has_published = self._react(reaction)
            self._observer.on_refusal(error, reaction, has_published=has_published)
        finally:
            if reaction == 'deactivate':
                self._observer.on_give_up(str(error))

    def _react(self, reaction: str) -> bool:
        if reaction == 'hold':
            return self._emission.repeat()
        if reaction == 'fallback':
            return self._emission.fall_back()
        return reaction == 'deactivate' and self._emission.leave()

    def _reaction(self, error: EvaluationError) -> str:
        trust = self._trust
        if isinstance(error, NotEnabled):
            return 'fallback'
        if isinstance(error, StaleInput):
            # Who still waits for the first messages has nothing to leave.
            waits = trust.on_stale == 'deactivate' and not self._has_acted
            return 'skip' if waits else trust.on_stale
        if isinstance(error, NotFinite):
            return trust.on_nonfinite
        if isinstance(error, Overrun):
            return trust.on_overrun
        gives_up = 0 < trust.max_failures <= self._failures
        return 'deactivate' if gives_up else trust.on_error

    def _recover(self) -> None:
        self._counters.pending = ''
        self._observer.on_recovery(self._refused)
        self._refusal = None
        self._refused = 0
        self._failures = 0


def _cut_short(error: Exception) -> EvaluationError:
    return EvaluationError(
        f'the evaluation was cut short by {error!r}',
        details=''.join(traceback.format_exception(error)))
