# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Modules to convert, each with one trait; all take a vector of three numbers."""

import math
from typing import Dict, List, NamedTuple, Optional, Tuple

import torch
from torch import nn, Tensor
import torch.nn.functional as F


class Base(nn.Module):
    """Has a layer, a memory and a counter."""

    h: Tensor
    n: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 3)
        self.register_buffer('h', torch.zeros(3))
        self.register_buffer('n', torch.zeros(1, dtype=torch.int64))


class Both(NamedTuple):

    a: Tensor
    b: Tensor


# What is remembered.

class AssignsBuffer(Base):

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        old = self.h
        self.h = self.layer(x) + self.h
        return old, self.h


class AssignsInput(Base):

    p: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('p', torch.ones(3))

    def forward(self, x: Tensor) -> Tensor:
        self.p = self.h
        self.h = x
        return self.p + 0 * x


class ReturnsViewOfMemory(Base):

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        view = self.h[:2]
        self.h = self.h + x
        return view, self.h[1:]


class WritesThenAssigns(Base):

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        self.h.add_(1)
        old = self.h
        self.h = self.h * 2 + x
        old.add_(10)
        return self.h * 1, old * 1


class HasListOfMemory(Base):

    def __init__(self) -> None:
        super().__init__()
        self.history = [torch.zeros(3), torch.zeros(3)]

    def forward(self, x: Tensor) -> Tensor:
        first = self.history[0]
        self.history[0] = self.history[1]
        self.history[1] = x * 2
        return first + self.history[1]


class HasDictOfMemory(Base):

    def __init__(self) -> None:
        super().__init__()
        self.sums = {'a': torch.zeros(3)}

    def forward(self, x: Tensor) -> Tensor:
        self.sums['a'] = self.sums['a'] + x
        return self.sums['a'] * 1


class HasRing(Base):

    ring: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('ring', torch.zeros(4, 3))

    def forward(self, x: Tensor) -> Tensor:
        self.ring[self.n] = x
        self.n.add_(1).remainder_(4)
        return self.ring.sum(0)


class Shifts(Base):

    rows: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('rows', torch.zeros(3, 3))

    def forward(self, x: Tensor) -> Tensor:
        self.rows = torch.cat([self.rows[1:], x.unsqueeze(0)])
        return self.rows.flatten()


