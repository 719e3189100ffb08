# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""One tick: take, guard, run, guard, publish."""

from time import perf_counter_ns
from typing import Any, Callable, List, Optional, Protocol, Sequence

from dg_pytorch_ros.counters import Counters
from dg_pytorch_ros.errors import ContractError, EvaluationError
from dg_pytorch_ros.model import all_finite, Array, Model
from dg_pytorch_ros.slots import Slot


class Source(Protocol):
    """An input that is taken at the tick."""

    def take_newest(self) -> None:
        """Put the newest message into the slot."""


class Sink(Protocol):
    """An output."""

    @property
    def name(self) -> str:
        """What the user calls it."""

    def check(self, value: Array) -> None:
        """Raise ContractError if this can never be published."""

    def encode(self, value: Array) -> Any:
        """Make a message; raise EvaluationError if the value does not fit."""

    def publish(self, message: Any) -> None:
        """Send a message."""


class Evaluation:
    """
    Evaluates a model on the newest values of its inputs.

    Everything but the reading of counters belongs to the evaluation thread.
    """

    def __init__(
        self, model: Model, slots: Sequence[Slot], *, polled: Sequence[Source],
        sinks: Sequence[Sink], publish_duration_ms: Callable[[float], None],
        on_first_outputs: Callable[[Sequence[Array]], None],
        on_failure: Callable[[EvaluationError], None],
        counters: Counters
    ) -> None:
        self._model = model
        self._slots = slots
        self._polled = polled
        self._sinks = sinks
        self._publish_duration_ms = publish_duration_ms
        self._on_first_outputs = on_first_outputs
        self._on_failure = on_failure
        self._counters = counters
        self._is_prepared = False

    @property
    def model(self) -> Model:
        """The model that runs at present."""
        return self._model

    def prepare(self, values: Sequence[Array]) -> Sequence[Array]:
        """Check the contract and warm up; return one run's outputs or raise ContractError."""
        outputs = check_and_warm_up(self._model, values, self._sinks)
        self._is_prepared = True
        return outputs

    def tick(self) -> None:
        """Evaluate once, if every input has a value; report what fails and go on."""
        self._counters.ticks += 1
        for source in self._polled:
            source.take_newest()
        values = self._values()
        if values is None:
            return
        try:
            if not self._is_prepared:
                values = self._prepare_on_first_values(values)
            self._evaluate(values)
        except EvaluationError as error:
            self._counters.failed_evaluations += 1
            self._on_failure(error)

    def reset(self) -> None:
        """Make the model forget what it has seen."""
        self._model.reset()

    def swap(self, model: Model) -> None:
        """Run another model, which is prepared, from the next tick on."""
        self._model = model
        self._is_prepared = True

    def _values(self) -> Optional[List[Array]]:
        values = [slot.value for slot in self._slots if slot.value is not None]
        return values if len(values) == len(self._slots) else None

    def _prepare_on_first_values(self, values: List[Array]) -> List[Array]:
        try:
            self._on_first_outputs(self.prepare(values))
        except ContractError as error:
            # The first messages may have decided a wrong shape: let the next ones decide.
            for slot in self._slots:
                slot.forget_shape()
            raise EvaluationError(str(error)) from error
        # The warm-up took its time: what arrived meanwhile is newer.
        for source in self._polled:
            source.take_newest()
        return self._values() or values

    def _evaluate(self, values: Sequence[Array]) -> None:
        self._guard_inputs()
        begin_ns = perf_counter_ns()
        outputs = self._model.run(values)
        duration_ms = 1e-6 * (perf_counter_ns() - begin_ns)
        self._counters.evaluations += 1
        self._guard_outputs(outputs)
        # All or nothing: no output goes out unless every one of them can.
        messages = [sink.encode(output) for sink, output in zip(self._sinks, outputs)]
        for sink, message in zip(self._sinks, messages):
            sink.publish(message)
        self._publish_duration_ms(duration_ms)

    def _guard_inputs(self) -> None:
        for slot in self._slots:
            if not slot.is_finite:
                self._counters.nonfinite_inputs += 1
                raise EvaluationError(
                    f'input {slot.name!r} is not finite; nothing is evaluated until it is')

    def _guard_outputs(self, outputs: Sequence[Array]) -> None:
        for sink, output in zip(self._sinks, outputs):
            if not all_finite(output):
                self._counters.nonfinite_outputs += 1
                raise EvaluationError(f'output {sink.name!r} is not finite; it is not published')


def check_and_warm_up(
    model: Model, values: Sequence[Array], sinks: Sequence[Sink]
) -> Sequence[Array]:
    """Warm a model up and check that its outputs can be published; raise ContractError."""
    outputs = model.prepare(values)
    for sink, output in zip(sinks, outputs):
        sink.check(output)
    return outputs
