# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What shapes are tried on, whatever its format."""

from typing import Protocol

from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.file_kinds import FileKind
from dg_pytorch_ros.model_file import ModelFile
from dg_pytorch_ros.probing.guess import Guesses
from dg_pytorch_ros.probing.introduction import Introduction
from dg_pytorch_ros.probing.outcome import Outcome


class Subject(Protocol):
    """
    A module that was loaded.

    What it remembers of a try is put back after it, so that none depends on those before.
    """

    introduction: Introduction

    def attempt(self, guesses: Guesses) -> Outcome:
        """Run forward once, and once more on the negatives of the values."""


def load_subject(file: ModelFile, config: ModelConfig) -> Subject:
    """Load a file; raise ModelFileError if that is not possible."""
    if file.kind is FileKind.TORCHSCRIPT:  # says nothing of shapes, and has a graph to look at
        from dg_pytorch_ros.probing.script_subject import ScriptSubject
        return ScriptSubject(file, config)
    from dg_pytorch_ros.probing.stated_subject import StatedSubject
    return StatedSubject(file, config)
