# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Streams, each lent to one borrower at a time."""

from typing import Callable, Generic, List, TypeVar
from weakref import finalize

_T = TypeVar('_T')


class Loan(Generic[_T]):
    """A thing that is lent as long as anybody keeps this loan."""

    def __init__(self, item: _T) -> None:
        self.item = item


class Lending(Generic[_T]):
    """
    Things of which each is lent to one borrower at a time; made when none is left.

    Torch itself hands out the same 32 streams of a GPU over and over. But a stream on which one
    thread records must not be the one on which another thread works, whose work would be recorded
    as well; and cuBLAS has scratch memory for each stream, which a recording goes on using.
    """

    def __init__(self, make: Callable[[], _T]) -> None:
        self._make = make
        self._idle: List[_T] = []

    def lend(self) -> Loan[_T]:
        """Lend one."""
        try:
            item = self._idle.pop()
        except IndexError:
            item = self._make()
        loan = Loan(item)
        finalize(loan, self._idle.append, item).atexit = False
        return loan