class HasCell(Base):

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRUCell(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        self.h = self.cell(x.unsqueeze(0), self.h.unsqueeze(0)).squeeze(0)
        return self.h


class Remembers(nn.Module):

    c: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('c', torch.zeros(3))

    def forward(self, x: Tensor) -> Tensor:
        self.c = self.c + x
        return self.c


class HasRememberingParts(Base):

    def __init__(self) -> None:
        super().__init__()
        self.one = Remembers()
        self.more = nn.Sequential(Remembers(), nn.Identity())

    def forward(self, x: Tensor) -> Tensor:
        return self.one(x) + self.more(x) + self.one(x)


# What is decided by values.

class ResetsByArgument(Base):

    def forward(self, x: Tensor, reset: bool) -> Tensor:
        if reset:
            self.h.zero_()
        self.h += x
        return self.h * 1


class ResetsByTensor(Base):

    def forward(self, x: Tensor, reset: Tensor) -> Tuple[Tensor, Tensor]:
        if bool(reset.any()):
            self.h = torch.zeros_like(self.h)
        self.h = self.h + x
        self.n += 1
        return self.h * 1, self.n * 1


class BeginsWithItsInput(Base):

    def forward(self, x: Tensor) -> Tensor:
        if bool(self.n == 0):
            self.h.copy_(x)
            self.n.fill_(1)
        return self.h * 1


class WritesInBranch(Base):

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        y = x * 1
        if bool(x.sum() > 0):
            y[0] = 5.0
            self.n += 1
        else:
            y = y - 1
        return y, self.n.clone()


class WritesThroughView(Base):

    def forward(self, x: Tensor) -> Tensor:
        y = x * 1
        view = y[:2]
        if bool(x.sum() > 0):
            view += 1
        return y


class Nested(Base):

    def forward(self, x: Tensor) -> Tensor:
        if bool(x.sum() > 0):
            if bool(x[0] > 1):
                y = self.layer(x)
            else:
                y = x * float(x.max())
        elif bool(x[1] < -1):
            y = -x
        else:
            y = torch.zeros(3)
        return y


class NestedMemory(Base):

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        y = x * 1
        if bool(x.sum() > 0):
            self.h = y + self.h
            if bool(x[0] > 1.5):
                self.h = self.h * 0
                self.n.add_(2)
        else:
            self.h[0] = -1.0
        return self.h + y, self.n * 1


class ReturnsEarly(Base):

    def forward(self, x: Tensor) -> Tensor:
        if bool(x.sum() > 0):
            return x + 1
        return x - 1


class ChainsConditions(Base):

    def forward(self, x: Tensor) -> Tensor:
        if bool(x[0] > 0) and bool(x[1] > 0) or bool(x[2] < 0):
            x = x + 1
        return x


class ChoosesNumbers(Base):

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        k = 1.0
        if bool(x.sum() > 0):
            k = 2.0
        v = float(x.norm())
        if v > 3.0 and not bool(x[0] < 0):
            k = k * v
        return x * k + k, torch.clamp(x, -k, k), torch.full([2], k)


class CalculatesWithWholeNumbers(Base):

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        k = int(x[0] * 2)
        j = k // 2 + k % 3 - k
        if k > 2 and j != 1:
            y = x * k
        else:
            y = x + j
        both = bool(x[1] > 0) or k == 2
        return y * float(k) / 3 + (1 if both else 0) + int(both), k - x, 2 / (x + 100 + k)


class ChangesListsInBranch(Base):

    def forward(self, x: Tensor) -> Tensor:
        out = [x, x * 2]
        same = out
        table = {'a': x}
        factors = [1.0, 2.0]
        if bool(x.sum() > 0):
            out[0] = x + 7
            table['a'] = x * 9
            factors[1] = float(x.max())
        return same[0] + out[1] + table['a'] * factors[1] + factors[0]


class ChangesListOfMemoryInBranch(HasListOfMemory):

    def forward(self, x: Tensor) -> Tensor:
        history = self.history
        if bool(x.sum() > 0):
            self.history[0] = x * 1
            history[1] = x * 2
            if bool(x[0] > 1.5):
                self.history[0].add_(100)
        history[1].add_(1)
        return history[0] + self.history[1]


class MakesTensorsInBranches(Base):

    def forward(self, x: Tensor) -> Tensor:
        if bool(x.sum() > 0):
            y = torch.tensor([1., 2., 3.])
        else:
            y = torch.tensor([3., 2., 1.])
        return x + y


class ReturnsDictFromBranches(Base):

    def forward(self, x: Tensor) -> Dict[str, Tensor]:
        if bool(x.sum() > 0):
            found = {'a': x, 'b': x * 2}
        else:
            found = {'a': x * 3, 'b': x}
        return found


class HasFlag(Base):

    flag: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('flag', torch.tensor(True))

    def forward(self, x: Tensor) -> Tensor:
        return x + 1 if bool(self.flag) else x


class Asserts(Base):

    def forward(self, x: Tensor) -> Tensor:
        assert bool((x > -2.5).all()), 'too low'
        if x.size(0) != 3:
            raise ValueError('size')
        return x + 1


class RaisesByValue(Base):

    def forward(self, x: Tensor) -> Tensor:
        if bool(x.sum() > 4):
            raise ValueError('too much')
        return x - 1


class AssertsInBranch(Base):

    def forward(self, x: Tensor) -> Tensor:
        if bool(x.sum() > 0):
            assert bool(x[0] < 1.5), 'too high'
            y = x + 1
        else:
            y = x - 1
        return y


# Numbers that are arguments, or come out of tensors.

class TakesNumbers(Base):

    def forward(self, x: Tensor, gain: float, power: int, negate: bool) -> Tensor:
        y = gain * x ** power
        return -y if negate else y


class FillsWithNumber(Base):

    def forward(self, x: Tensor, v: float) -> List[Tensor]:
        return [
            x.masked_fill(x > 0, v), torch.where(x > 0, x, v), x.clamp(max=v), (x > v).float(),
            torch.tensor([v, 2.0]), torch.full_like(x, v), x.new_full([2], v),
            (x.sum() * v).reshape(1), x.fill_(v)]


class SlicesByNumber(Base):

    def forward(self, x: Tensor, k: int) -> Tensor:
        return x[:k]


class IndexesByTensor(Base):

    def forward(self, x: Tensor, i: Tensor) -> Tensor:
        return x[int(i)]


class ListsNumbers(Base):

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        gains = [float(x.max()), 2.0, float(x.min())]
        k = gains[0] * gains[1]
        gains.append(k)
        return (
            x * k + len(gains), torch.tensor(gains),
            torch.tensor([[gains[0], 1.0], [2.0, gains[1]]]))


# What results are.

class ReturnsNamed(Base):

    def forward(self, x: Tensor) -> Both:
        return Both(self.layer(x), x * 2)


class ReturnsList(Base):

    def forward(self, x: Tensor) -> List[Tensor]:
        return [x, x + 1]


class ReturnsNested(Base):

    def forward(self, x: Tensor) -> Tuple[Tensor, Tuple[Tensor, Dict[str, Tensor]]]:
        return x, (x + 1, {'q': x + 2})


class ReturnsNumbers(Base):

    def forward(self, x: Tensor) -> Tuple[Tensor, float, int]:
        return x, float(x.sum()), x.size(0)


class ReturnsItsInput(Base):

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        return self.h, self.h, x


# What scripts are made of.

class UsesContainers(Base):

    def forward(self, x: Tensor) -> Dict[str, Tensor]:
        out: List[Tensor] = []
        for i in range(x.size(0)):
            out.append(x[i] * i)
        found = {'y': torch.stack(out)}
        found['z'] = torch.cat([item.reshape(1) for item in out])
        names = list(found.keys())
        assert len(names) == 2, f'no {names}'
        a = [1, 2, 3]
        a.extend([4])
        a.insert(0, 9)
        a.pop(1)
        a.reverse()
        total = sum(sorted(a)) + a[-1] + max(a) + (1 if 3 in a else 0)
        d: List[int] = []
        d += a
        e, f, g = [i * i for i in range(3)]
        found['sum'] = x * total + len(d[1:]) + e + f + g
        return found


class UsesTexts(Base):

    def forward(self, x: Tensor) -> Tensor:
        table = {'k1': 1.0, 'k2': 2.0}
        total = 0.0
        for key, value in table.items():
            if key.startswith('k') and '{}'.format(key) in ['k1', 'k2']:
                total += value
        return x * total


class Calculates(Base):

    def forward(self, x: Tensor) -> Tensor:
        n = x.size(0)
        a = math.sqrt(n) * math.pi + n // 2 + n % 2 + float(n) / 3 + 2 ** n
        b = max(n, 2) + min(1.5, a) + abs(-3) + round(2.6) + int(3.7) + math.floor(a)
        return x * a + b + math.exp(0.5)


class Loops(Base):

    def forward(self, x: Tensor) -> Tensor:
        for i in range(4):
            if i == 2:
                break
            x = x + i
        j = 0
        while j < 3:
            x = x * 1.5
            j += 1
            if j == 1:
                continue
            x = x - j
        return x


class IsConfigured(Base):

    def __init__(self) -> None:
        super().__init__()
        self.options = {'k': 2, 'j': 3}
        self.names = ['a', 'b']
        self.factor = 0.5
        self.pair = (1, 2.0)
        self.mode = 'x'
        self.nothing: Optional[int] = None

    def forward(self, x: Tensor) -> Tensor:
        y = x * self.options['k'] * self.factor + self.pair[1] + len(self.names)
        if self.nothing is None and self.mode == 'x':
            y = y + 1
        return y


class CallsMethods(Base):

    def scaled(self, x: Tensor, k: int = 2) -> Tensor:
        return x * k

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            y = self.scaled(x) + self.scaled(x, 3)
        task: torch.jit.Future[Tensor] = torch.jit.fork(torch.relu, y)
        return torch.jit.wait(task) + 1


class HasManyLayers(Base):

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3) for _ in range(3)])
        self.table = nn.ModuleDict({'a': nn.ReLU()})
        self.again = self.layer
        self.tied = nn.Linear(3, 3)
        self.tied.weight = self.layer.weight
        self.norm = nn.BatchNorm1d(3)
        self.drop = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        for i, layer in enumerate(self.layers):
            x = layer(x) + i
        for _, module in self.table.items():
            x = module(x)
        return self.norm(self.drop(self.tied(self.again(self.layer(x)))).unsqueeze(0))


