# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""An ordinary module that computes what a TorchScript module computes."""

import inspect
from typing import Any, Callable, Dict, Iterator, List, Sequence, Tuple

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.conversion.error import ConversionError
from dg_pytorch_ros.conversion.interpreter import Interpreter
from dg_pytorch_ros.conversion.memory import join, Memory, ModuleAt, Places, TensorAt, Unreadable
from dg_pytorch_ros.conversion.origin import walk
from dg_pytorch_ros.conversion.script_numbers import (
    as_tensor, is_number, is_unknown, KnownTensor, LiveNumber)
from dg_pytorch_ros.torchscript.changes import evaluation_graph, find_changes, has_hooks
import torch
from torch import nn, Tensor
from torch.utils import _pytree as pytree

_NUMBERS = {'float': float, 'int': int, 'bool': bool}


def ignore(text: str) -> None:
    """Tell nobody."""


def eager_module(
    script: torch.jit.ScriptModule, *, result_names: Sequence[str] = (),
    note: Callable[[str], None] = ignore
) -> 'EagerModule':
    """
    Return an ordinary module that computes what a script module computes in evaluation mode.

    Parameters, buffers and submodules have the same names and are copies; the arguments of its
    forward have the same names and defaults. A result with `result_names` is a dict with these,
    as a NamedTuple's type is not known outside of its file. `note` is told what a user should
    know. Raise ConversionError, now or in a run, for what such a module cannot do.
    """
    if has_hooks(script):
        raise ConversionError(
            'it has hooks, which run around forward and are not in its graph; call what they do '
            'in forward')
    internal: Any = torch._C
    graph = evaluation_graph(script)
    internal._jit_pass_inline_fork_wait(graph)
    forward = {'forward': _forward(script)}
    kind = type(script.original_name, (EagerModule,), forward)
    module: EagerModule = kind(script, graph, tuple(result_names), note)
    return module.eval()


