# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a module remembers between two evaluations, and how to put it back."""

from typing import Any, Dict, List, NamedTuple, Tuple

import torch


class _Remembered(NamedTuple):
    owner: torch.nn.Module
    name: str
    original: Any
    saved: Any


class ModuleMemory:
    """
    The buffers and attributes of a module and all its submodules, as they were when taken.

    Parameters are left out: evaluating does not train. So are attributes that cannot be copied,
    such as the packed weights of a quantised layer.
    """

    def __init__(self, module: torch.jit.ScriptModule) -> None:
        self._remembered: List[_Remembered] = []
        copies: Dict[int, torch.Tensor] = {}
        for owner in module.modules():
            for name in _attribute_names(owner):
                original = getattr(owner, name)
                if _is_copyable(original):
                    saved = _copy(original, copies)
                    self._remembered.append(_Remembered(owner, name, original, saved))

    def restore(self) -> None:
        """
        Put everything back.

        A tensor gets its old content in its old place, because the module may know that place
        by a second name; anything else is replaced by a copy.
        """
        for owner, name, original, saved in self._remembered:
            if isinstance(original, torch.Tensor):
                original.copy_(saved)
                setattr(owner, name, original)
            else:
                setattr(owner, name, _copy(saved, {}))


def _attribute_names(owner: Any) -> Tuple[str, ...]:
    # TorchScript's own list: `named_buffers` and `dir` both leave out plain attributes.
    attributes = owner._concrete_type.get_attributes()
    return tuple(
        name for name, (kind, is_parameter) in attributes.items()
        if not is_parameter and kind.kind() != 'NoneType')


def _is_copyable(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_copyable(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return all(_is_copyable(item) for item in value)
    return value is None or isinstance(value, (torch.Tensor, bool, int, float, str))


def _copy(value: Any, copies: Dict[int, torch.Tensor]) -> Any:
    if isinstance(value, torch.Tensor):
        return copies.setdefault(id(value), value.detach().clone())
    if isinstance(value, dict):
        return {key: _copy(item, copies) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, '_fields'):
        return type(value)(*(_copy(item, copies) for item in value))
    if isinstance(value, (list, tuple)):
        return type(value)(_copy(item, copies) for item in value)
    return value
