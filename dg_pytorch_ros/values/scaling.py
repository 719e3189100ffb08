# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What becomes of the numbers of an output before they are published."""

from typing import Any, List, Optional

from dg_pytorch_ros.config.scaling_config import ScalingConfig
from dg_pytorch_ros.errors import ContractError, EvaluationError, NotFinite
from dg_pytorch_ros.model import all_finite, Array, describe_array
from dg_pytorch_ros.values.spread import counts, element_parts, Shape, spread
from dg_pytorch_ros.values.steps import Step, Steps
import numpy as np
from numpy import float64

_OPERATIONS = {'scale': np.multiply, 'offset': np.add}
_DTYPE: 'np.dtype[Any]' = np.dtype(float64)


class Scaling:
    """Multiplies the values of one output by its scale and adds its offset, in float64."""

    def __init__(self, config: ScalingConfig) -> None:
        self.is_idle = config.is_idle
        self._given = config.lists
        self._shape: Optional[Shape] = None
        self._steps = Steps((), _DTYPE)

    def fit(self, value: Array) -> None:
        """Learn the output's shape; raise ContractError if a list does not fit it."""
        self._shape = None
        self._steps = Steps(self._spread_over(value), _DTYPE)
        self._shape = value.shape

    def apply(self, value: Array) -> Array:
        """Return the scaled value; raise EvaluationError, or NotFinite if it is too large."""
        if value.shape != self._shape:
            self._fit_anew(value)
        result: Array = value.astype(float64)
        if self._steps.are_safe_for(result):
            self._steps.apply(result)
            return result
        with np.errstate(over='ignore', invalid='ignore'):
            self._steps.apply(result)
        if not all_finite(result):
            raise NotFinite(
                f'is not finite after {" and ".join(self._given) or "all"}',
                cause='not finite: scaled output')
        return result

    def _fit_anew(self, value: Array) -> None:
        try:
            self.fit(value)
        except ContractError as error:
            raise EvaluationError(str(error)) from error

    def _spread_over(self, value: Array) -> List[Step]:
        parts = element_parts(value.shape)
        steps: List[Step] = []
        for name, values in self._given.items():
            numbers = spread(np.array(values, float64), parts, value)
            if numbers is None:
                raise ContractError(
                    f'{name} has {len(values)} numbers, but the output has {value.size} elements '
                    f'({describe_array(value.dtype, value.shape)}); give {counts(parts)}')
            steps.append((_OPERATIONS[name], numbers))
        return steps