class Attends(Base):

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.encoder = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
        self.memory = nn.GRU(4, 5, 2)

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        y = x.reshape(1, -1, 1).expand(1, x.size(0), 4)
        a, _ = self.attention(y, y, y)
        g, _ = self.memory(y)
        return a + self.encoder(y), g


class IndexesAndWrites(Base):

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
        mask = x > 0
        y = x.clone()
        y[mask] = 0.0
        z = x[torch.tensor([2, 0])]
        y[0] = z[1]
        y[1:] += 1
        return y, z, torch.where(mask, x, -x), x[..., None]


class KnowsDtypes(Base):

    def forward(self, x: Tensor) -> Tensor:
        if x.dtype == torch.float64:
            return x * 2
        y = x.to(torch.float64)
        w = torch.zeros(x.shape, dtype=x.dtype, device=x.device)
        v = torch.arange(x.numel(), device=x.device).to(x)
        return (y + 1).type_as(x) + w + v + x.new_zeros([2]).sum() + F.pad(x, [1, 1]).sum()


class WritesIntoInput(Base):

    def forward(self, x: Tensor) -> Tensor:
        x += 1
        return x


class Prints(Base):

    def forward(self, x: Tensor) -> Tensor:
        print(x)
        return x + 1


class TakesOptional(Base):

    def forward(self, x: Tensor, o: Optional[Tensor] = None, k: float = 2.0) -> Tensor:
        return x * k if o is None else x * k + o