class EagerModule(nn.Module):
    """Holds the tensors of a script module, and walks through its graph."""

    def __init__(
        self, script: torch.jit.ScriptModule, graph: Any, result_names: Tuple[str, ...],
        note: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._graph = graph
        self._result_names = result_names
        self._note = note
        furnishing = _Furnishing(script)
        furnishing.fill(script, self)
        self._constants = furnishing.keep_constants(graph, self)
        self._places: Places = furnishing.places
        names = script.forward.schema.arguments  # type: ignore[attr-defined]
        self._kinds = [_NUMBERS.get(name.type.annotation_str) for name in names[1:]]

    def compute(self, arguments: Sequence[Any]) -> Any:
        """Run the graph once."""
        memory = Memory(self, self._places)
        interpreter = Interpreter(memory, self._constants, self._note)
        first, *names = (value.debugName() for value in self._graph.inputs())
        given = [_argument(value, kind) for value, kind in zip(arguments, self._kinds)]
        values = {first: ModuleAt(''), **dict(zip(names, given))}
        outputs = interpreter.run(self._graph, values)
        result = outputs[0] if len(outputs) == 1 else tuple(outputs)
        result = pytree.tree_map(_result, memory.remember(result))
        if self._result_names:
            return dict(zip(self._result_names, result))
        return result


class _Furnishing:
    """Copies the tensors of a script module, each once, and lists what is at which place."""

    def __init__(self, script: torch.jit.ScriptModule) -> None:
        self.places: Places = {'': ModuleAt('')}
        self._copies: Dict[Any, Tuple[str, Tensor]] = {}
        self._originals: List[Tensor] = []  # kept, so that no other has their identity
        self._writes = _writes(script)

    def fill(self, script: Any, module: nn.Module) -> None:
        """Give a module what a script module has."""
        owners = list(_owners(script, module, ''))
        for path, _, _ in owners[1:]:
            self.places[path] = ModuleAt(path)
        for kind in ('named_parameters', 'named_buffers'):
            for path, source, owner in owners:
                for name, tensor in getattr(source, kind)(recurse=False):
                    self._register(owner, join(path, name), tensor, kind == 'named_parameters')
                    self.places[join(path, name)] = TensorAt(self._path_of(tensor))
        for path, source, owner in owners:
            attributes = source._concrete_type.get_attributes()
            for name in sorted(attributes):
                if join(path, name) not in self.places:
                    self.places[join(path, name)] = self._read(
                        source, owner, path, name, attributes[name][0])

    def keep_constants(self, graph: Any, module: nn.Module) -> Dict[str, str]:
        """Make buffers of the tensors in a graph; return their paths by their names there."""
        paths: Dict[str, str] = {}
        for node in walk(graph):
            if node.kind() == 'prim::Constant' and node.hasAttribute('value') and (
                    node.kindOf('value') == 't'):
                tensor = node.t('value')
                if not self._is_known(tensor):
                    path = _free_name(module, f'constant_{len(paths)}')
                    self._register(module, path, tensor, False)
                path = self._path_of(tensor)
                self.places.setdefault(path, TensorAt(path))
                paths[node.output().debugName()] = path
        return paths

    def _read(self, source: Any, module: nn.Module, path: str, name: str, kind: Any) -> Any:
        try:
            return self._take(module, path, name, getattr(source, name))
        except RuntimeError:  # an object of a script class has no Python side
            return Unreadable(
                f'an object of the class {kind.annotation_str.rpartition(".")[2]}, of which a '
                'program can hold nothing')

    def _take(self, module: nn.Module, path: str, name: str, value: Any) -> Any:
        if isinstance(value, Tensor):
            if not self._is_known(value):
                self._register(module, join(path, _free_name(module, name)), value, False)
            return TensorAt(self._path_of(value))
        if isinstance(value, dict):
            return {
                key: self._take(module, path, f'{name}_{key}'.replace('.', '_'), item)
                for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            kind = list if isinstance(value, list) else tuple
            return kind(
                self._take(module, path, f'{name}_{index}', item)
                for index, item in enumerate(value))
        if value is None or isinstance(value, (bool, int, float, str, complex, torch.device)):
            return value
        return Unreadable(
            f'{_type_name(value)}, which a program of torch.export cannot hold; for a '
            'quantised module, convert the one it was made from')

    def _register(
        self, module: nn.Module, path: str, tensor: Tensor, is_parameter: bool
    ) -> None:
        self._check(path, tensor)
        name = path.rpartition('.')[2]
        if not self._is_known(tensor):
            copy = tensor.detach().clone()
            if is_parameter:
                copy = nn.Parameter(copy, requires_grad=False)
            self._copies[_identity(tensor)] = (path, copy)
            self._originals.append(tensor)
        copy = self._copies[_identity(tensor)][1]
        if is_parameter and isinstance(copy, nn.Parameter):
            module.register_parameter(name, copy)
        else:
            module.register_buffer(name, copy)

    def _check(self, path: str, tensor: Tensor) -> None:
        if not self._writes or tensor.layout != torch.strided:
            return
        for other, (owner, _) in self._copies.items():
            if other != _identity(tensor) and other[0] == _identity(tensor)[0] and tensor.numel():
                raise ConversionError(
                    f'{enumeration([f"self.{owner}", f"self.{path}"])} are different parts of '
                    'the same memory, and forward writes: a program has them apart')

    def _is_known(self, tensor: Tensor) -> bool:
        return _identity(tensor) in self._copies

    def _path_of(self, tensor: Tensor) -> str:
        return self._copies[_identity(tensor)][0]


def _owners(
    script: Any, module: nn.Module, path: str
) -> Iterator[Tuple[str, Any, nn.Module]]:
    """Make the submodules of a module; return all by their paths, with those they stand for."""
    yield path, script, module
    for name, child in script._modules.items():
        inner = nn.Module()
        module.add_module(name, inner)
        yield from _owners(child, inner, join(path, name))


def _forward(script: torch.jit.ScriptModule) -> Callable[..., Any]:
    schema = script.forward.schema  # type: ignore[attr-defined]
    positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
    arguments = [
        inspect.Parameter(
            argument.name, positional,
            default=argument.default_value if argument.has_default_value()
            else inspect.Parameter.empty)
        for argument in schema.arguments[1:]]
    own = inspect.Parameter('self_', positional)
    signature = inspect.Signature([own, *arguments])

    def forward(*given: Any, **named: Any) -> Any:
        bound = signature.bind(*given, **named)
        bound.apply_defaults()
        module, *values = bound.arguments.values()
        return module.compute(values)

    setattr(forward, '__signature__', signature)
    return forward


def _argument(value: Any, kind: Any) -> Any:
    if kind is None or not isinstance(value, Tensor):
        return value
    return LiveNumber(value, kind) if is_unknown(value) else kind(value.item())


def _result(value: Any) -> Any:
    if isinstance(value, KnownTensor):
        return value.tensor()
    return as_tensor(value) if isinstance(value, LiveNumber) or is_number(value) else value


def _writes(script: torch.jit.ScriptModule) -> bool:
    changes = find_changes(script)
    return changes.in_tensors or changes.attributes is None or bool(changes.attributes)


def _identity(tensor: Tensor) -> Any:
    if tensor.layout != torch.strided or not tensor.numel():
        return id(tensor)
    return (
        tensor.untyped_storage().data_ptr(), tensor.storage_offset(), tuple(tensor.shape),
        tensor.stride(), tensor.dtype)


def _free_name(module: nn.Module, name: str) -> str:
    while hasattr(module, name):
        name += '_'
    return name


def _type_name(value: Any) -> str:
    kind = getattr(value, '_type', None)
    try:
        return str(kind().qualified_name().rpartition('.')[2]) if kind else type(value).__name__
    except RuntimeError:
        return type(value).__name__
