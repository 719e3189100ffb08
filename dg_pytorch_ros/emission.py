# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What leaves the node: outputs, the last good ones again, or fallbacks."""

from threading import RLock
from typing import Any, Callable, List, Optional, Protocol, Sequence

from dg_pytorch_ros.errors import ContractError, EvaluationError, NotFinite
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.values.fade_start import FadeStart
from dg_pytorch_ros.values.limits import Limits
from dg_pytorch_ros.values.scaling import Scaling

# After a longer silence, an output may not change by more than in this time.
_LONGEST_ELAPSED_S = 1.0


class Sink(Protocol):
    """An output's topic."""

    @property
    def name(self) -> str:
        """What the user calls it."""

    def check(self, value: Array) -> None:
        """Raise ContractError if this can never be published."""

    def encode(self, value: Array) -> Any:
        """Make a message; raise EvaluationError if the value does not fit."""

    def stamp(self, message: Any) -> Any:
        """Give a message the stamp of what it was made from, if that is asked for."""

    def publish(self, message: Any) -> None:
        """Send a message."""


class Outlet:
    """One output on its way out: scaled, limited, encoded, sent and remembered."""

    def __init__(
        self, sink: Sink, limits: Limits, *, scaling: Optional[Scaling] = None,
        fade_in_from: Optional[FadeStart] = None
    ) -> None:
        self.sink = sink
        self.limits = limits
        self._scaling = None if scaling is None or scaling.is_idle else scaling
        self._fade_in_from = fade_in_from
        self._start: Optional[Array] = None
        self._value: Optional[Array] = None
        self._message: Any = None
        self._last_message: Any = None
        self._last_limited: Optional[Array] = None
        self._fallback_message: Any = None

    @property
    def has_fallback(self) -> bool:
        """Whether there is a fallback, and it is known what it looks like."""
        return self._fallback_message is not None

    def check(self, value: Array) -> None:
        """Raise ContractError if such an output can never be published."""
        self.sink.check(self._scaled(value))

    def fit(self, value: Array) -> None:
        """Learn what the output looks like; raise ContractError if something does not fit it."""
        value = self._scaled(value)
        self.sink.check(value)
        try:
            self.limits.fit(value)
            fallback = self.limits.fallback()
            if fallback is not None:
                self._fallback_message = self.sink.encode(fallback)
        except (ContractError, EvaluationError) as error:
            raise ContractError(f'output {self.sink.name!r}: {error}') from error
        start = self._fade_in_from
        if start is not None and start.size not in (None, value.size):
            raise ContractError(
                f'output {self.sink.name!r}: fade_in_from is {start.name!r}, which has '
                f'{start.size} elements, but the output has {value.size}')

    def restart(self) -> None:
        """Have nothing to repeat."""
        self._last_message = None

    def note_start(self) -> None:
        """Keep what the fade-in begins from."""
        start = self._fade_in_from
        self._start = self.limits.fallback() if start is None else start.take()

    def load(self, value: Array, *, progress: float, elapsed_s: float) -> None:
        """Make the message for a value; raise EvaluationError if it cannot be."""
        if self._scaling is not None:
            value = self._scale(value)
        if not self.limits.is_idle:
            value = self._limit(value, progress, elapsed_s)
        self._value = value
        self._message = self.sink.stamp(self.sink.encode(value))

    def send(self) -> None:
        """Publish what was loaded."""
        self.sink.publish(self._message)
        self._last_message = self._message
        if not self.limits.is_idle and self._value is not None:
            self.limits.remember(self._value)
            self._last_limited = self.limits.last

    def repeat(self) -> bool:
        """Publish once more what was sent last; return whether there is anything."""
        if self._last_message is None:
            return False
        self.sink.publish(self._last_message)
        self.limits.last = self._last_limited
        return True

    def fall_back(self) -> bool:
        """Publish the fallback; return whether there is one, and its shape is known."""
        fallback = self.limits.fallback()
        if fallback is None or self._fallback_message is None:
            return False
        self.sink.publish(self._fallback_message)
        self.limits.remember(fallback)
        # Whoever holds holds what was published last.
        self._last_message = self._fallback_message
        self._last_limited = self.limits.last
        return True

    def _scaled(self, value: Array) -> Array:
        """Return a first value as it would be published; raise ContractError if it cannot be."""
        if self._scaling is None:
            return value
        try:
            self._scaling.fit(value)
            return self._scaling.apply(value)
        except (ContractError, EvaluationError) as error:
            raise ContractError(f'output {self.sink.name!r}: {error}') from error

    def _scale(self, value: Array) -> Array:
        assert self._scaling is not None
        try:
            return self._scaling.apply(value)
        except NotFinite as error:
            raise NotFinite(
                f'output {self.sink.name!r} {error}',
                cause=f'not finite: output {self.sink.name}') from error
        except EvaluationError as error:
            raise EvaluationError(f'output {self.sink.name!r}: {error}') from error

    def _limit(self, value: Array, progress: float, elapsed_s: float) -> Array:
        start = self._start if self._fade_in_from is not None else None
        if start is not None and start.size == 1 != value.size:  # the others are elsewhere
            raise EvaluationError(
                f'output {self.sink.name!r} has {value.size} elements, but what its fade-in '
                'begins from has one')
        try:
            return self.limits.apply(
                value, start=self._start, progress=progress, elapsed_s=elapsed_s)
        except EvaluationError as error:
            raise EvaluationError(f'output {self.sink.name!r}: {error}') from error


