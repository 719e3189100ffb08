# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a module remembers between two evaluations, and how to put it back."""

from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

from dg_pytorch_ros.tensors.content import Content
import torch


class Attribute(NamedTuple):
    """An attribute of a module, as it was when read."""

    owner: Any
    name: str
    value: Any


class ModuleMemory:
    """
    The buffers and attributes of a module and all its submodules, as they were when taken.

    Parameters are left out: evaluating does not train. So are attributes that cannot be copied,
    such as the packed weights of a quantised layer.
    """

    def __init__(self, module: torch.jit.ScriptModule) -> None:
        self.attributes: List[Attribute] = []
        self.contents: Dict[int, Content] = {}
        left_out: List[str] = []
        for path, owner in module.named_modules():
            for name in _attribute_names(owner):
                value = _read(owner, name)
                if not _is_copyable(value):
                    left_out.append(f'{path}.{name}'.lstrip('.'))
                else:
                    self.attributes.append(Attribute(owner._c, name, value))
                    for tensor in tensors_in(value):
                        self.contents[id(tensor)] = Content(tensor)
        self.left_out = tuple(left_out)

    def restore(self) -> None:
        """Put everything back."""
        with torch.inference_mode():
            for content in self.contents.values():
                content.restore()
        for owner, name, value in self.attributes:
            owner.setattr(name, value)


def tensors_in(value: Any) -> Iterator[torch.Tensor]:
    """Find the tensors in an attribute's value."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (dict, list, tuple)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from tensors_in(item)


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
