# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The graph of an ExportedProgram, from the JSON that torch.export writes."""

import re
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from dg_pytorch_ros.inspection.facts import Block, Operation, Row, Value

_DTYPES = {
    1: 'uint8', 2: 'int8', 3: 'int16', 4: 'int32', 5: 'int64', 6: 'float16', 7: 'float32',
    8: 'float64', 9: 'complex32', 10: 'complex64', 11: 'complex128', 12: 'bool', 13: 'bfloat16',
    28: 'uint16', 29: 'float8_e4m3fn', 30: 'float8_e5m2', 31: 'float8_e4m3fnuz',
    32: 'float8_e5m2fnuz', 33: 'float8_e8m0fnu', 34: 'uint32', 35: 'uint64'}
_MEMORY_FORMATS = {1: 'contiguous_format', 2: 'channels_last', 3: 'channels_last_3d',
                   4: 'preserve_format'}
_LAYOUTS = {1: 'sparse_coo', 2: 'sparse_csr', 3: 'sparse_csc', 7: 'strided'}
_COND = 'torch.ops.higher_order.cond'
# Expressions of sizes are written as sympy's constructors.
_SYMBOL = re.compile(r"Symbol\('(\w+)'[^)]{0,200}\)|Integer\((-?\d+)\)")
# Sorts of arguments that name values of the graph.
_ONE = ('as_tensor', 'as_custom_obj')
_MANY = ('as_tensors',)
_SYMBOLIC = ('as_sym_int', 'as_sym_float', 'as_sym_bool')
_SYMBOLIC_LISTS = ('as_sym_ints', 'as_sym_floats', 'as_sym_bools')
_OPTIONAL_LISTS = ('as_optional_tensors',)
_NESTED = ('as_nested_tensors',)

Json = Mapping[str, Any]


def read_graph(
    graph: Json, stored: Mapping[str, str], inputs: Sequence[str], outputs: Sequence[Json]
) -> Block:
    """
    Return a graph with the inputs and outputs that a user sees.

    `stored` are the paths of parameters, buffers and constants, by their names in the graph. What
    is not as it should be raises AttributeError, IndexError, KeyError, TypeError or ValueError.
    """
    reader = _Reader(graph, {
        name: Value(path, type_of(graph, name), is_stored=True) for name, path in stored.items()})
    return Block(
        'forward', tuple(map(reader.value, inputs)), reader.operations(),
        tuple(value for one in outputs for value in reader.values(one)))


def type_of(graph: Json, name: str) -> str:
    """Return the dtype and shape of a value, '' if the graph does not tell."""
    meta = graph['tensor_values'].get(name)
    if meta is None:
        return ''
    # Torch 2.1 has one level more.
    meta = meta.get('val', meta)
    return f'{dtype_name(meta["dtype"])}[{", ".join(map(size_text, meta["sizes"]))}]'


def dtype_name(code: Any) -> str:
    """Return the name of a dtype by its number in torch.export's schema."""
    return _DTYPES.get(code, f'dtype {code}')


def size_text(size: Any) -> str:
    """Return a size: a number, or an expression of free sizes by their names."""
    if 'as_int' in size:
        return str(int(size['as_int']))
    expression = str(size['as_expr']['expr_str'])
    return _SYMBOL.sub(lambda match: str(match[1] or match[2]), expression)


def plain(argument: Json) -> Any:
    """Return the constant that an argument is."""
    ((sort, content),) = argument.items()
    if sort == 'as_none':
        return None
    if sort == 'as_scalar_type':
        return dtype_name(content)
    if sort == 'as_device':
        return _device(content)
    if sort == 'as_memory_format':
        return _MEMORY_FORMATS.get(content, content)
    if sort == 'as_layout':
        return _LAYOUTS.get(content, content)
    if sort in _SYMBOLIC_LISTS:
        return [next(iter(one.values())) for one in content]
    if sort == 'as_complex':
        return str(complex(content['real'], content['imag']))
    return content


