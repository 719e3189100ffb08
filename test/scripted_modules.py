# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Small modules, each with one trait, in a real file because TorchScript reads their source."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import torch
from torch import Tensor


class Identity(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return x


class Control(NamedTuple):

    torque: Tensor
    value_2: Tensor


class ReturnsPair(torch.nn.Module):

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        return x, 2 * x


class ReturnsNamed(torch.nn.Module):

    def forward(self, x: Tensor) -> Control:
        return Control(torque=x, value_2=2 * x)


class ReturnsList(torch.nn.Module):

    def forward(self, x: Tensor) -> List[Tensor]:
        return [x, 2 * x]


class ReturnsDict(torch.nn.Module):

    def forward(self, x: Tensor) -> Dict[str, Tensor]:
        return {'torque': x, 'value_2': 2 * x}


class ReturnsNumbers(torch.nn.Module):

    def forward(self, x: Tensor) -> List[int]:
        return [x.size(0), x.dim()]


class ReturnsNumber(torch.nn.Module):

    def forward(self, x: Tensor) -> float:
        return float(x.sum())


class ReturnsNested(torch.nn.Module):

    def forward(self, x: Tensor) -> Tuple[Tensor, Tuple[Tensor, Tensor]]:
        return x, (x, x)


class ReturnsOptional(torch.nn.Module):

    def forward(self, x: Tensor) -> Optional[Tensor]:
        return x if x.numel() > 1 else None


class ReturnsNothing(torch.nn.Module):

    def forward(self, x: Tensor) -> None:
        pass


class ReturnsSparse(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return x.to_sparse()


class ReturnsPositive(torch.nn.Module):
    """Its output's size depends on the values of its input."""

    def forward(self, x: Tensor) -> Tensor:
        return x[x > 0]


class ReturnsSquareOfFirst(torch.nn.Module):
    """Two sizes of its output depend on the value of its input."""

    def forward(self, x: Tensor) -> Tensor:
        size = int(x[0])
        return torch.zeros([size, size])


class ReturnsShape(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        return torch.tensor(x.shape, dtype=torch.int64)


class AlwaysFails(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        raise ValueError('this gait is not for stairs')


class TakesNumbers(torch.nn.Module):

    def forward(self, x: Tensor, gain: float, power: int, negate: bool) -> Tensor:
        y = gain * x ** power
        return -y if negate else y


class TakesDefaults(torch.nn.Module):

    def forward(self, x: Tensor, gain: float = 3.0, bias: Optional[Tensor] = None) -> Tensor:
        y = gain * x
        return y if bias is None else y + bias


class TakesList(torch.nn.Module):

    def forward(self, x: List[Tensor]) -> Tensor:
        return x[0]


class WritesIntoInput(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        x += 1
        return x


class Embeds(torch.nn.Module):
    """Takes whole numbers, although its weights are floating."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.nn.Embedding(4, 2)

    def forward(self, index: Tensor) -> Tensor:
        return self.table(index)


class MixesDtypes(torch.nn.Module):

    def __init__(self) -> None:
        super().__init__()
        self.narrow = torch.nn.Linear(2, 2)
        self.wide = torch.nn.Linear(2, 2).double()

    def forward(self, x: Tensor) -> Tensor:
        return self.wide(self.narrow(x.float()).double())


class BufferOnly(torch.nn.Module):

    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('scale', torch.tensor([2.0], dtype=torch.float32))
        self.register_buffer('count', torch.zeros(1, dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * x


class WithoutForward(torch.nn.Module):

    @torch.jit.export
    def act(self, x: Tensor) -> Tensor:
        return x


class Drops(torch.nn.Module):

    def __init__(self) -> None:
        super().__init__()
        self.dropout = torch.nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(x)


class Hooked(torch.nn.Module):
    """Doubles; its hooks add 1 to what comes in and multiply what goes out by 10."""

    def forward(self, x: Tensor) -> Tensor:
        return 2 * x


def add_one(self: Any, given: Tuple[Tensor]) -> Tuple[Tensor]:
    return (given[0] + 1,)


def times_ten(self: Any, given: Tuple[Tensor], result: Tensor) -> Tensor:
    return 10 * result


# What remembers something from one evaluation to the next: x of any size goes in, and what comes
# out depends on all x before.


class KeepsInput(torch.nn.Module):
    """Remembers the very tensor that it was given."""

    last: Optional[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.last = None

    def forward(self, x: Tensor) -> Tensor:
        last = self.last
        self.last = x
        return x if last is None else x - last


class BufferInPlace(torch.nn.Module):

    total: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('total', torch.full((3,), 0.25, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        self.total += x
        return self.total + 0


class BufferRebound(BufferInPlace):

    def forward(self, x: Tensor) -> Tensor:
        self.total = self.total + x
        return self.total


class BufferExpanded(torch.nn.Module):
    """Begins with a tensor whose elements share one place in memory."""

    total: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('total', torch.ones(1, dtype=torch.float64).expand(3))

    def forward(self, x: Tensor) -> Tensor:
        self.total = self.total + x
        return self.total


class BufferNotSaved(torch.nn.Module):

    total: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer(
            'total', torch.ones(3, dtype=torch.float64), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        self.total += x
        return self.total + 0


class PlainTensor(torch.nn.Module):

    def __init__(self) -> None:
        super().__init__()
        self.total = torch.ones(3, dtype=torch.float64)

    def forward(self, x: Tensor) -> Tensor:
        self.total = self.total * 0.5 + x
        return self.total


class PlainTensorWithGradient(torch.nn.Module):

    def __init__(self) -> None:
        super().__init__()
        self.total = torch.ones(3, dtype=torch.float64, requires_grad=True)

    def forward(self, x: Tensor) -> Tensor:
        self.total = self.total * 0.5 + x
        return self.total


class Reshaped(torch.nn.Module):
    """Begins with one size and goes on with another."""

    history: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('history', torch.zeros((1, 3), dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        self.history = torch.cat([self.history, x.unsqueeze(0)])
        return self.history.sum(0) + self.history.size(0)


class TwoNamesInPlace(torch.nn.Module):
    """Writes by one name and reads by the other."""

    def __init__(self) -> None:
        super().__init__()
        self.written = torch.ones(3, dtype=torch.float64)
        self.read = self.written

    def forward(self, x: Tensor) -> Tensor:
        self.written += x
        return self.read + 0


class TwoNamesRebound(TwoNamesInPlace):
    """The first evaluation writes to both names, the later ones to one."""

    def forward(self, x: Tensor) -> Tensor:
        self.written += x
        self.written = self.written + 1
        return self.read + self.written


class ViewOfBuffer(torch.nn.Module):

    buffer: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('buffer', torch.zeros((2, 3), dtype=torch.float64))
        self.row = self.buffer[1]

    def forward(self, x: Tensor) -> Tensor:
        self.row += x
        return self.buffer.sum(0)


class ListSharesTensor(torch.nn.Module):
    """Writes by a name and reads by a place in a list."""

    def __init__(self) -> None:
        super().__init__()
        self.written = torch.ones(3, dtype=torch.float64)
        self.read = [self.written]

    def forward(self, x: Tensor) -> Tensor:
        self.written += x
        return self.read[0] + 0


class Numbers(torch.nn.Module):
    """Remembers an int, a float, a bool and a str."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 2
        self.level = 0.5
        self.is_first = True
        self.phase = 'swing'

    def forward(self, x: Tensor) -> Tensor:
        y = x + self.count + self.level
        if self.is_first:
            y = y + 100
        if self.phase == 'swing':
            y = y + 1000
        self.count += 1
        self.level *= 0.5
        self.is_first = False
        self.phase = 'stance'
        return y


class ListOfTensors(torch.nn.Module):

    history: List[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.history = []

    def forward(self, x: Tensor) -> Tensor:
        self.history.append(x)
        return torch.stack(self.history).sum(0)


class ListInPlace(torch.nn.Module):
    """Writes into the tensors of its list."""

    history: List[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.history = [torch.zeros(3, dtype=torch.float64) for _ in range(2)]

    def forward(self, x: Tensor) -> Tensor:
        self.history[0] += x
        return self.history[0] + self.history[1]


class ListOfNumbers(torch.nn.Module):

    history: List[int]

    def __init__(self) -> None:
        super().__init__()
        self.history = [1, 2]

    def forward(self, x: Tensor) -> Tensor:
        self.history.append(len(self.history))
        return x + len(self.history)


class DictOfTensors(torch.nn.Module):

    state: Dict[str, Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.state = {'total': torch.ones(3, dtype=torch.float64)}

    def forward(self, x: Tensor) -> Tensor:
        self.state['total'] += x
        self.state['last'] = x
        return self.state['total'] + len(self.state)


class DictOfLists(torch.nn.Module):

    state: Dict[int, List[float]]

    def __init__(self) -> None:
        super().__init__()
        self.state = {0: [1.0]}

    def forward(self, x: Tensor) -> Tensor:
        self.state[0].append(float(x.sum()))
        return x + sum(self.state[0])


class TupleOfTensors(torch.nn.Module):

    state: Tuple[Tensor, int]

    def __init__(self) -> None:
        super().__init__()
        self.state = (torch.ones(3, dtype=torch.float64), 0)

    def forward(self, x: Tensor) -> Tensor:
        total, count = self.state
        self.state = (total + x, count + 1)
        return total + count


class NamedState(torch.nn.Module):

    state: Control

    def __init__(self) -> None:
        super().__init__()
        self.state = Control(
            torque=torch.ones(3, dtype=torch.float64), value_2=torch.ones(1, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        self.state = Control(torque=self.state.torque + x, value_2=2 * self.state.value_2)
        return self.state.torque + self.state.value_2


class OptionalNumber(torch.nn.Module):

    count: Optional[int]

    def __init__(self) -> None:
        super().__init__()
        self.count = None

    def forward(self, x: Tensor) -> Tensor:
        count = self.count
        if count is None:
            count = 10
        self.count = count + 1
        return x + count


class OptionalTensorThatIsSet(torch.nn.Module):
    """Forgets after the first evaluation what it began with."""

    bias: Optional[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.bias = torch.ones(3, dtype=torch.float64)

    def forward(self, x: Tensor) -> Tensor:
        bias = self.bias
        self.bias = None
        return x if bias is None else x + bias


class Nested(torch.nn.Module):
    """Its memory is that of the modules in it, two levels down, some of them the same one."""

    def __init__(self) -> None:
        super().__init__()
        shared = BufferInPlace()
        self.stages = torch.nn.ModuleList([
            torch.nn.Sequential(shared, KeepsInput()), torch.nn.Sequential(shared)])
        self.count = Numbers()

    def forward(self, x: Tensor) -> Tensor:
        for stage in self.stages:
            x = stage(x)
        return self.count(x)


class Recurrent(torch.nn.Module):
    """A GRU whose hidden state is a buffer written in place."""

    hidden: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.cell = torch.nn.GRU(3, 4)
        self.register_buffer('hidden', torch.zeros(1, 1, 4))
        self.head = torch.nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        y, hidden = self.cell(x.reshape(1, 1, 3), self.hidden)
        self.hidden.copy_(hidden)
        return self.head(y).flatten()


class LongShortTerm(torch.nn.Module):
    """An LSTM whose state is an optional tuple that is rebound."""

    state: Optional[Tuple[Tensor, Tensor]]

    def __init__(self) -> None:
        super().__init__()
        self.cell = torch.nn.LSTM(3, 4)
        self.state = None

    def forward(self, x: Tensor) -> Tensor:
        y, self.state = self.cell(x.reshape(1, 1, 3), self.state)
        return y.flatten()


class Normalises(torch.nn.Module):
    """Batch normalisation, whose statistics change in training mode only."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = torch.nn.BatchNorm1d(3)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x.reshape(1, 3)).flatten()


@torch.jit.script
class Tally:
    """A script class, which has no Python side once it is loaded."""

    def __init__(self) -> None:
        self.count = 0

    def add(self) -> int:
        """Count one more."""
        self.count += 1
        return self.count


class HoldsScriptObject(torch.nn.Module):
    """Counts in an object that cannot be copied."""

    def __init__(self) -> None:
        super().__init__()
        self.tally = Tally()

    def forward(self, x: Tensor) -> Tensor:
        return x * self.tally.add()


# What remembers something in a way that is hard to see or to put back.


class BufferRarelyWritten(BufferInPlace):
    """Writes only on great values."""

    def forward(self, x: Tensor) -> Tensor:
        if bool(x.abs().sum() > 100):
            self.total += x
        return self.total * x


class FailsAfterwards(BufferInPlace):
    """Has changed all that it remembers when it refuses a great value."""

    def __init__(self) -> None:
        super().__init__()
        self.last = torch.zeros(3, dtype=torch.float64)
        self.count = 0

    def forward(self, x: Tensor) -> Tensor:
        self.total += x
        self.last = x
        self.count += 1
        if bool(x.abs().sum() > 100):
            raise ValueError('too great')
        return self.total + self.last * self.count


class RectifiesInPlace(torch.nn.Module):
    """Writes into a tensor that it does not remember, and remembers another one."""

    def __init__(self) -> None:
        super().__init__()
        self.last = torch.zeros(3, dtype=torch.float64)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu_(x - self.last)
        self.last = x
        return y


class WritesIntoWhatItRebound(torch.nn.Module):
    """Its tensor is a new one at first, and the same one from then on."""

    total: Optional[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.total = None

    def forward(self, x: Tensor) -> Tensor:
        total = self.total
        if total is None:
            total = torch.zeros(3, dtype=torch.float64)
            self.total = total
        total += x
        return total + 0


class RebindsToWritten(torch.nn.Module):
    """Assigns what an operation in place returns to another name than it was read by."""

    def __init__(self) -> None:
        super().__init__()
        self.last = torch.ones(3, dtype=torch.float64)
        self.written = torch.ones(3, dtype=torch.float64)
        self.idle = torch.ones(3, dtype=torch.float64)

    def forward(self, x: Tensor) -> Tensor:
        y = self.last + self.written * self.idle
        self.written += x
        self.last = x.mul_(2)
        return y + x


class LastFew(torch.nn.Module):
    """Keeps its last three inputs, as policies keep observations."""

    history: List[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.history = [torch.zeros(3, dtype=torch.float64) for _ in range(3)]

    def forward(self, x: Tensor) -> Tensor:
        self.history.append(x)
        self.history.pop(0)
        return torch.stack(self.history).prod(0) + self.history[1]


class DictWrittenInto(torch.nn.Module):
    """Writes into the tensors of its dict."""

    state: Dict[int, List[Tensor]]

    def __init__(self) -> None:
        super().__init__()
        self.state = {3: [torch.ones(3, dtype=torch.float64)]}

    def forward(self, x: Tensor) -> Tensor:
        self.state[3][0].mul_(x)
        return self.state[3][0] + x


class TupleOfLists(torch.nn.Module):

    state: Tuple[List[Tensor], int]

    def __init__(self) -> None:
        super().__init__()
        self.state = ([torch.ones(3, dtype=torch.float64)], 1)

    def forward(self, x: Tensor) -> Tensor:
        self.state[0].append(x)
        return torch.stack(self.state[0]).sum(0)


class BufferAndViewByTurns(ViewOfBuffer):
    """Writes by one name, then by the other one, which overlaps."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        if self.count % 2 == 0:
            self.row += x
        else:
            self.buffer += x
        return self.buffer.sum(0)


class ViewReboundByTurns(BufferAndViewByTurns):
    """Rebinds one of the names, but on great values only."""

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        if self.count % 2 == 0:
            self.row += x
        else:
            self.buffer += x
        if bool(x.abs().sum() > 100):
            self.row = self.row + x
        return self.buffer.sum(0) + self.row


class ExpandedWritten(BufferExpanded):
    """Writes one of the elements that share their place."""

    def forward(self, x: Tensor) -> Tensor:
        self.total[0] += x[0]
        return self.total + 0


class ResizedInPlace(torch.nn.Module):
    """Becomes smaller with each evaluation."""

    history: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('history', torch.ones((9, 3), dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        self.history.resize_([self.history.size(0) - 1, 3])
        self.history[0] += x
        return self.history.sum(0)


class GrowsInVain(torch.nn.Module):
    """Fails, because a tensor from a file cannot grow, but has its new shape then."""

    history: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('history', torch.zeros((1, 3), dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        if bool(x.abs().sum() > 100):
            self.history.resize_([self.history.size(0) + 1, 3])
        return self.history.sum(0)


class WritesHalfOfIt(BufferInPlace):
    """Fails when some of the elements are written."""

    def forward(self, x: Tensor) -> Tensor:
        index = torch.tensor([0, 1, 100 if bool(x.abs().sum() > 100) else 2])
        self.total.scatter_(0, index, x)
        return self.total + 0


class TransposedInPlace(torch.nn.Module):

    square: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('square', torch.arange(9, dtype=torch.float64).reshape(3, 3))

    def forward(self, x: Tensor) -> Tensor:
        self.square.t_()
        return self.square[0] + x


class SetToAnother(BufferInPlace):
    """Its buffer becomes a name for the place of another tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('other', torch.ones(3, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        self.total += x
        self.other += self.total
        self.total.set_(self.other)
        return self.total + self.other


class WritesPastTheCount(BufferInPlace):
    """Writes by names that do not move the buffer's version."""

    def forward(self, x: Tensor) -> Tensor:
        self.total.data.add_(x)
        return self.total + 0


class WritesUnsafely(BufferInPlace):

    def forward(self, x: Tensor) -> Tensor:
        torch.unsafe_chunk(self.total, 3)[0].add_(x[0])
        return self.total + 0


class NormalisesByRunningMean(torch.nn.Module):
    """Batch normalisation that keeps on training, whatever the mode."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('mean', torch.zeros(3, dtype=torch.float64))
        self.register_buffer('variance', torch.ones(3, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        level = self.mean + self.variance
        y = torch.nn.functional.batch_norm(
            torch.stack([x, 2 * x]), self.mean, self.variance, training=True)
        return y.sum(0) + level


class ForgetsOnRequest(LongShortTerm):
    """Has a reset method, which it calls itself on great values."""

    @torch.jit.export
    def reset(self) -> None:
        """Forget everything."""
        self.state = None

    def forward(self, x: Tensor) -> Tensor:
        if bool(x.abs().sum() > 100):
            self.reset()
        y, self.state = self.cell(x.reshape(1, 1, 3), self.state)
        return y.flatten()


class HiddenAndCell(torch.nn.Module):
    """An LSTM whose hidden and cell state are attributes that are rebound."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = torch.nn.LSTM(3, 4)
        self.h = torch.zeros(1, 1, 4)
        self.c = torch.zeros(1, 1, 4)

    def forward(self, x: Tensor) -> Tensor:
        y, (self.h, self.c) = self.cell(x.reshape(1, 1, 3), (self.h, self.c))
        return y.flatten()


class Forks(torch.nn.Module):
    """Remembers in a task of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = BufferInPlace()

    def forward(self, x: Tensor) -> Tensor:
        return torch.jit.wait(torch.jit.fork(self.inner, x))


@torch.jit.interface
class Stage(torch.nn.Module):

    def forward(self, x: Tensor) -> Tensor:
        pass


class HidesStage(torch.nn.Module):
    """Knows of the module in it no more than how to call it."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.stage = Numbers()

    def forward(self, x: Tensor) -> Tensor:
        return self.stage.forward(x)


def count_up(self: Any, given: Tuple[Tensor], result: Tensor) -> Tensor:
    self.count += 1
    self.total += result
    return self.total * self.count


class HookedMemory(BufferInPlace):
    """Its hook counts."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.register_forward_hook(count_up)

    def forward(self, x: Tensor) -> Tensor:
        return x


class SparseMemory(torch.nn.Module):

    total: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('total', torch.zeros(3, dtype=torch.float64).to_sparse())

    def forward(self, x: Tensor) -> Tensor:
        self.total = self.total + x.to_sparse()
        return self.total.to_dense()


class TrainsByItself(torch.nn.Module):
    """Leaves evaluation mode on great values."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.count += 1
        if bool(x.abs().sum() > 100):
            self.training = True
        return x + self.count
