# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Probes modules in this process, which is quicker than in one of their own."""

from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Tuple

from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.model_file import ModelFile, read_model_file
from dg_pytorch_ros.probing.guess import Guesses
from dg_pytorch_ros.probing.introduction import Introduction
from dg_pytorch_ros.probing.outcome import Outcome
from dg_pytorch_ros.probing.probed import Probed
from dg_pytorch_ros.probing.shapes import probe
from dg_pytorch_ros.probing.subject import load_subject
import torch

_MOST_TRIES = 1000


class Desk:
    """Counts the tries on a module, and remembers what came of them."""

    def __init__(self, path: 'str | Path') -> None:
        self.file: ModelFile = read_model_file(str(path), find_share=lambda package: None)
        self._subject = load_subject(self.file, ModelConfig(str(self.file.path)))
        self._outcomes: Dict[Guesses, Outcome] = {}

    @property
    def tries(self) -> int:
        """How often the module was run."""
        return len(self._outcomes)

    @property
    def introduction(self) -> Introduction:
        """What is known of the module before it runs."""
        return self._subject.introduction

    def probe(self, given: Optional[Mapping[str, Tuple[int, ...]]] = None) -> Probed:
        """Find out what there is to find."""
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            return probe(
                self._attempt, self.introduction, given=given or {},
                is_over=lambda: self.tries >= _MOST_TRIES)
        finally:
            torch.set_num_threads(threads)

    def _attempt(self, guesses: Guesses) -> Outcome:
        if guesses not in self._outcomes:
            self._outcomes[guesses] = self._subject.attempt(guesses)
        return self._outcomes[guesses]


def probe_module(module: torch.nn.Module, directory: Path, **given: Any) -> Probed:
    """Script a module and probe it."""
    path = directory / 'module.pt'
    torch.jit.script(module.eval()).save(str(path))
    return Desk(path).probe(given)
