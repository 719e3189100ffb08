# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The parameters that a file gives, without a node that holds them."""

from typing import Any

from dg_pytorch_ros.parameters.declarations import Declarations
from dg_pytorch_ros.parameters.spec import Spec


class FileDeclarations(Declarations):
    """Reads what was given under full names such as `inputs.obs.topic`; it never changes."""

    def _declare_one(self, name: str, spec: Spec) -> None:
        if name in self.given:
            spec.parse(name, self.given[name])

    def _value(self, name: str) -> Any:
        return self.given.get(name, self._specs[name].default)
