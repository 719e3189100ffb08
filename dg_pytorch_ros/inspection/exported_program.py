# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""ExportedPrograms of torch.export, from what their archives say: nothing is loaded or run."""

import json
import re
from typing import Any, Dict, Iterator, List, Tuple

from dg_pytorch_ros.archive import Archive
from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.exported.writing import (
    names_of_arguments, names_of_results, NOT_AS_EXPECTED, OLD_PLACE, program_places, written_by)
from dg_pytorch_ros.inspection.exported_graph import (
    argument_names, dtype_name, is_in_place, Json, module_stack, plain, read_graph, type_of)
from dg_pytorch_ros.inspection.facts import Facts, Row, Section
from dg_pytorch_ros.inspection.shapes import checked_shape
from dg_pytorch_ros.inspection.stored import StoredTensor
from dg_pytorch_ros.inspection.totals import module_rows, totals_section

_STORED = {
    'parameter': 'parameter_name', 'buffer': 'buffer_name',
    'tensor_constant': 'tensor_constant_name', 'custom_obj': 'custom_obj_name'}
_CHANGED = {
    'buffer_mutation': 'buffer_name', 'parameter_mutation': 'parameter_name',
    'user_input_mutation': 'user_input_name'}
# Operators whose result is another view of the numbers in their first argument.
_VIEWS = re.compile(
    r'torch\.ops\.aten\.(alias|as_strided|chunk|detach|diagonal|expand|flatten|movedim|narrow|'
    r'permute|reshape|select|slice|split|split_with_sizes|squeeze|swapaxes|t|transpose|unbind|'
    r'unflatten|unfold|unsqueeze|view|view_as)\.')
_RUNNING = ('running_mean', 'running_var')


def exported_facts(archive: Archive) -> Facts:
    """Return what an archive says of the program in it."""
    places = program_places(archive)
    if not places:
        raise ModelFileError('is a .pt2 archive, but there is no program in it; export it again')
    content = archive.read(places[0])
    try:
        return _Program(json.loads(content)).facts(places)
    except NOT_AS_EXPECTED as error:
        raise ModelFileError(
            f'holds {places[0]}, which is not what torch.export writes '
            f'({type(error).__name__}: {error})') from error