class Emission:
    """
    All outputs together: they go out all at once or not at all.

    After `leave` nothing goes out any more until `begin`, whichever thread still tries.
    `period_s` is the time between two evaluations, or None if they come as they like.
    """

    def __init__(
        self, outlets: Sequence[Outlet], *, now_ns: Callable[[], int], fade_in_s: float = 0.0,
        period_s: Optional[float] = None
    ) -> None:
        self.outlets = outlets
        self.period_s = period_s
        self._now_ns = now_ns
        self._fade_in_ns = 1e9 * fade_in_s
        self._is_fading = False
        self._fade_begin_ns: Optional[int] = None
        self._sent_ns: Optional[int] = None
        self._has_left = False
        self._lock = RLock()

    def fit(self, outputs: Sequence[Array]) -> None:
        """Learn what the outputs look like; raise ContractError if something does not fit."""
        for outlet, output in zip(self.outlets, outputs):
            outlet.fit(output)

    def begin(self) -> None:
        """Let outputs out."""
        self.restart()
        self._has_left = False

    def restart(self) -> None:
        """Fade in from the next output on, and have nothing to repeat until then."""
        for outlet in self.outlets:
            outlet.restart()
        self._is_fading = self._fade_in_ns > 0
        self._fade_begin_ns = None

    def rebase(self) -> None:
        """Count time anew, because the clock has jumped; a fade-in under way begins anew."""
        self._fade_begin_ns = None
        if self._sent_ns is not None:
            self._sent_ns = self._now_ns()

    def note_start(self) -> None:
        """Before an evaluation: keep what the fade-in begins from, if it has not begun."""
        if self._is_fading and self._fade_begin_ns is None:
            for outlet in self.outlets:
                outlet.note_start()

    def load(self, outputs: Sequence[Array]) -> None:
        """Make the messages for all outputs; raise EvaluationError if one cannot be."""
        progress = self._progress() if self._is_fading else 1.0
        elapsed_s = self._elapsed_s() if self.period_s is None else self.period_s
        for outlet, output in zip(self.outlets, outputs):
            outlet.load(output, progress=progress, elapsed_s=elapsed_s)

    def send(self) -> bool:
        """Publish what was loaded; return whether it was not too late for that."""
        with self._lock:
            if self._has_left:
                return False
            for outlet in self.outlets:
                outlet.send()
        if self._is_fading:
            self._go_on_fading()
        if self.period_s is None:
            self._sent_ns = self._now_ns()
        return True

    def repeat(self) -> bool:
        """Publish the last good outputs again; return whether there were any."""
        return self._publish(Outlet.repeat)

    def fall_back(self) -> bool:
        """Publish the fallbacks; return whether there were any. A fade-in begins anew."""
        self._fade_begin_ns = None
        return self._publish(Outlet.fall_back)

    def leave(self) -> bool:
        """Publish the fallbacks for the last time; any thread may call this."""
        with self._lock:
            try:
                return self.fall_back()
            finally:
                self._has_left = True

    def _publish(self, publish: Callable[[Outlet], bool]) -> bool:
        with self._lock:
            if self._has_left:
                return False
            if self.period_s is None:
                self._sent_ns = self._now_ns()
            return self._publish_each(publish)

    def _publish_each(self, publish: Callable[[Outlet], bool]) -> bool:
        """Have each of the outlets publish, whatever becomes of the others."""
        has_published = False
        errors: List[Exception] = []
        for outlet in self.outlets:
            try:
                has_published |= publish(outlet)
            except Exception as error:
                errors.append(error)
        if errors:
            raise errors[0]
        return has_published

    def _progress(self) -> float:
        if self._fade_begin_ns is None:
            return 0.0
        progress = (self._now_ns() - self._fade_begin_ns) / self._fade_in_ns
        return min(max(progress, 0.0), 1.0)

    def _go_on_fading(self) -> None:
        if self._fade_begin_ns is None:
            self._fade_begin_ns = self._now_ns()
        elif self._now_ns() - self._fade_begin_ns >= self._fade_in_ns:
            self._is_fading = False

    def _elapsed_s(self) -> float:
        if self._sent_ns is None:
            return _LONGEST_ELAPSED_S
        return min(max(1e-9 * (self._now_ns() - self._sent_ns), 0.0), _LONGEST_ELAPSED_S)
