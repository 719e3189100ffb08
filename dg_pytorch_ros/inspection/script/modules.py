# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The modules within a module, and the tensors that each has, as an archive stores them."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Counter as CounterType, Dict, Iterator, List, Optional, Tuple

from dg_pytorch_ros.inspection.script.archive import ScriptArchive
from dg_pytorch_ros.inspection.script.source import class_name_of, CodeClass
from dg_pytorch_ros.inspection.stored import StoredObject, StoredTensor, tensors_in

_EVERYWHERE = ('', 'training', '_is_full_backward_hook')
KINDS = ('parameter', 'buffer', 'attribute')


@dataclass(frozen=True)
class StoredModule:
    """One module: its path from the outermost, and what it has itself, modules left out."""

    path: str
    class_name: str
    definition: CodeClass
    attributes: Dict[str, Any]

    @property
    def training(self) -> Optional[bool]:
        """Whether it was saved in training mode; None for a frozen one."""
        flag = self.attributes.get('training')
        return flag if isinstance(flag, bool) else None

    def tensors(self, kind: str) -> Iterator[StoredTensor]:
        """Return its parameters, its buffers or the tensors in its other attributes."""
        for name, value in self.attributes.items():
            if self.definition.kind_of(name) == kind:
                yield from tensors_in(value)


class StoredModules:
    """
    All modules of an archive.

    One that its author used twice is stored as two, with the same tensors.
    """

    def __init__(self, archive: ScriptArchive) -> None:
        self._archive = archive
        self.all: List[StoredModule] = []
        self._add('', archive.root)

    def find(self, path: str) -> Any:
        """Return what is stored at a path such as `layers.0.weight`, None if nothing is."""
        found: Any = self._archive.root
        for name in path.split('.') if path else ():
            if not isinstance(found, StoredObject) or name not in found.attributes:
                return None
            found = found.attributes[name]
        return found

    def kind(self, path: str) -> str:
        """Return what is stored at a path: a parameter, buffer or attribute."""
        owner, _, name = path.rpartition('.')
        stored = self.find(owner)
        found = (
            self._archive.code.classes.get(stored.class_name)
            if isinstance(stored, StoredObject) else None)
        return found.kind_of(name) if found else 'attribute'

    def constants(self) -> List[StoredTensor]:
        """Return the tensors that the code holds itself; freezing turns parameters into such."""
        return list(tensors_in(self._archive.constants))

    def sharing(self, path: str) -> List[str]:
        """Return the paths of the other tensors that lie in the memory of those at a path."""
        homes = {tensor.home for tensor in tensors_in(self.find(path))}
        return [
            other for other, tensors in self._by_path()
            if other != path and homes & {tensor.home for tensor in tensors}]

    def describe(self, path: str) -> str:
        """Write the type of what is stored at a path."""
        return _type_of(self.find(path))

    def plain_attributes(self) -> Iterator[Tuple[str, str]]:
        """
        Return path and type of each attribute that is no parameter, buffer or module.

        Those of torch's own modules are left out.
        """
        for module in self.all:
            if module.class_name.startswith('__torch__.torch.'):
                continue
            for name in module.attributes:
                type_name = module.definition.attributes.get(name, '')
                is_plain = module.definition.kind_of(name) == 'attribute'
                if is_plain and name not in _EVERYWHERE and type_name != 'NoneType':
                    yield join(module.path, name), type_name

    def tensors(self) -> Dict[str, List[StoredTensor]]:
        """
        Return the tensors by their kinds, each once.

        An attribute that is a list of parameters has none of its own.
        """
        result: Dict[str, List[StoredTensor]] = {kind: [] for kind in KINDS}
        seen = set()
        for kind in KINDS:
            for module in self.all:
                for tensor in module.tensors(kind):
                    if tensor.place not in seen:
                        seen.add(tensor.place)
                        result[kind].append(tensor)
        return result

    def _by_path(self) -> Iterator[Tuple[str, List[StoredTensor]]]:
        for module in self.all:
            for name, value in module.attributes.items():
                yield join(module.path, name), list(tensors_in(value))

    def _add(self, path: str, stored: StoredObject) -> None:
        # What a module's own way of saving makes of it has no names.
        attributes = stored.attributes or {'': stored.state}
        children = {
            name: value for name, value in attributes.items() if self._is_module(value)}
        self.all.append(StoredModule(
            path, stored.class_name, self._archive.code.classes[stored.class_name],
            {name: attributes[name] for name in attributes if name not in children}))
        for name, child in children.items():
            self._add(join(path, name), child)

    def _is_module(self, value: Any) -> bool:
        if not isinstance(value, StoredObject):
            return False
        definition = self._archive.code.classes.get(value.class_name)
        return definition is not None and definition.is_module


def join(path: str, name: str) -> str:
    """Add a name to the path of a module."""
    return f'{path}.{name}'.strip('.')


def _type_of(stored: Any) -> str:
    if isinstance(stored, StoredTensor):
        return str(stored)
    if isinstance(stored, StoredObject):
        return class_name_of(stored.class_name)
    if isinstance(stored, (list, tuple)):
        return f'{len(stored)} {"tensors" if any(tensors_in(stored)) else "items"}'
    if isinstance(stored, dict):
        return f'dict of {len(stored)}'
    return type(stored).__name__ if stored is not None else ''


def dtypes(tensors: List[StoredTensor]) -> Dict[str, int]:
    """Count elements by dtype."""
    counts: CounterType[str] = Counter()
    for tensor in tensors:
        counts[tensor.dtype] += tensor.elements
    return dict(counts)
