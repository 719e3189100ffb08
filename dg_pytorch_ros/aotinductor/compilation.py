# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Compile a program into a package that the node can run as it runs the program itself."""

from contextlib import contextmanager
from dataclasses import replace
import os
from typing import Any, Dict, Iterator, Tuple

from dg_pytorch_ros.aotinductor.metadata import Metadata
import torch


def compile_package(program: Any, path: str, metadata: Metadata) -> str:
    """
    Compile an ExportedProgram into a package at a path that ends in `.pt2`, and return it.

    Takes seconds, and a C++ compiler; raises whatever torch does without one.
    """
    from torch._inductor import aoti_compile_and_package
    metadata = replace(metadata, parameters=_unchanging_parameters(program))
    with _all_threads():
        written: str = aoti_compile_and_package(
            program, package_path=path, inductor_configs=_options(metadata))
    return written


def _unchanging_parameters(program: Any) -> Tuple[str, ...]:
    signature = program.graph_signature
    changed = set(getattr(signature, 'parameters_to_mutate', {}).values())
    return tuple(path for path in signature.parameters if path not in changed)


def _options(metadata: Metadata) -> Dict[str, Any]:
    return {
        # Otherwise a buffer that is zero at first counts as zero for ever, though it is written.
        'joint_graph_constant_folding': False,
        'aot_inductor.metadata': metadata.texts()}


@contextmanager
def _all_threads() -> Iterator[None]:
    """Compile for as many threads as there are: only then they can be fewer when it is run."""
    num_threads = torch.get_num_threads()
    torch.set_num_threads(os.cpu_count() or 1)
    try:
        yield
    finally:
        torch.set_num_threads(num_threads)
