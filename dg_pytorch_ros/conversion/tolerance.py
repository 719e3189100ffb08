# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Which differences are none."""

from dataclasses import dataclass, replace
from typing import Iterable, Optional


@dataclass(frozen=True)
class Tolerance:
    """A number may differ by `absolute`, and by the part `relative` of the largest beside it."""

    absolute: float
    relative: float
    dtype: str = ''

    def but(self, absolute: Optional[float], relative: Optional[float]) -> 'Tolerance':
        """Return it with what the user asks for."""
        return replace(
            self, absolute=self.absolute if absolute is None else absolute,
            relative=self.relative if relative is None else relative)


# The coarsest first. Sums in another order differ by some ten roundings of the largest number.
_OF_DTYPES = {
    'bfloat16': Tolerance(1e-2, 5e-2, 'bfloat16'),
    'float16': Tolerance(1e-3, 1e-2, 'float16'),
    'float32': Tolerance(1e-5, 1e-4, 'float32'),
    'float64': Tolerance(1e-9, 1e-9, 'float64')}
_EXACT = Tolerance(0.0, 0.0, 'whole numbers')


def usual_tolerance(dtypes: Iterable[str]) -> Tolerance:
    """Return that of the coarsest dtype that occurs in inputs, outputs and parameters."""
    found = set(dtypes)
    return next(
        (tolerance for dtype, tolerance in _OF_DTYPES.items() if dtype in found), _EXACT)
