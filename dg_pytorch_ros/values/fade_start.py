# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What an output's fade-in begins from."""

from typing import Optional, Sequence

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.errors import ConfigError, NotFinite
from dg_pytorch_ros.model import all_finite, Array
from dg_pytorch_ros.values.slots import Slot


class FadeStart:
    """
    The field of an input, as it came, in the order of the output.

    `order` says which element of the field stands for each of the output; None means the same.
    """

    def __init__(self, slot: Slot, order: Optional[Sequence[int]] = None) -> None:
        self.name = slot.name
        self._slot = slot
        self._order = None if order is None else list(order)

    @property
    def size(self) -> Optional[int]:
        """How many elements it gives; None while that is not known."""
        if self._order is not None:
            return len(self._order)
        sample = self._slot.sample()
        return None if sample is None else sample.size

    def take(self) -> Optional[Array]:
        """Return a copy of its present value, if it has one; raise NotFinite if it is not."""
        value = self._slot.unconverted
        if value is None:
            return None
        if not all_finite(value):
            raise NotFinite(
                f'input {self.name!r} is not finite, and the fade-in cannot begin from it',
                cause=f'not finite: input {self.name}')
        # A copy: what is fed back may be a piece of the module's own memory.
        return value.copy() if self._order is None else value.ravel()[self._order]


def order_by_name(
    select: Sequence[str], names: Sequence[str], fields: int
) -> Optional[Sequence[int]]:
    """
    Return where an input's selected elements have those of an output; None if it is unnamed.

    Each of so many fields has all of the names. Raise ConfigError if a name is missing.
    """
    if not select or not names:
        return None
    missing = [name for name in names if name not in select]
    if missing:
        raise ConfigError(
            f'the output names {missing[0]!r}, which the input does not select; it selects '
            f'{enumeration(select)}')
    return [
        field * len(select) + select.index(name) for field in range(fields) for name in names]
