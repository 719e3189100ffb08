# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a module remembers between two evaluations, and how to put it back."""

from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

import torch


class _Attribute(NamedTuple):
    owner: torch.nn.Module
    name: str
    value: Any


class _Content(NamedTuple):
    tensor: torch.Tensor
    saved: torch.Tensor


class ModuleMemory:
    """
    The buffers and attributes of a module and all its submodules, as they were when taken.

    Parameters are left out: evaluating does not train. So are attributes that cannot be copied,
    such as the packed weights of a quantised layer.
    """

    def __init__(self, module: torch.jit.ScriptModule) -> None:
        self._attributes: List[_Attribute] = []
        self._contents: Dict[int, _Content] = {}
        left_out: List[str] = []
        for path, owner in module.named_modules():
            for name in _attribute_names(owner):
                value = _read(owner, name)
                if not _is_copyable(value):
                    left_out.append(f'{path}.{name}'.lstrip('.'))
                else:
                    self._attributes.append(_Attribute(owner, name, value))
                    for tensor in filter(_is_writable, _tensors(value)):
                        saved = tensor.detach().clone()
                        self._contents[id(tensor)] = _Content(tensor, saved)
        self.left_out = tuple(left_out)

    def restore(self) -> None:
        """
        Put everything back.

        A tensor gets its old content in its old place, because the module may know that place
        by a second name.
        """
        with torch.no_grad():
            for tensor, saved in self._contents.values():
                if tensor.shape != saved.shape:
                    tensor.resize_(saved.shape)
                tensor.copy_(saved)
        for owner, name, value in self._attributes:
            setattr(owner, name, value)


def _read(owner: Any, name: str) -> Any:
    """Return an attribute, a copy of it if it is a list or a dict."""
    try:
        return getattr(owner, name)
    except RuntimeError as error:  # an object of a script class has no Python side
        return error


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


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (dict, list, tuple)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _tensors(item)


def _is_writable(tensor: torch.Tensor) -> bool:
    """Whether each element has a place of its own; what is expanded, nobody can write into."""
    return tensor.layout != torch.strided or all(
        step != 0 or size == 1 for step, size in zip(tensor.stride(), tensor.shape))
