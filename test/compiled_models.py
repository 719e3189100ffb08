# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
Modules that are compiled ahead of time: once a test session, as each takes ten seconds.

A process of its own compiles, so that no test finds torch's compiler imported.
"""

import fcntl
import os
from pathlib import Path
import shutil
import subprocess
import sys
from typing import Callable, Dict, Sequence, Tuple

from dg_pytorch_ros.aotinductor.compilation import compile_package
from dg_pytorch_ros.aotinductor.metadata import Metadata, TensorFact
from format_models import export, RECIPES
import pytest
import torch
from torch import nn, Tensor


class Remembers(nn.Module):
    """Buffers that are zero at first, one a whole number; gives away two, and its input."""

    trace: Tensor
    steps: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 3)
        self.register_buffer('trace', torch.zeros(3))
        self.register_buffer('steps', torch.zeros((), dtype=torch.int64))
        self.register_buffer('scale', torch.full((3, 16), 0.5))

    def forward(self, observation: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
        self.trace.copy_(0.9 * self.trace + self.layer(observation))
        self.steps.add_(1)
        action = self.trace + self.scale.sum(-1)
        return action, self.trace, self.steps, observation


class Rows(nn.Module):
    """As many rows as there are, the same number of both; enough for several threads."""

    def forward(self, state: Tensor, goal: Tensor) -> Dict[str, Tensor]:
        return {'sum': state + goal, 'total': (state * goal).sum()}


class Stranger(nn.Module):
    """An image in another order in memory, a named argument, and memory that compiling loses."""

    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 2, 3)
        self.register_buffer('count', torch.zeros(1))

    def forward(self, image: Tensor, *, gain: Tensor) -> Tuple[Tensor, Tensor]:
        self.count.add_(1)
        return gain * self.layer(image).mean((-1, -2)), self.count + gain


class Numbered(nn.Sequential):
    """A plain sequence: the paths of its parameters begin with a digit."""

    def __init__(self) -> None:
        super().__init__(nn.Linear(6, 5), nn.ELU(), nn.Linear(5, 2))


def seeded(kind: Callable[[], nn.Module]) -> nn.Module:
    """Return a module with the same weights each time."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return kind().eval()


def _compile_remembers(path: str) -> None:
    program = export(seeded(Remembers), [torch.zeros(3)])
    outputs = tuple(map(TensorFact, ('action', 'trace', 'steps', 'seen')))
    compile_package(
        program, path, Metadata((TensorFact('observation'),), outputs, is_named=True))


def _compile_rows(path: str) -> None:
    rows = torch.export.Dim('rows', min=2, max=100_000)
    program = export(
        Rows(), [torch.zeros(4096, 64), torch.zeros(4096, 64)],
        {'state': {0: rows}, 'goal': {0: rows}})
    compile_package(program, path, Metadata(
        tuple(map(TensorFact, ('state', 'goal'))), tuple(map(TensorFact, ('sum', 'total')))))


def _compile_numbered(path: str) -> None:
    program = export(seeded(Numbered), [torch.zeros(1, 6)])
    compile_package(program, path, Metadata(
        (TensorFact('observation'),), (TensorFact('action'),)))


def _compile_stranger(path: str) -> None:
    """Compile as anybody does who knows nothing of this package."""
    image = torch.zeros(1, 3, 8, 8).to(memory_format=torch.channels_last)
    program = torch.export.export(
        seeded(Stranger), (image,), {'gain': torch.zeros(2)}, strict=False)
    torch._inductor.aoti_compile_and_package(program, package_path=path)


def _compile_recipe(name: str) -> Callable[[str], None]:
    def compile_to(path: str) -> None:
        recipe = RECIPES[name]
        program = export(seeded(recipe.make), recipe.examples, recipe.dynamic)
        signature = program.graph_signature
        fields = getattr(program.call_spec.out_spec.context, '_fields', ())
        compile_package(program, path, Metadata(
            tuple(map(TensorFact, signature.user_inputs)),
            tuple(map(TensorFact, fields or signature.user_outputs)), is_named=bool(fields)))
    return compile_to


# The compiler takes as long to start as for one of them: these are compiled together.
_OWN: Dict[str, Callable[[str], None]] = {
    'remembers': _compile_remembers, 'rows': _compile_rows, 'numbered': _compile_numbered,
    'stranger': _compile_stranger}
_COMPILERS = {**_OWN, **{name: _compile_recipe(name) for name in RECIPES}}


def compiled(name: str, factory: pytest.TempPathFactory) -> str:
    """
    Return the path of a package, compiled when it is asked for the first time.

    `name` is that of a module above, or one of `format_models.RECIPES`. Skip the test if there is
    no C++ compiler.
    """
    compiler = os.environ.get('CXX', 'g++')
    if shutil.which(compiler) is None:
        pytest.skip(f'AOTInductor needs a C++ compiler, and there is no {compiler}')
    folder = _shared_folder(factory) / 'compiled'
    folder.mkdir(exist_ok=True)
    path = folder / f'{name}.pt2'
    with open(folder / 'lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other workers of pytest-xdist wait
        if not path.exists():
            _compile_in_another_process(list(_OWN) if name in _OWN else [name], folder)
    return str(path)


def _shared_folder(factory: pytest.TempPathFactory) -> Path:
    own = factory.getbasetemp()
    return own.parent if 'PYTEST_XDIST_WORKER' in os.environ else own


def _compile_in_another_process(names: Sequence[str], folder: Path) -> None:
    unfinished = folder / 'unfinished'
    unfinished.mkdir(exist_ok=True)
    environment = {
        **os.environ, 'TORCHINDUCTOR_CACHE_DIR': str(folder / 'cache'),
        'TORCHINDUCTOR_COMPILE_THREADS': '1', 'TMPDIR': str(unfinished),
        'PYTHONPATH': os.pathsep.join(map(str, sys.path))}
    result = subprocess.run(
        [sys.executable, __file__, str(unfinished), *names], env=environment, cwd=folder,
        capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    for name in names:
        (unfinished / f'{name}.pt2').rename(folder / f'{name}.pt2')


if __name__ == '__main__':
    for each in sys.argv[2:]:
        _COMPILERS[each](f'{sys.argv[1]}/{each}.pt2')
