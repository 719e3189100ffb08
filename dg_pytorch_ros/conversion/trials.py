# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a model and what was made of it are both run on."""

from dataclasses import dataclass
from typing import Callable, Dict, Iterator, List, Sequence, Tuple

from dg_pytorch_ros.model import Array
import numpy as np

Shape = Tuple[int, ...]
Values = Tuple[Array, ...]
_Make = Callable[['Port'], Array]

RANDOM = 'random'
EDGES = 'edges'
SIZES = 'other sizes'
_SCALES = (1e-3, 0.1, 10.0, 1e3)
_LARGE = 1e6
# So large that a square is still finite: what overflows depends on the order of additions.
_VERY_LARGE = {'float16': 200.0, 'float32': 1e18, 'float64': 1e150}
_MOST_WHOLE = (1, 10, 100, 1000)
# A module may count up to what it is given.
_MOST_COUNTED = 1_000_000


@dataclass(frozen=True)
class Port:
    """An argument: its name, the dtype of its numbers, and the shape that they now have."""

    name: str
    dtype: str
    shape: Shape

    @property
    def numpy_dtype(self) -> 'np.dtype[np.generic]':
        """The dtype of its arrays; numpy has no bfloat16."""
        return np.dtype('float32' if self.dtype == 'bfloat16' else self.dtype)

    @property
    def is_floating(self) -> bool:
        """Whether it takes fractions."""
        return self.numpy_dtype.kind == 'f'


@dataclass(frozen=True)
class Trial:
    """Runs in a row, after a reset: each step holds one value an argument."""

    group: str
    label: str
    steps: Tuple[Values, ...]


class Trials:
    """Makes trials for arguments; the same ones for the same seed."""

    def __init__(self, ports: Sequence[Port], *, runs: int, seed: int) -> None:
        self._ports = tuple(ports)
        self._runs = runs
        self._numbers = np.random.default_rng(seed)

    def each(self, other_shapes: Sequence[Sequence[Shape]] = ()) -> Iterator[Trial]:
        """Yield them; the random ones first and, after all that was, a second time last."""
        first = Trial(
            RANDOM, f'{self._runs} in a row' if self._runs > 1 else 'about 1',
            tuple(self._ordinary(self._ports) for _ in range(self._runs)))
        yield first
        yield from self._random()
        yield from self._edges()
        for shapes in other_shapes:
            yield from self._of_shapes(shapes)
        yield Trial(RANDOM, 'the first again, after a reset', first.steps)

    def _random(self) -> Iterator[Trial]:
        if self._has('f'):
            for scale in _SCALES:
                yield self._trial(RANDOM, f'about {scale:g}', {'f': self._normal(scale)})
            yield self._trial(RANDOM, 'from 0 to 255', {'f': self._uniform(255.0)})
        if self._has('iu'):
            for most in _MOST_WHOLE:
                yield self._trial(
                    RANDOM, f'whole numbers up to {most}', {'iu': self._whole(most)})

    def _edges(self) -> Iterator[Trial]:
        if self._has('f'):
            for label, make in _FLOATING_EDGES.items():
                yield self._trial(EDGES, label, {'f': make})
            for label, number in (
                    ('NaN', np.nan), ('infinity', np.inf), ('minus infinity', -np.inf)):
                for index, port in enumerate(self._ports):
                    if port.is_floating and 0 not in port.shape:
                        yield self._with_one(index, f'one {label} in {port.name}', number)
        if self._has('iu'):
            yield self._trial(EDGES, 'small whole numbers', {'iu': _lowest})
            yield self._trial(EDGES, 'great whole numbers', {'iu': _full_of_highest})
        if self._has('b'):
            yield self._trial(EDGES, 'all false', {'b': _full(0)})
            yield self._trial(EDGES, 'all true', {'b': _full(1)})

    def _of_shapes(self, shapes: Sequence[Shape]) -> Iterator[Trial]:
        ports = [
            Port(port.name, port.dtype, shape) for port, shape in zip(self._ports, shapes)]
        label = ', '.join(
            f'{port.name} {list(port.shape)}' for port, usual in zip(ports, self._ports)
            if port.shape != usual.shape)
        yield Trial(SIZES, label, (self._ordinary(ports), self._ordinary(ports)))

    def _trial(self, group: str, label: str, makers: Dict[str, _Make]) -> Trial:
        """Make a step of special values, and an ordinary one that follows it."""
        special = tuple(
            next(
                (make(port) for kinds, make in makers.items() if port.numpy_dtype.kind in kinds),
                None)
            for port in self._ports)
        ordinary = self._ordinary(self._ports)
        mixed = tuple(
            other if value is None else value for value, other in zip(special, ordinary))
        return Trial(group, label, (mixed, self._ordinary(self._ports)))

    def _with_one(self, index: int, label: str, number: float) -> Trial:
        values: List[Array] = list(self._ordinary(self._ports))
        place = int(self._numbers.integers(values[index].size))
        values[index].flat[place] = number
        return Trial(EDGES, label, (tuple(values), self._ordinary(self._ports)))

    def _ordinary(self, ports: Sequence[Port]) -> Values:
        normal, whole = self._normal(1.0), self._whole(1)
        return tuple((normal if port.is_floating else whole)(port) for port in ports)

    def _has(self, kinds: str) -> bool:
        return any(port.numpy_dtype.kind in kinds for port in self._ports)

    def _normal(self, scale: float) -> _Make:
        return lambda port: _rounded(
            scale * self._numbers.standard_normal(port.shape), port)

    def _uniform(self, most: float) -> _Make:
        return lambda port: _rounded(most * self._numbers.random(port.shape), port)

    def _whole(self, most: int) -> _Make:
        return lambda port: self._numbers.integers(
            0, min(most, _highest(port)), port.shape, endpoint=True).astype(port.numpy_dtype)


def _full(number: float) -> _Make:
    return lambda port: np.full(port.shape, number, port.numpy_dtype)


def _large(port: Port) -> Array:
    return _full(min(_LARGE, _VERY_LARGE[port.numpy_dtype.name]))(port)


def _very_large(port: Port) -> Array:
    value = _full(_VERY_LARGE[port.numpy_dtype.name])(port)
    value.flat[1::2] *= -1  # also where all of one sign would be infinite
    return value


def _tiny(port: Port) -> Array:
    return np.full(port.shape, np.finfo(port.numpy_dtype.name).tiny, port.numpy_dtype)


def _denormal(port: Port) -> Array:
    least = np.finfo(port.numpy_dtype.name).smallest_subnormal
    return np.full(port.shape, least, port.numpy_dtype)


def _lowest(port: Port) -> Array:
    least = int(np.iinfo(port.numpy_dtype.name).min)
    return np.full(port.shape, max(least, -_MOST_COUNTED), port.numpy_dtype)


def _full_of_highest(port: Port) -> Array:
    return np.full(port.shape, _highest(port), port.numpy_dtype)


def _highest(port: Port) -> int:
    kind = port.numpy_dtype
    return 1 if kind.kind == 'b' else min(int(np.iinfo(kind.name).max), _MOST_COUNTED)


def _rounded(numbers: Array, port: Port) -> Array:
    return np.asarray(numbers).astype(port.numpy_dtype)


_FLOATING_EDGES: Dict[str, _Make] = {
    'zeros': _full(0.0), 'negative zeros': _full(-0.0), 'ones': _full(1.0),
    'minus ones': _full(-1.0), '255': _full(255.0), 'large numbers': _large,
    'very large numbers': _very_large, 'tiny numbers': _tiny, 'denormal numbers': _denormal}
