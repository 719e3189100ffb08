# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The same modules in every format that a node runs, in files whose names tell nothing."""

from pathlib import Path
import shutil
from typing import Any, List, Optional

from compiled_models import compiled, Remembers, Rows, seeded
from format_models import export, Recipe, RECIPES, save_exported
from lifecycle_msgs.srv import GetState
from node_process import NodeProcess
from peer import latched, Peer
import pytest
import small_models
from std_msgs.msg import Float64MultiArray
import torch

FORMATS = ('torchscript', 'exported', 'aotinductor', 'onnx')
# Those that can hold what a module remembers.
WITH_MEMORY = ('torchscript', 'exported', 'aotinductor')
# How the log calls them.
KINDS = {
    'torchscript': 'TorchScript', 'exported': 'ExportedProgram', 'aotinductor': 'AOTInductor',
    'onnx': 'ONNX'}

_rows = torch.export.Dim('rows', min=2, max=100_000)
_RECIPES = {
    **RECIPES, 'remembers': Recipe(Remembers, [torch.zeros(3)]),
    'rows': Recipe(
        Rows, [torch.zeros(8, 64), torch.zeros(8, 64)], {'state': {0: _rows}, 'goal': {0: _rows}})}
# What ONNX has names for.
_RESULTS = {'rows': ['sum', 'total']}


def save(
    name: str, kind: str, path: Path, factory: Optional[pytest.TempPathFactory] = None
) -> str:
    """
    Write a module in a format; return the path. Skip the test if this machine cannot make it.

    `name` is one of `format_models.RECIPES`, `remembers` or `rows`; the weights are the same in
    all formats. Only what is compiled needs the factory.
    """
    if kind == 'aotinductor':
        assert factory is not None
        shutil.copyfile(compiled(name, factory), path)
        return str(path)
    make, examples, dynamic = _RECIPES[name]
    module = seeded(make)
    if kind == 'torchscript':
        return small_models.save(module, path.parent, path.name)
    if kind == 'exported':
        return save_exported(module, examples, path, dynamic)
    pytest.importorskip('onnxruntime', reason='onnxruntime is not installed')
    pytest.importorskip('onnxscript', reason='onnxscript is not installed')
    torch.onnx.export(
        export(module, examples, dynamic), f=str(path), output_names=_RESULTS.get(name),
        external_data=False, verbose=False)
    return str(path)


class Exchange:
    """A node under test called `node`: one message in on each topic, one out, none lost."""

    def __init__(self, peer: Peer, node: NodeProcess, topic: str) -> None:
        self.node = node
        self._peer = peer
        peer.wait_until(
            lambda: node.has_ended or '[node]: configured' in node.output, 'the configuration')
        assert not node.has_ended, node.output
        self.heard: List[Any] = peer.listen(topic, Float64MultiArray, latched(1000))
        peer.wait_until(
            lambda: peer.call(GetState, '/node/get_state').current_state.label == 'active',
            lambda: f'the node to be active: {node.output}')

    def tell(self, **values: List[float]) -> None:
        """Publish a message on each topic."""
        self._peer.send(**values)

    def wait_for_log(self, text: str) -> None:
        """Wait until the node has said something."""
        self._peer.wait_until(
            lambda: text in self.node.output, lambda: f'{text!r} in {self.node.output}')

    def ask(self, **values: List[float]) -> List[float]:
        """Publish a message on each topic; return what comes of them."""
        count = len(self.heard)
        self.tell(**values)
        self._peer.wait_until(
            lambda: len(self.heard) > count, lambda: f'an output: {self.node.output}')
        assert len(self.heard) == count + 1
        answer: List[float] = self.heard[count].data.tolist()
        return answer