class GivesAnySize(Base):

    def forward(self, x: Tensor) -> Tensor:
        return x[x > 0]


# What no program can do.

class Counts(Base):

    count: int

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        return x * self.count


class BeginsWithNothing(nn.Module):

    state: Optional[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.state = None

    def forward(self, x: Tensor) -> Tensor:
        state = self.state
        y = x if state is None else x + state
        self.state = y
        return y


class Grows(Base):

    def forward(self, x: Tensor) -> Tensor:
        self.h = torch.cat([self.h, x])
        return self.h.sum()


class ChangesDtype(Base):

    def forward(self, x: Tensor) -> Tensor:
        self.h = self.h.double()
        return x


class Collects(HasListOfMemory):

    def forward(self, x: Tensor) -> Tensor:
        self.history.append(x)
        return x


class SharesMemory(Base):

    whole: Tensor
    part: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('whole', torch.zeros(6))
        self.register_buffer('part', self.whole[:3])

    def forward(self, x: Tensor) -> Tensor:
        self.part += x
        return self.whole * 1


class SharesPart(Base):

    def __init__(self) -> None:
        super().__init__()
        self.one = Remembers()
        self.other = self.one

    def forward(self, x: Tensor) -> Tensor:
        return self.one(x) + self.other(x)


class LoopsByValue(Base):

    def forward(self, x: Tensor) -> Tensor:
        while bool(x.sum() > 1):
            x = x / 2
        return x


class LoopsByArgument(Base):

    def forward(self, x: Tensor, n: int) -> Tensor:
        for _ in range(n):
            x = x * 2
        return x


class BreaksByValue(Base):

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(3):
            if bool(x.sum() > 10):
                break
            x = x + 1
        return x


class LoopsLong(Base):

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(1000000):
            x = x * 1.0
        return x


class ChoosesShapes(Base):

    def forward(self, x: Tensor) -> Tensor:
        if bool(x.sum() > 0):
            return torch.cat([x, x])
        return x


class ChoosesDtypes(Base):

    def forward(self, x: Tensor) -> Tensor:
        if bool(x.sum() > 0):
            return x.double()
        return x


class ChoosesNothing(Base):

    def forward(self, x: Tensor) -> Tensor:
        o: Optional[Tensor] = None
        if bool(x.sum() > 0):
            o = x
        return x if o is None else x + o


class ChoosesTexts(Base):

    def forward(self, x: Tensor) -> Tensor:
        mode = 'a' if bool(x.sum() > 0) else 'b'
        return x + 1 if mode == 'a' else x


class AppendsInBranch(Base):

    def forward(self, x: Tensor) -> Tensor:
        out = [x]
        if bool(x.sum() > 0):
            out.append(x + 1)
        return torch.cat(out)


class WritesPartInBranch(Base):

    def forward(self, x: Tensor) -> Tensor:
        y = x * 1
        view = y[:2]
        if bool(x.sum() > 0):
            view += y[0]
        return y


class ManyNumbersInBranch(Base):

    def forward(self, x: Tensor) -> Tensor:
        if bool(x.sum() > 0):
            y = torch.tensor([
                1., 2., 3., 4., 5., 6., 7., 8., 9., 1., 2., 3., 4., 5., 6., 7., 8., 9.])
        else:
            y = torch.zeros(18)
        return y


class AlwaysRaises(Base):

    def forward(self, x: Tensor) -> Tensor:
        if bool(x.sum() > 0):
            raise ValueError('never')
        else:
            raise ValueError('not at all')
        return x


class RaisesByShape(Base):

    def forward(self, x: Tensor) -> Tensor:
        if x.size(0) == 3:
            raise ValueError('not three')
        return x


class ListsTensor(Base):

    def forward(self, x: Tensor) -> Tensor:
        numbers: List[float] = x.tolist()
        return torch.tensor(numbers)


class TakesList(Base):

    def forward(self, x: List[Tensor]) -> Tensor:
        return x[0]
