# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What must not be believed: each check raises an EvaluationError of its kind."""

from typing import List, NamedTuple, Optional, Sequence

from dg_pytorch_ros.config.trust_config import TrustConfig
from dg_pytorch_ros.errors import NotEnabled, NotFinite, Overrun, StaleInput
from dg_pytorch_ros.model import all_finite, Array
from dg_pytorch_ros.values.slots import Slot


class _Aging(NamedTuple):
    """A value that may become too old."""

    slot: Slot
    max_age_ns: int


class Guards:
    """Checks inputs, outputs and durations, and knows when inputs will be too old."""

    def __init__(
        self, slots: Sequence[Slot], *, enable: Optional[Slot], trust: TrustConfig
    ) -> None:
        self._slots = slots
        self._enable = enable
        self._trust = trust
        self._aging = _aging(slots)
        self._watched = _aging(slots if enable is None else [*slots, enable])
        self.shortest_age_ns = min((aging.max_age_ns for aging in self._watched), default=None)

    @property
    def expiry_ns(self) -> Optional[int]:
        """When the first value will be too old; None if none ever will."""
        return min(
            (slot.since_ns + max_age_ns + 1 for slot, max_age_ns in self._watched), default=None)

    def is_enabled(self, now_ns: int) -> bool:
        """Whether there is a permission to act that is young enough, or none is needed."""
        slot = self._enable
        return slot is None or (
            slot.value is not None and bool(slot.value[0]) and not slot.is_stale(now_ns))

    def check_enable(self, now_ns: int) -> None:
        """Refuse to act without a permission."""
        slot = self._enable
        if slot is None or self.is_enabled(now_ns):
            return
        if slot.value is None:
            reason = 'nothing has come'
        elif slot.value[0]:
            reason = (
                f'its true is {1e-6 * (now_ns - slot.since_ns):.1f} ms old, above '
                f'enable_max_age_ms {self._trust.enable_max_age_ms:g}')
        else:
            reason = 'it says false'
        raise NotEnabled(f'not enabled by {self._trust.enable_topic}: {reason}', cause='disabled')

    def check_ages(self, now_ns: int) -> None:
        """Refuse inputs that are too old."""
        for slot, max_age_ns in self._aging:
            age_ns = now_ns - slot.since_ns
            if age_ns > max_age_ns:
                age = f'{1e-6 * age_ns:.1f} ms'
                what = f'is {age} old' if slot.has_received else f'has had no message for {age}'
                raise StaleInput(
                    f'input {slot.name!r} {what}, above max_age_ms {1e-6 * max_age_ns:g}',
                    cause=f'stale {slot.name}')

    def check_inputs(self) -> None:
        """Refuse NaN and infinity in an input."""
        for slot in self._slots:
            if not slot.is_finite:
                raise NotFinite(
                    f'input {slot.name!r} is not finite; nothing is evaluated until it is',
                    cause=f'not finite: input {slot.name}')

    def check_outputs(self, names: Sequence[str], outputs: Sequence[Array]) -> None:
        """Refuse NaN and infinity in an output."""
        for name, output in zip(names, outputs):
            if not all_finite(output):
                raise NotFinite(
                    f'output {name!r} is not finite', cause=f'not finite: output {name}')

    def check_duration(self, duration_ms: float) -> None:
        """Refuse an output that took too long."""
        deadline_ms = self._trust.deadline_ms
        if deadline_ms is not None and duration_ms > deadline_ms:
            raise Overrun(
                f'the evaluation took {duration_ms:.3f} ms, above deadline_ms {deadline_ms:g}',
                cause='deadline')


def _aging(slots: Sequence[Slot]) -> List[_Aging]:
    return [_Aging(slot, slot.max_age_ns) for slot in slots if slot.max_age_ns is not None]