class _Program:

    def __init__(self, program: Json) -> None:
        self._program = program
        self._module = program['graph_module']
        self._graph = self._module['graph']
        signature = self._module['signature']
        # By their names in the graph: what is stored in the file, and under which path.
        self._stored: Dict[str, str] = {}
        self._kinds: Dict[str, str] = {}
        self._inputs: List[Json] = []
        for spec in signature['input_specs']:
            ((kind, content),) = spec.items()
            if kind in _STORED:
                name = content['arg']['name']
                self._stored[name] = str(content[_STORED[kind]])
                self._kinds[name] = kind
            elif kind in ('user_input', 'constant_input'):
                self._inputs.append(content)
        self._outputs: List[Json] = []
        self._changed: Dict[str, None] = {}
        for spec in signature['output_specs']:
            ((kind, content),) = spec.items()
            if kind == 'user_output':
                self._outputs.append(content['arg'])
            elif kind in _CHANGED:
                self._changed[str(content[_CHANGED[kind]])] = None
        self._changed.update(dict.fromkeys(self._written()))

    def facts(self, places: Tuple[str, ...]) -> Facts:
        """Return everything."""
        graph = read_graph(self._graph, self._stored, self._free_inputs(), self._outputs)
        return Facts(
            'ExportedProgram of torch.export', tuple(self._sections(places)),
            tuple(self._warnings(places)), graph=graph)

    def _sections(self, places: Tuple[str, ...]) -> Iterator[Section]:
        yield Section('program', 'Program', self._about(places))
        yield Section('arguments', 'Arguments of forward', list(self._argument_rows()))
        yield Section('results', 'Results of forward', list(self._result_rows()))
        sizes = self._program.get('range_constraints') or {}
        if sizes:
            yield Section('sizes', 'Free sizes', [
                {'name': str(name), 'least': limits.get('min_val'), 'most': limits.get('max_val')}
                for name, limits in sizes.items()])
        yield Section('state', 'State between evaluations', {
            'keeps_state': bool(self._changed), 'changes': list(self._changed)})
        tensors = {kind: self._tensors(kind) for kind in ('parameter', 'buffer')}
        constants = self._tensors('tensor_constant')
        shown = {'parameters': tensors['parameter'], 'buffers': tensors['buffer']}
        if constants:
            shown['constants'] = constants
        yield totals_section({kind: list(found.values()) for kind, found in shown.items()})
        classes = {
            path: name for node in self._graph['nodes'] for path, name in module_stack(node)}
        yield Section('modules', 'Modules', module_rows(
            tensors['parameter'], tensors['buffer'], classes))

    def _about(self, places: Tuple[str, ...]) -> Row:
        version = self._program.get('schema_version') or {}
        return {
            'written_by': f'torch {written_by(self._program)}',
            'schema': f'{version.get("major")}.{version.get("minor")}',
            'dialect': enumeration(map(str, self._program.get('verifiers') or ['unknown'])),
            'layout': 'before torch 2.7' if places[0] == OLD_PLACE else 'archive',
            'programs': list(places)}

    def _argument_rows(self) -> Iterator[Row]:
        names = names_of_arguments(self._program)
        if len(names) != len(self._inputs):
            names = [_name(one) for one in self._inputs]
        for name, content in zip(names, self._inputs):
            if 'value' in content:
                value = plain(content['value'])
                yield _argument_row(name, type(value).__name__, value)
                continue
            ((sort, _),) = content['arg'].items()
            types = [type_of(self._graph, one) for one in argument_names(content['arg'])]
            kind = 'Tensor' if sort == 'as_tensor' else sort.removeprefix('as_')
            yield _argument_row(name, kind, types[0] if types and types[0] else None)

    def _result_rows(self) -> Iterator[Row]:
        names = names_of_results(self._program)
        if len(names) != len(self._outputs):
            names = (
                ['output'] if len(self._outputs) == 1
                else [f'output_{index}' for index in range(len(self._outputs))])
        for name, output in zip(names, self._outputs):
            types = [type_of(self._graph, one) for one in argument_names(output)]
            ((sort, _),) = output.items()
            yield {
                'name': name, 'type': 'Tensor' if sort == 'as_tensor' else
                sort.removeprefix('as_'), 'example': types[0] if types and types[0] else None}

    def _free_inputs(self) -> List[str]:
        return [
            name for content in self._inputs if 'arg' in content
            for name in argument_names(content['arg'])]

    def _written(self) -> Iterator[str]:
        """Find what the graph writes in place: before decomposition, no signature tells it."""
        origins = dict(self._stored)
        origins.update((name, name) for name in self._free_inputs())
        for node in self._graph['nodes']:
            target, inputs = str(node['target']), node['inputs']
            first = argument_names(inputs[0]['arg']) if inputs else []
            if first and first[0] in origins:
                if is_in_place(target):
                    yield origins[first[0]]
                if is_in_place(target) or _VIEWS.match(target):
                    for output in node['outputs']:
                        for name in argument_names(output):
                            origins[name] = origins[first[0]]
            if target.startswith('torch.ops.aten.batch_norm.'):
                yield from self._running(inputs)

    def _running(self, inputs: List[Json]) -> Iterator[str]:
        """Find what batch_norm in training mode writes."""
        if not any(one['name'] == 'training' and one['arg'].get('as_bool') for one in inputs):
            return
        for one in inputs:
            if one['name'] in _RUNNING:
                for name in argument_names(one['arg']):
                    yield self._stored.get(name, name)

    def _tensors(self, kind: str) -> Dict[str, StoredTensor]:
        tensors = {}
        for name, path in self._stored.items():
            meta = self._graph['tensor_values'].get(name)
            if self._kinds[name] == kind and meta:
                meta = meta.get('val', meta)
                shape = checked_shape(size['as_int'] for size in meta['sizes'])
                tensors[path] = StoredTensor(dtype_name(meta['dtype']), shape)
        return tensors

    def _warnings(self, places: Tuple[str, ...]) -> Iterator[str]:
        if len(places) > 1:
            yield f'the archive holds {len(places)} programs; what is shown is {places[0]}'
        parameters = set(self._tensors('parameter')) & set(self._changed)
        if parameters:
            yield f'it changes its parameters {enumeration(sorted(parameters))}'
        elsewhere = {
            str(meta.get('val', meta)['device']['type'])
            for meta in self._graph['tensor_values'].values()} - {'cpu'}
        if elsewhere:
            yield f'it was exported for {enumeration(sorted(elsewhere))}, not for the cpu'


def _argument_row(name: str, type_name: str, example: Any) -> Row:
    # What is no tensor was written into the program when it was exported.
    return {
        'name': name, 'type': type_name, 'default': None, 'required': True,
        'example': example if example is None or isinstance(example, str) else repr(example)}


def _name(content: Json) -> str:
    if 'name' in content:
        return str(content['name'])
    names = argument_names(content['arg'])
    return names[0] if names else ''