def module_stack(node: Json) -> List[Tuple[str, str]]:
    """Return path and class of the modules that a node is in, the outermost first."""
    modules = []
    for entry in filter(None, str(node['metadata'].get('nn_module_stack', '')).split(';')):
        parts = entry.rsplit(',', 2)
        if len(parts) == 3:
            modules.append((parts[1], parts[2]))
    return modules


def argument_names(argument: Json) -> List[str]:
    """Return the values of the graph that an argument is made of."""
    ((sort, content),) = argument.items()
    if sort in _ONE:
        return [content['name']]
    if sort in _MANY:
        return [one['name'] for one in content]
    if sort in _NESTED:
        return [one['name'] for row in content for one in row]
    if sort in _SYMBOLIC:
        return [content['as_name']] if 'as_name' in content else []
    if sort in _SYMBOLIC_LISTS:
        return [one['as_name'] for one in content if 'as_name' in one]
    if sort in _OPTIONAL_LISTS:
        return [one['as_tensor']['name'] for one in content if 'as_tensor' in one]
    if sort == 'as_optional_tensor':
        return [content['as_tensor']['name']] if 'as_tensor' in content else []
    return []


class _Reader:
    """One graph; `known` are the values that come from outside, `prefix` is put before others."""

    def __init__(self, graph: Json, known: Mapping[str, Value], prefix: str = '') -> None:
        self._graph = graph
        self._known = dict(known)
        self._prefix = prefix

    def value(self, name: str, role: str = '') -> Value:
        known = self._known.get(name)
        if known:
            return Value(known.name, known.type_name, role, known.is_stored)
        return Value(self._prefix + name, type_of(self._graph, name), role)

    def values(self, argument: Json, role: str = '') -> Tuple[Value, ...]:
        return tuple(self.value(name, role) for name in argument_names(argument))

    def operations(self) -> Tuple[Operation, ...]:
        return tuple(map(self._operation, self._graph['nodes']))

    def _operation(self, node: Json) -> Operation:
        inputs: List[Value] = []
        attributes: Row = {}
        blocks: List[Block] = []
        for index, named in enumerate(node['inputs']):
            argument, role = named['arg'], named['name']
            values = self.values(argument, role)
            if 'as_graph' in argument:
                blocks.append(self._block(argument['as_graph'], node))
                continue
            inputs += values
            if not values or any(sort in argument for sort in _SYMBOLIC_LISTS):
                attributes[role or str(index)] = plain(argument)
        target = str(node['target'])
        if target == _COND:
            # The branches use the other operands by themselves.
            inputs = [Value(one.name, one.type_name, 'condition') for one in inputs[:1]]
        modules = module_stack(node)
        return Operation(
            target.removeprefix('torch.ops.'), tuple(inputs),
            tuple(value for output in node['outputs'] for value in self.values(output)),
            attributes, tuple(blocks), modules[-1][0] if modules else '', is_in_place(target))

    def _block(self, named: Json, node: Json) -> Block:
        graph, label = named['graph'], str(named['name'])
        formal = [name for one in graph['inputs'] for name in argument_names(one)]
        known: Dict[str, Value] = {}
        if node['target'] == _COND:
            operands = [
                value for one in node['inputs'][1:] for value in self.values(one['arg'])]
            known = dict(zip(formal, operands))
        reader = _Reader(graph, known, f'{self._prefix}{label}/')
        return Block(
            _branch(label), tuple(reader.value(name) for name in formal if name not in known),
            reader.operations(),
            tuple(value for one in graph['outputs'] for value in reader.values(one)))


def is_in_place(target: str) -> bool:
    """Whether an operator writes into its first argument: `aten.add_.Tensor` does."""
    name = target.removeprefix('torch.ops.').partition('.')[2].partition('.')[0]
    return name.endswith('_') and not name.endswith('__')


def _branch(label: str) -> str:
    for begin, branch in (('true_graph', 'then'), ('false_graph', 'else')):
        if label.startswith(begin):
            return branch
    return label


def _device(device: Json) -> str:
    index = device.get('index')
    return str(device['type']) if index is None else f'{device["type"]}:{index}'
