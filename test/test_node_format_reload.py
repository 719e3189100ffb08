# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A file is replaced by one of another format under the same path, while the node runs."""

import os
from pathlib import Path
from threading import Thread
from typing import Any, List

from format_shelf import Exchange, FORMATS, save
import numpy as np
import pytest
import small_models
from std_srvs.srv import Trigger
from tool_models import Mlp
import torch

OBSERVATION = np.linspace(-1.0, 1.0, 48).tolist()
PARAMETERS = {
    'trigger': 'timer', 'rate_hz': 200.0, 'input_names': '[observation]',
    'output_names': '[action]', 'inputs__observation__constant': str(OBSERVATION),
    'outputs__action__qos__durability': 'transient_local'}


class Stream:
    """What the node publishes while its file is replaced."""

    def __init__(self, exchange: Exchange, rig: Any, path: Path) -> None:
        self.exchange = exchange
        self._rig = rig
        self._path = path

    def reload(self, file: Path) -> Any:
        """Put a file where the node's is, as a copy tool does; return the answer to a reload."""
        self._put(file.read_bytes())
        return self._rig.peer.call(Trigger, '/node/reload')

    def reload_slowly(self, file: Path) -> Any:
        """Let the node read a file that does not end before more outputs have come."""
        pipe = self._path.with_name('pipe')
        os.mkfifo(pipe)
        pipe.replace(self._path)
        Thread(target=self._write_slowly, args=(file.read_bytes(),), daemon=True).start()
        return self._rig.peer.call(Trigger, '/node/reload')

    def _write_slowly(self, content: bytes) -> None:
        with open(self._path, 'wb', buffering=0) as pipe:  # when the node has begun to read
            pipe.write(content[:100])
            known = len(self.exchange.heard)
            self._rig.peer.wait_until(
                lambda: len(self.exchange.heard) > known + 20, 'outputs while the file is read')
            self._put(content)  # who reads it once more must find it whole
            pipe.write(content[100:])

    def _put(self, content: bytes) -> None:
        new = self._path.with_name('new')
        new.write_bytes(content)
        new.replace(self._path)

    def wait_for(self, action: List[float]) -> None:
        """Wait until the node publishes this."""
        known = len(self.exchange.heard)
        self._rig.peer.wait_until(
            lambda: any(
                item.data.tolist() == pytest.approx(action, rel=1e-4, abs=1e-6)
                for item in self.exchange.heard[known:]),
            lambda: f'{action}; last: {self.exchange.heard[-1].data.tolist()}')


def action_of(path: Path) -> List[float]:
    """Return what a TorchScript file gives."""
    with torch.inference_mode():
        action: List[float] = torch.jit.load(str(path))(torch.tensor(OBSERVATION)).tolist()
    return action


@pytest.fixture
def stream(rig: Any, tmp_path: Path) -> Stream:
    """Start a node on a TorchScript file of other weights, a copy of which is `first.pt`."""
    torch.manual_seed(7)
    first = Path(small_models.save(Mlp(), tmp_path, 'first.pt'))
    path = tmp_path / 'model.pt'
    path.write_bytes(first.read_bytes())
    one = Stream(Exchange(rig.peer, rig.start(str(path), **PARAMETERS), '/action'), rig, path)
    one.wait_for(action_of(first))
    return one


def test_a_running_node_goes_over_to_any_format_and_back(
    stream: Stream, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first, files = tmp_path / 'first.pt', [
        Path(save('mlp', kind, tmp_path / f'{kind}.pt', tmp_path_factory)) for kind in FORMATS]
    for file in files:
        answer = stream.reload_slowly(file)
        assert answer.success and 'loaded in' in answer.message, answer.message
        stream.wait_for(action_of(files[0]))
        assert stream.reload(first).success
        stream.wait_for(action_of(first))


def test_what_cannot_take_its_place_leaves_the_running_module_alone(
    stream: Stream, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = Path(save('mlp', 'exported', tmp_path / 'whole.pt', tmp_path_factory))
    broken = tmp_path / 'broken.pt'
    broken.write_bytes(whole.read_bytes()[:-200])
    other = Path(save('named', 'exported', tmp_path / 'other.pt', tmp_path_factory))
    for file, said in ((broken, 'truncated'), (other, "'action', which does not exist")):
        answer = stream.reload(file)
        assert not answer.success and said in answer.message, answer.message
        stream.wait_for(action_of(tmp_path / 'first.pt'))
