# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Read the code of a TorchScript archive: its syntax is that of Python."""

import ast
from dataclasses import dataclass, field
from typing import Any, Dict, FrozenSet, Iterator, List, Mapping, Optional, Tuple

_ROOT = '__torch__.'
_HOOK = '_is_full_backward_hook'
_NOT_IN_LIBRARIES = frozenset({'aten', 'prim', 'prims', 'quantized'})


@dataclass(frozen=True)
class CodeArgument:
    """An argument of a method; `default` is None, too, where that is the default."""

    name: str
    type_name: str
    default: Any
    is_required: bool


@dataclass(frozen=True)
class CodeMethod:
    """A method of a class, without its `self`."""

    name: str
    arguments: Tuple[CodeArgument, ...]
    result: str
    body: ast.FunctionDef = field(repr=False)

    def signature(self) -> str:
        """Write it as its author did."""
        arguments = ', '.join(
            f'{argument.name}: {_short(argument.type_name)}'
            + ('' if argument.is_required else f' = {argument.default!r}')
            for argument in self.arguments)
        return f'({arguments}) -> {_short(self.result)}'


@dataclass(frozen=True)
class CodeClass:
    """A class: a module, a NamedTuple, an interface or an object of the author's own."""

    name: str
    base: str
    parameters: Tuple[str, ...]
    buffers: Tuple[str, ...]
    attributes: Dict[str, str]
    methods: Dict[str, CodeMethod]

    @property
    def is_module(self) -> bool:
        """Whether it is a torch.nn.Module."""
        return self.base == 'Module'

    def kind_of(self, name: str) -> str:
        """Return what an attribute is: a parameter, a buffer or a plain attribute."""
        if name in self.parameters:
            return 'parameter'
        return 'buffer' if name in self.buffers else 'attribute'


class Code:
    """The classes of an archive by their qualified names, and what its code mentions."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Read texts by the names of their modules; raise SyntaxError if one is no code."""
        self._trees = {name: ast.parse(text) for name, text in texts.items()}
        self.classes: Dict[str, CodeClass] = {}
        for module, tree in self._trees.items():
            for statement in tree.body:
                if isinstance(statement, ast.ClassDef):
                    self.classes[f'{module}.{statement.name}'] = _read_class(statement)

    def modules(self) -> List[str]:
        """Return the names of the classes that are modules."""
        return [name for name, found in self.classes.items() if found.is_module]

    def fields(self, type_name: str) -> Optional[Dict[str, str]]:
        """Return the fields and their types of a NamedTuple, None for any other type."""
        found = self.classes.get(type_name)
        return found.attributes if found and found.base == 'NamedTuple' else None

    def library_operators(self) -> FrozenSet[str]:
        """Find the operators, as `library::name`, that are none of torch's own."""
        return frozenset(
            f'{parts[1]}::{parts[2]}' for parts in self._paths()
            if parts[:1] == ('ops',) and len(parts) == 3 and parts[1] not in _NOT_IN_LIBRARIES)

    def library_classes(self) -> FrozenSet[str]:
        """Find the classes, as `library::name`, that are made of C++."""
        return frozenset(
            f'{parts[3]}::{parts[4]}' for parts in self._paths()
            if parts[:3] == ('__torch__', 'torch', 'classes') and len(parts) >= 5)

    def devices(self) -> FrozenSet[str]:
        """Find the devices that the code names itself."""
        return frozenset(
            str(node.args[0].value) for tree in self._trees.values() for node in ast.walk(tree)
            if isinstance(node, ast.Call) and _path(node.func) == ('torch', 'device')
            and node.args and isinstance(node.args[0], ast.Constant))

    def is_surely_scripted(self, class_name: str) -> bool:
        """
        Whether a module has what no trace has.

        A trace has no branches, no loops, and no attributes but tensors and modules.
        """
        found = self.classes[class_name]
        forward = found.methods.get('forward')
        if forward and any(map(_is_control_flow, ast.walk(forward.body))):
            return True
        plain = {
            name for name, type_name in found.attributes.items()
            if name not in found.parameters + found.buffers
            and not type_name.startswith(_ROOT)}
        return bool(plain - {'training', _HOOK}) or found.attributes.get(_HOOK) == 'NoneType'

    def _paths(self) -> Iterator[Tuple[str, ...]]:
        for tree in self._trees.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute):
                    yield _path(node)


def class_name_of(qualified: str) -> str:
    """Shorten a qualified name to the name that its author gave the class."""
    return qualified.rpartition('.')[2]


def _is_control_flow(node: ast.AST) -> bool:
    return isinstance(node, (ast.If, ast.For, ast.While, ast.IfExp))


def _path(expression: ast.expr) -> Tuple[str, ...]:
    """Return the names in `torch.ops.name`; nothing for what is no such path."""
    names: List[str] = []
    while isinstance(expression, ast.Attribute):
        names.insert(0, expression.attr)
        expression = expression.value
    return (expression.id, *names) if isinstance(expression, ast.Name) else ()


def _short(type_name: str) -> str:
    return class_name_of(type_name) if type_name.startswith(_ROOT) else type_name


def _read_class(definition: ast.ClassDef) -> CodeClass:
    lists: Dict[str, Tuple[str, ...]] = {}
    attributes: Dict[str, str] = {}
    methods: Dict[str, CodeMethod] = {}
    for statement in definition.body:
        if isinstance(statement, ast.FunctionDef):
            methods[statement.name] = _read_method(statement)
        elif isinstance(statement, ast.AnnAssign):
            attributes[ast.unparse(statement.target)] = ast.unparse(statement.annotation)
        elif isinstance(statement, ast.Assign):
            target = statement.targets[0]
            if isinstance(target, ast.Subscript):  # `__annotations__["0"] = ...`
                attributes[ast.literal_eval(target.slice)] = ast.unparse(statement.value)
            elif isinstance(statement.value, ast.List):
                lists[ast.unparse(target)] = tuple(ast.literal_eval(statement.value))
    return CodeClass(
        definition.name, ast.unparse(definition.bases[0]) if definition.bases else '',
        lists.get('__parameters__', ()), lists.get('__buffers__', ()), attributes, methods)


def _read_method(definition: ast.FunctionDef) -> CodeMethod:
    arguments = definition.args.args[1:]
    defaults = definition.args.defaults
    required = len(arguments) - len(defaults)
    return CodeMethod(
        definition.name,
        tuple(
            CodeArgument(
                argument.arg, _type(argument.annotation),
                None if index < required else _value(defaults[index - required]),
                index < required)
            for index, argument in enumerate(arguments)),
        _type(definition.returns), definition)


def _type(annotation: Optional[ast.expr]) -> str:
    return 'Tensor' if annotation is None else ast.unparse(annotation)


def _value(expression: ast.expr) -> Any:
    try:
        return ast.literal_eval(expression)
    except ValueError:  # such as float('inf') or a device
        return ast.unparse(expression)
