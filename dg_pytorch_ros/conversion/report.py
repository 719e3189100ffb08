# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What somebody reads who has had a model converted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.conversion.order import Order
from dg_pytorch_ros.conversion.session import Converted
from dg_pytorch_ros.conversion.target import TARGETS
from dg_pytorch_ros.packages import find_share
from dg_pytorch_ros.parameter_writing.model_paths import path_to_write
from dg_pytorch_ros.probing.probed import Probed
from dg_pytorch_ros.terminal.plain import plain
from dg_pytorch_ros.terminal.table import table
from dg_pytorch_ros.terminal.units import bytes_text, seconds_text


@dataclass(frozen=True)
class Report:
    """An order, what was known of its source, and what came of it."""

    order: Order
    probed: Probed
    converted: Converted
    output: Path

    @property
    def is_good(self) -> bool:
        """Whether the result was kept."""
        return self.converted.verdict.is_good

    def text(self) -> str:
        """Write it for people."""
        return plain('\n'.join(self._lines()))

    def to_json(self) -> Dict[str, Any]:
        """Return all of it as plain values."""
        return {
            'source': str(self.order.file.path), 'source_sha256': self.order.file.sha256,
            'source_kind': self.order.file.kind.value, 'to': self.order.target,
            'kept': str(self.output) if self.is_good else None,
            'bytes': self.converted.size_bytes, 'seconds': self.converted.made.seconds,
            'inputs': [
                {'name': layout.name, 'dtype': layout.dtype, 'shape': shape}
                for layout, shape in zip(self.order.layouts, self.converted.made.shapes)],
            'cautions': self._cautions(), 'comparison': self.converted.verdict.to_json()}

    def _lines(self) -> Iterator[str]:
        verdict = self.converted.verdict
        yield f'{self.order.file.path.name}, {self.order.file.kind.value}'
        yield f'{self.output.name}, {TARGETS[self.order.target].kind.value}'
        yield ''
        yield table(
            [*(('input', name, what.replace('-1', 'any')) for name, what in self._inputs()),
             *(('output', name, what) for name, what in verdict.proof.outputs)])
        yield ''
        yield verdict.text()
        yield ''
        for caution in self._cautions():
            yield f'note: {caution}'
        if self._cautions():
            yield ''
        yield from self._end()

    def _end(self) -> Iterator[str]:
        made = self.converted.made
        if not self.is_good:
            yield f'NOT KEPT: it does not do the same; there is no {self.output.name} of it'
            return
        source = len(self.order.file.content)
        yield (
            f'kept: {self.output}, {bytes_text(self.converted.size_bytes)} (the source: '
            f'{bytes_text(source)}); made in {seconds_text(made.seconds)}')
        yield 'next, in the parameter file:'
        path = path_to_write(str(self.output), self.output, find_share=find_share)
        yield f'  model_path: {path}'
        yield 'then: pytorch_model check, pytorch_model bench with that file'

    def _inputs(self) -> Iterator[Any]:
        for layout, shape in zip(self.order.layouts, self.converted.made.shapes):
            yield layout.name, f'{layout.dtype}{list(shape)}'

    def _cautions(self) -> List[str]:
        return [
            *self.converted.made.cautions, *self.converted.verdict.proof.cautions,
            *self._of_shapes(), *self._of_target()]

    def _of_shapes(self) -> Iterator[str]:
        chosen = [
            layout.name for layout, argument in zip(self.order.layouts, self.probed.arguments)
            if argument.takes_any and layout.shape == (-1,) * len(layout.shape)]
        if chosen:
            ranks = sorted({
                len(layout.shape) for layout in self.order.layouts if layout.name in chosen})
            axes = 'axis' if ranks == [1] else 'axes'
            yield (
                f'the source takes {enumeration(chosen)} in any shape, the result with '
                f'{enumeration(map(str, ranks))} {axes} only; another: --shape')
        alone = [argument.name for argument in self.probed.arguments if argument.fits_alone]
        if alone and set(alone) <= set(chosen):
            yield (
                'one number in place of many, as for a gain, fits the result only if it was made '
                f'for that: --shape {alone[0]}=1')
        if self.probed.objection:
            yield f'on negative numbers the source says: {self.probed.objection}'

    def _of_target(self) -> Iterator[str]:
        if TARGETS[self.order.target].is_compiled:
            yield (
                'it is code for the CPU of this machine and this version of torch: compile it '
                'where it will run')
