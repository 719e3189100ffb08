# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The last values of an input, stacked to one tensor."""

from typing import Any, Literal, Optional

from dg_pytorch_ros.errors import MessageError
from dg_pytorch_ros.model import Array
from dg_pytorch_ros.values.assembly import reshaped, Shape
from dg_pytorch_ros.values.value_source import ValueSource
import numpy as np


class History:
    """
    Stacks a source's present value and the values that the evaluations before were done on.

    Reading the value changes nothing that is remembered; `advance`, after a good evaluation, takes
    the frame that was read last, and not what the source holds by then: a newer message may have
    come meanwhile, and a frame that no evaluation was done on is no part of the history.

    The frames lie next to each other in a strip with room for three stacks. Each new frame is
    written beside the one before, so that a stack is a view of the strip and a frame is copied
    once; at its end, the frames that still count move back. What was returned last stays as it is
    while the next stack is made.
    """

    def __init__(
        self, name: str, source: ValueSource, *, length: int,
        order: Literal['newest_first', 'oldest_first'], fill: Literal['repeat', 'zeros'],
        dtype: 'np.dtype[Any]', shape: Optional[Shape]
    ) -> None:
        self.name = name
        self.source = source
        self._length = length
        self._is_newest_first = order == 'newest_first'
        self._repeats = fill == 'repeat'
        self._dtype = dtype
        self._shape = shape
        self._capacity = 3 * length
        self._strip: Array = np.empty((self._capacity, 0), dtype)
        self._frame_shape: Shape = (0,)
        self._begin = 2 * length
        self._is_empty = True
        self._read: Optional[Array] = None

    @property
    def value(self) -> Optional[Array]:
        """The stacked frames; None while there is none; MessageError if they do not fit."""
        frame = self.source.value
        return None if frame is None else self._shaped(self._stack(frame))

    def advance(self) -> None:
        """Remember the frame that was read last, if one was since the last time."""
        if self._read is not None:
            self._read = None
            self._is_empty = False
            self._begin -= 1

    def forget(self) -> None:
        """Remember no frame."""
        if self._read is not None or not self._is_empty:
            self._move()
        self._read = None
        self._is_empty = True

    def forget_shape(self) -> None:
        """Remember no frame, and let the next one decide the shape, unless it was given."""
        self.forget()
        self.source.forget_shape()

    def sample(self) -> Optional[Array]:
        """Return a stack to try the module on; None while too little is known of the source."""
        frame = self.source.sample()
        if frame is None:
            return None
        if not self._is_empty:
            self._check_shape(frame)
        stack: Array = np.empty((self._length, *frame.shape), self._dtype)
        self._older(stack)[...] = self._fill(frame) if self._is_empty else self._remembered()
        stack[self._newest] = frame
        return self._shaped(stack)

    @property
    def _newest(self) -> int:
        return 0 if self._is_newest_first else -1

    def _stack(self, frame: Array) -> Array:
        if frame.shape != self._frame_shape:
            self._change_shape(frame)
        # What an earlier reader of this tick holds must stay as it is.
        if self._begin < 0 or (self._read is not None and self._read is not frame):
            self._move()
        stack = self._rows(self._begin, self._begin + self._length)
        if self._is_empty:
            self._older(stack)[...] = self._fill(frame)
        stack[self._newest] = frame
        self._read = frame
        return stack

    def _fill(self, frame: Array) -> Array:
        return frame if self._repeats else np.zeros((), self._dtype)

    def _older(self, stack: Array) -> Array:
        return stack[1:] if self._is_newest_first else stack[:-1]

    def _remembered(self) -> Array:
        return self._rows(self._begin + 1, self._begin + self._length)

    def _rows(self, begin: int, end: int) -> Array:
        """Return rows of the strip, which is filled from its end if the newest come first."""
        if self._is_newest_first:
            return self._strip[begin:end]
        return self._strip[self._capacity - end:self._capacity - begin]

    def _move(self) -> None:
        """Go on elsewhere in the strip, beside the stack that was returned last."""
        remembered = self._remembered()
        goes_back = self._begin >= self._length
        self._begin = self._begin - self._length if goes_back else 2 * self._length
        self._remembered()[...] = remembered

    def _change_shape(self, frame: Array) -> None:
        if not self._is_empty:
            self._check_shape(frame)
        self._strip = np.empty((self._capacity, *frame.shape), self._dtype)
        self._frame_shape = frame.shape
        self._begin = 2 * self._length

    def _check_shape(self, frame: Array) -> None:
        if frame.shape != self._frame_shape:
            raise MessageError(
                f'its layout is {list(frame.shape)}, but that of the frames before is '
                f'{list(self._frame_shape)}; a history is of frames of one layout',
                cause='layout')

    def _shaped(self, stack: Array) -> Array:
        if self._shape is None:
            return stack
        shaped = reshaped(stack, self._shape)
        if shaped is not None:
            return shaped
        raise MessageError(
            f'its {self._length} frames of {list(stack.shape[1:])} have {stack.size} numbers, '
            f'which do not fit its shape {list(self._shape)}')
