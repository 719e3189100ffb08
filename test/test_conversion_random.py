# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Scripts of any statements, decided by values, compute as programs what they compute."""

from itertools import count
from typing import Any, List

from conversion_pairs import assert_close, assert_equal, Pair, rows, runs
from dg_pytorch_ros.conversion.error import ConversionError
from hypothesis import given, HealthCheck, settings, strategies
import torch

COUNT = count()
VARIABLES = ('a', 'b')
NUMBERS = ('k', 'm')
CONDITIONS = (
    'bool(x.sum() > 0)', 'bool(a[0] > b[1])', 'k > m', 'float(a.max()) > 1.0', 'not flag',
    'bool(self.h.sum() > 1) and k < 2.0', 'flag or bool(b[0] < 0)')
STATEMENTS = (
    '{v} = {w} + x', '{v} = {w} * {n}', '{v} = torch.relu({w})', '{v} += 1', '{v}[0] = {n}',
    '{v} = {w}.clone()', '{v} = {w}', '{n} = {n} * 0.5 + 1.0', '{n} = float({w}.mean())',
    '{n} = float(int({n}))', 'self.h = {v} * 0.5', 'self.h.copy_({v})', 'self.h += {v}',
    'self.h = self.h + x', '{v} = self.h * 1', '{v} = self.h', 'self.c.add_(1)',
    'flag = not flag', 'flag = {n} > 1.5', 'items[0] = {v} * 2', '{v} = items[0] + items[1]',
    '{v} = torch.clamp({w}, -2.0, {n})')


@strategies.composite
def blocks(draw: strategies.DrawFn, depth: int = 2) -> List[str]:
    """Return a strategy for the lines of a block."""
    lines: List[str] = []
    for _ in range(draw(strategies.integers(1, 4))):
        if depth and draw(strategies.integers(0, 2)) == 0:
            lines.append(f'if {draw(strategies.sampled_from(CONDITIONS))}:')
            lines += [f'    {line}' for line in draw(blocks(depth - 1))]
            if draw(strategies.booleans()):
                lines.append('else:')
                lines += [f'    {line}' for line in draw(blocks(depth - 1))]
        else:
            lines.append(draw(strategies.sampled_from(STATEMENTS)).format(
                v=draw(strategies.sampled_from(VARIABLES)),
                w=draw(strategies.sampled_from(VARIABLES)),
                n=draw(strategies.sampled_from(NUMBERS))))
    return lines


def scripted(lines: List[str]) -> Any:
    """Return a module with a memory that does what the lines say."""
    plain = torch.nn.Module()
    plain.register_buffer('h', torch.tensor([0.5, -1.0, 2.0]))
    plain.register_buffer('c', torch.zeros(1))
    setattr(plain, f'number_{next(COUNT)}', 0)  # makes its type another than those before
    module: Any = torch.jit.script(plain)
    body = [
        'a = x * 2', 'b = x - 1', 'k = 1.0', 'm = 2.0', 'flag = False', 'items = [a + 1, b * 1]',
        *lines, 'return a, b, a * k + m + (1 if flag else 0), self.h * 1, self.c * 1, items[0]']
    module.define('\n'.join(['def forward(self, x: Tensor):', *(f'    {line}' for line in body)])
                  + '\n')
    return module


@settings(
    max_examples=12, deadline=None, derandomize=True,
    suppress_health_check=list(HealthCheck))
@given(lines=blocks())
def test_any_script_is_converted_right_or_refused(lines: List[str]) -> None:
    pair = Pair(scripted(lines))
    arguments = rows()
    expected = runs(pair.script(), arguments)
    assert_equal(runs(pair.eager(), arguments), expected)
    try:
        program = pair.loaded(arguments[0])
    except ConversionError as error:
        assert 'refuses it' not in str(error)
        return
    assert_close(runs(program, arguments), expected)
