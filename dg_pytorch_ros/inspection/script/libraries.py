# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Which operators and classes of an archive come from libraries other than torch."""

from collections import defaultdict
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, DefaultDict, List, Tuple

from dg_pytorch_ros.inspection.script.source import Code
from dg_pytorch_ros.operator_libraries import is_part_of_torch, module_of
import torch


@dataclass(frozen=True)
class Library:
    """A library by the name of its operators, and what the archive uses of it."""

    name: str
    uses: Tuple[str, ...]
    missing: Tuple[str, ...]

    @property
    def module(self) -> str:
        """The Python module that most likely registers them."""
        return module_of(self.name)

    @property
    def is_installed(self) -> bool:
        """Whether that module is there to be imported."""
        try:
            return find_spec(self.module) is not None
        except ModuleNotFoundError:  # of the package that it is in
            return False


def libraries_of(code: Code) -> List[Library]:
    """Find the libraries that the code needs."""
    uses: DefaultDict[str, List[str]] = defaultdict(list)
    missing: DefaultDict[str, List[str]] = defaultdict(list)
    known = (
        (code.library_operators(), _is_operator_known), (code.library_classes(), _is_class_known))
    for names, is_known in known:
        for qualified in sorted(names):
            library, _, name = qualified.partition('::')
            if not is_part_of_torch(library):
                uses[library].append(name)
                if not is_known(library, name):
                    missing[library].append(name)
    return [Library(name, tuple(uses[name]), tuple(missing[name])) for name in sorted(uses)]


def _is_operator_known(library: str, name: str) -> bool:
    internal: Any = torch._C
    return bool(internal._jit_get_schemas_for_operator(f'{library}::{name}'))


def _is_class_known(library: str, name: str) -> bool:
    internal: Any = torch._C
    try:
        internal._get_custom_class_python_wrapper(library, name)
    except RuntimeError:
        return False
    return True
