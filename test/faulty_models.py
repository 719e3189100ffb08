# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
Modules that go wrong on request, each in one way.

The input is [number, value]. As long as all values have been 0, the output is the input; a value
of 1 or more asks for the fault, and tells some of them how much of it is wanted.
"""

from typing import Any, List, Optional, Tuple
import warnings

import torch
from torch import Tensor


class Raises(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        if bool(x[1] >= 1):
            raise ValueError('the floor is lava')
        return x


class Sleeps(torch.nn.Module):
    """Takes as many milliseconds as the value says, once for each number, and hides the value."""

    def __init__(self) -> None:
        super().__init__()
        self.last = -1.0

    def forward(self, x: Tensor) -> Tensor:
        if float(x[0]) != self.last:
            self.last = float(x[0])
            if bool(x[1] >= 1):
                end = torch.ops.prim.TimePoint() + int(1e6 * float(x[1]))
                while torch.ops.prim.TimePoint() < end:
                    pass
        return torch.stack([x[0], 0 * x[1]])


class Computes(torch.nn.Module):
    """Takes some time for each value, however much time passes meanwhile."""

    def forward(self, x: Tensor) -> Tensor:
        rest = torch.ones(1)
        for _ in range(20000):
            rest = 0.5 * rest
        return x + rest.trunc()


class Hangs(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        while bool(x[1] >= 1):
            pass
        return x


class HangsAtOnce(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        while bool(x[1] >= 0):
            pass
        return x


class MiscountsList(torch.nn.Module):
    """Returns as many outputs too many as the value says, or too few."""

    def forward(self, x: Tensor) -> List[Tensor]:
        outputs = [x]
        for _ in range(int(x[1])):
            outputs.append(x)
        return [] if bool(x[1] < 0) else outputs


class ReturnsWholeNumbers(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return x.long() if bool(x[1] >= 1) else x


class ReturnsComplex(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return torch.complex(x, x) if bool(x[1] >= 1) else x


class ReturnsComplexNaN(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return torch.complex(x / 0 - x / 0, x) if bool(x[1] >= 1) else x


class ReturnsMatrix(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([x, x]) if bool(x[1] >= 1) else x


class ReturnsText(torch.nn.Module):

    def forward(self, x: Tensor) -> Any:
        if bool(x[1] >= 1):
            return 'left, right, left'
        return x


class ReturnsNone(torch.nn.Module):

    def forward(self, x: Tensor) -> List[Optional[Tensor]]:
        return [None if bool(x[1] >= 1) else x]


class ReturnsEmpty(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return x[:0] if bool(x[1] >= 1) else x


class ReturnsHuge(torch.nn.Module):
    """Returns finite numbers that float32 has no room for."""

    def forward(self, x: Tensor) -> Tensor:
        return x * 1e300 if bool(x[1] >= 1) else x


class SumsInPlace(torch.nn.Module):
    """Sums the values up in a buffer; above 100, it does so and returns NaN."""

    total: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('total', torch.zeros(1, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        self.total += x[1]
        y = torch.cat([x[:1], self.total])
        return y * float('nan') if bool(x[1] > 100) else y


class SumsByRebinding(torch.nn.Module):
    """Sums the values up in an attribute; above 100, it does so and returns infinity."""

    def __init__(self) -> None:
        super().__init__()
        self.total = torch.zeros(1, dtype=torch.float64)
        self.count = 0

    def forward(self, x: Tensor) -> Tensor:
        self.total = self.total * 0.5 + x[1:]
        self.count += int(x[1] != 0)
        y = torch.cat([x[:1], self.total * self.count])
        return y / 0 if bool(x[1] > 100) else y


class Prints(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        if bool(x[1] >= 1):
            print('the value is', float(x[1]))
        return x


class Warns(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        if bool(x[1] >= 1):
            warnings.warn('the floor is wet')
        return x


class WritesIntoInput(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        y = x.clone()
        x.fill_(float('nan'))
        return y


class SpoilsWhatItGave(torch.nn.Module):
    """Keeps its input and output, and spoils those of the evaluation before; then it raises."""

    def __init__(self) -> None:
        super().__init__()
        self.given = torch.zeros(2, dtype=torch.float64)
        self.returned = torch.zeros(2, dtype=torch.float64)

    def forward(self, x: Tensor) -> Tensor:
        self.given.fill_(float('nan'))
        self.returned.fill_(float('nan'))
        y = x + 0
        self.given = x
        self.returned = y
        if bool(x[1] >= 1):
            y.fill_(float('nan'))
            raise ValueError('the floor is lava')
        return y


class ChangesTheMode(torch.nn.Module):
    """Turns gradients on for its thread, and seeds everybody's random numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(2, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        if bool(x[1] >= 1):
            torch.set_grad_enabled(True)
            torch.manual_seed(3)
        return x * self.weight


class AsksForTooMuchMemory(torch.nn.Module):
    """Asks for more than any machine has, when told to; else for a good part of it."""

    def forward(self, x: Tensor) -> Tensor:
        size = 1000000000000000 if bool(x[1] >= 1) else 10000000
        return x + torch.empty([size], dtype=torch.float64)[0] * 0


class DividesByZero(torch.nn.Module):
    """Divides whole numbers, which know no infinity."""

    def forward(self, x: Tensor) -> Tensor:
        return x + 0 // (1 - int(x[1]))


class FailsAtFirst(torch.nn.Module):
    """Fails until it is given a 0."""

    def forward(self, x: Tensor) -> Tensor:
        assert bool(x[1] == 0), 'not warm yet'
        return x


# With an input that is fed back, and two outputs.


class Adds(torch.nn.Module):
    """Adds half of what it gave last; above 100, it returns NaN."""

    def forward(self, x: Tensor, last: Tensor) -> Tuple[Tensor, Tensor]:
        y = torch.stack([x[0], x[1] + 0.5 * last[1]])
        return (y * float('nan') if bool(x[1] > 100) else y), x + 100


class ReturnsItsBuffer(torch.nn.Module):
    """Returns the very tensor in which it sums up."""

    total: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('total', torch.zeros(2, dtype=torch.float64))

    def forward(self, x: Tensor, last: Tensor) -> Tuple[Tensor, Tensor]:
        self.total[0] = x[0]
        self.total[1] += x[1]
        return self.total, x


class Passes(torch.nn.Module):
    """Takes as many milliseconds as the value says."""

    def forward(self, x: Tensor, last: Tensor) -> Tuple[Tensor, Tensor]:
        if bool(x[1] >= 1):
            end = torch.ops.prim.TimePoint() + int(1e6 * float(x[1]))
            while torch.ops.prim.TimePoint() < end:
                pass
        return x, x + 100
