# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Whether a program takes the sizes at hand, where those in its file may vary."""

import math
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from dg_pytorch_ros.errors import EvaluationError
from dg_pytorch_ros.exported.signature import Place
import torch

# torch.export writes at least 2 where it means any: it looks at no smaller size by itself.
_ANY = 2


class Sizes:
    """
    The sizes that the arguments of a program may have together.

    `shapes` are those in the file, of numbers and expressions of free sizes, by argument; None for
    a number that is no tensor. `limits` are the least and greatest value of an expression;
    `guard` raises an exception if arguments do not fit what torch.export relied on.
    """

    def __init__(
        self, shapes: Mapping[str, Optional[Sequence[Any]]],
        limits: Mapping[Any, Tuple[float, float]], guard: Callable[..., Any]
    ) -> None:
        self._shapes = shapes
        self._limits = limits
        self._guard = guard
        self._last: List[Any] = []

    def check(self, arguments: Sequence[Any]) -> None:
        """Raise EvaluationError if the program does not take these; quick for the same again."""
        sizes = [getattr(argument, 'shape', argument) for argument in arguments]
        if sizes == self._last:
            return
        first: Dict[Any, Tuple[str, int]] = {}
        for (name, expected), found in zip(self._shapes.items(), sizes):
            if expected is not None:
                self._check_shape(name, expected, found, first)
        try:
            self._guard(*arguments)
        except Exception as error:  # whatever the code says that torch.export wrote down
            raise EvaluationError(
                f'the file does not take {self._describe(sizes)} together: '
                f'{str(error).partition(chr(10))[0]}') from error
        self._last = sizes

    def _check_shape(
        self, name: str, expected: Sequence[Any], found: Sequence[int],
        first: Dict[Any, Tuple[str, int]]
    ) -> None:
        if len(found) != len(expected):
            raise _refusal(name, found, f'takes {len(expected)} dimensions')
        for dimension, (expression, size) in enumerate(zip(expected, found)):
            if isinstance(expression, int):
                if size != expression:
                    raise _refusal(name, found, f'takes {expression} in dimension {dimension}')
                continue
            least, most = self._limits.get(expression, (0, math.inf))
            if not (least <= _ANY or least <= size) or size > most:
                raise _refusal(
                    name, found, f'takes {_span(least, most)} in dimension {dimension}')
            where, known = first.setdefault(expression, (f'{name}[{dimension}]', size))
            if size != known:
                raise _refusal(
                    name, found, f'takes the same size in dimension {dimension} as in {where}, '
                    f'which is {known}')

    def _describe(self, sizes: Sequence[Any]) -> str:
        return ', '.join(
            f'{name} {list(size) if expected is not None else size}'
            for (name, expected), size in zip(self._shapes.items(), sizes))


def read_sizes(program: Any, places: Sequence[Place]) -> Optional[Sizes]:
    """Return the sizes that a program takes; None if none of them may vary."""
    examples = {
        node.name: node.meta.get('val') for node in program.graph.nodes
        if node.op == 'placeholder'}
    shapes = {
        place.name: _shape(examples[place.node]) for place in places if not place.is_fixed}
    if not any(_is_free(shape) for shape in shapes.values()):
        return None
    limits = {
        expression: _limits(span) for expression, span in program.range_constraints.items()}
    return Sizes(shapes, limits, _guard(program))


def _shape(example: Any) -> Optional[Tuple[Any, ...]]:
    if not isinstance(example, torch.Tensor):
        return None
    return tuple(
        size if isinstance(size, int) else size.node.expr for size in example.shape)


def _is_free(shape: Optional[Sequence[Any]]) -> bool:
    return shape is None or not all(map(_is_number, shape))


def _is_number(size: Any) -> bool:
    return isinstance(size, int)


def _limits(span: Any) -> Tuple[float, float]:
    return _number(span.lower, -math.inf), _number(span.upper, math.inf)


def _number(value: Any, otherwise: float) -> float:
    try:
        return int(value)
    except (AttributeError, OverflowError, TypeError, ValueError):
        return otherwise  # one of the infinities of sympy


def _guard(program: Any) -> Callable[..., Any]:
    """Return the code with which torch.export has written down what it relied on."""
    module = program.module()
    guard = getattr(module, '_guards_fn', None)
    if guard is None:  # torch before 2.9
        return lambda *_: None
    forward: Callable[..., Any] = guard.forward
    return forward


def _span(least: float, most: float) -> str:
    return f'{least} or more' if most == math.inf else f'{least} to {most}'


def _refusal(name: str, found: Sequence[int], expected: str) -> EvaluationError:
    return EvaluationError(
        f'argument {name!r} has the shape {list(found)}, but the file {expected} here')
