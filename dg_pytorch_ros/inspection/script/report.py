# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""All that is known of a TorchScript file."""

import io
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple
import warnings

from dg_pytorch_ros.contract import Signature
from dg_pytorch_ros.errors import ContractError, ModelFileError
from dg_pytorch_ros.inspection.facts import Block, Facts, Row, Section
from dg_pytorch_ros.inspection.script.archive import ScriptArchive
from dg_pytorch_ros.inspection.script.cautions import (
    cautions_of_archive, cautions_of_graph, cautions_of_libraries, cautions_of_signature,
    cautions_of_state)
from dg_pytorch_ros.inspection.script.graph import read_graph, without_dead_ends
from dg_pytorch_ros.inspection.script.libraries import libraries_of, Library
from dg_pytorch_ros.inspection.script.modules import StoredModules
from dg_pytorch_ros.inspection.script.signature import signature_of
from dg_pytorch_ros.inspection.script.source import class_name_of, CodeClass, CodeMethod
from dg_pytorch_ros.inspection.script.state import find_state, looks_like_reset, State
from dg_pytorch_ros.inspection.stored import StoredTensor, tensors_in
from dg_pytorch_ros.inspection.totals import totals_section
from dg_pytorch_ros.torchscript.changes import evaluation_graph
import torch


class _Loaded(NamedTuple):
    """What only torch can tell."""

    graph: Block
    sketch: Block
    state: State


def script_facts(path: Path, content: bytes, *, load: bool = True) -> Facts:
    """
    Return what is known of a TorchScript file without running its `forward`.

    Most of it is read from the archive; its graph and its state need torch to load it, which does
    not happen without `load`. Raise ModelFileError if its code is not understood.
    """
    try:
        archive = ScriptArchive(content)
    except ModelFileError as error:
        return Facts(
            'TorchScript module, broken', warnings=(f'it {error}',), is_model=False)
    except Exception as error:  # a pickle of anything raises anything
        raise ModelFileError(
            f'model file {path} is a TorchScript archive that is not understood: '
            f'{type(error).__name__}: {error}') from error
    return _Report(archive, content).facts(load=load)


class _Report:

    def __init__(self, archive: ScriptArchive, content: bytes) -> None:
        self._archive = archive
        self._content = content
        self._modules = StoredModules(archive)
        self._root: CodeClass = self._modules.all[0].definition
        self._libraries = libraries_of(archive.code)
        forward = self._root.methods.get('forward')
        self._signature = None if forward is None else signature_of(forward, archive.code)

    def facts(self, *, load: bool) -> Facts:
        loaded: Optional[_Loaded] = None
        no_graph = 'it was not loaded'
        if self._signature is None:
            no_graph = 'the module has no forward method'
        elif load:
            try:
                loaded = self._load()
            except (RuntimeError, ValueError) as error:
                no_graph = f'torch {torch.__version__} cannot load it: {_reason(error)}'
        is_missing = any(library.missing for library in self._libraries)
        is_broken = load and loaded is None and not is_missing
        return Facts(
            self._kind(), tuple(self._sections(loaded)),
            (*([no_graph] if is_broken else []), *self._cautions(loaded)),
            loaded and loaded.graph, loaded and loaded.sketch, no_graph if not loaded else '',
            is_model=not is_broken and self._signature is not None)

    def _load(self) -> _Loaded:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            module = torch.jit.load(io.BytesIO(self._content), map_location='cpu').eval()
        describe = self._modules.describe
        evaluated = evaluation_graph(module)
        return _Loaded(
            read_graph(module.forward.inlined_graph, describe),
            read_graph(without_dead_ends(evaluated), describe), find_state(module, evaluated))

    def _kind(self) -> str:
        if self._signature is None:
            return 'TorchScript module without a forward method'
        return f'TorchScript module, {self._origin()}'

    def _origin(self) -> str:
        was_traced = self._archive.was_traced()
        if was_traced is None:
            if any(map(self._archive.code.is_surely_scripted, self._archive.code.modules())):
                return 'most likely scripted: parts of it are'
            return 'scripted or traced: the file does not tell'
        if was_traced:
            parts = ', with scripted parts' if self._archive.has_scripted_parts() else ''
            return f'traced{parts}'
        return 'scripted' + (', with traced parts' if self._archive.has_traced_parts() else '')

    def _sections(self, loaded: Optional[_Loaded]) -> Iterator[Section]:
        yield Section('archive', 'Archive', self._about_archive())
        if self._signature is not None:
            yield Section('arguments', 'Arguments of forward', self._arguments())
            yield Section('results', 'Results of forward', _results(self._signature))
        yield Section('methods', 'Other methods', self._methods(loaded))
        yield Section('state', 'State between evaluations', _about_state(loaded))
        if loaded:
            yield Section('changes', 'What an evaluation changes', self._changes(loaded.state))
        yield totals_section({
            f'{kind}s': found for kind, found in self._tensors().items()
            if found or kind in ('parameter', 'buffer')})
        yield Section('modules', 'Modules', self._module_rows())
        yield Section('attributes', 'Other attributes', self._attributes())
        yield Section('libraries', 'Libraries beside torch', _library_rows(self._libraries))

    def _cautions(self, loaded: Optional[_Loaded]) -> Iterator[str]:
        yield from cautions_of_libraries(self._libraries)
        if self._signature is not None:
            yield from cautions_of_signature(self._signature)
        yield from cautions_of_archive(self._archive, self._modules)
        if loaded:
            yield from cautions_of_graph(loaded.sketch)
            yield from cautions_of_state(loaded.state, self._modules)

    def _about_archive(self) -> Row:
        archive = self._archive
        root = self._modules.all[0]
        is_frozen = root.training is None
        return {
            'class': class_name_of(archive.root.class_name),
            'traced': archive.was_traced(),
            'frozen': is_frozen,
            'training_mode': root.training,
            'format_version': archive.format_version,
            'torch_version': None,  # no archive of TorchScript tells
            'source_lines': archive.has_source_lines,
            'devices_in_code': sorted(archive.code.devices()),
            'extra_files': archive.extra_files,
        }

    def _arguments(self) -> List[Row]:
        examples = self._archive.traced_inputs().get('forward', [])
        return [
            {
                'name': argument.name, 'type': argument.type_name, 'default': argument.default,
                'required': argument.is_required,
                'example': _example(examples[index]) if index < len(examples) else None}
            for index, argument in enumerate(self._root.methods['forward'].arguments)]

    def _methods(self, loaded: Optional[_Loaded]) -> List[Row]:
        return [
            self._method(method, loaded) for name, method in self._root.methods.items()
            if name != 'forward']

    def _method(self, method: CodeMethod, loaded: Optional[_Loaded]) -> Row:
        resets = list(loaded.state.resets.get(method.name, ())) if loaded else []
        return {
            'name': method.name, 'signature': method.signature(),
            'looks_like_reset': looks_like_reset(method.name) and bool(resets or not loaded),
            'changes': resets}

    def _changes(self, state: State) -> List[Row]:
        modules = self._modules
        return [
            {
                'name': path, 'kind': modules.kind(path), 'type': modules.describe(path),
                'how': how, 'same_memory': modules.sharing(path),
                'restored_by_reset':
                    modules.kind(path) != 'parameter' and not state.is_lost(path)}
            for path, how in state.changes.items()]

    def _tensors(self) -> Dict[str, List[StoredTensor]]:
        return {**self._modules.tensors(), 'constant': self._modules.constants()}

    def _module_rows(self) -> List[Row]:
        rows = []
        for module in self._modules.all:
            parameters = list(module.tensors('parameter'))
            buffers = list(module.tensors('buffer'))
            rows.append({
                'path': module.path, 'class': module.definition.name,
                'parameters': sum(tensor.elements for tensor in parameters),
                'buffers': sum(tensor.elements for tensor in buffers),
                'bytes': sum(tensor.size for tensor in parameters + buffers),
                'training': module.training})
        return rows

    def _attributes(self) -> List[Row]:
        return [
            {'path': path, 'type': type_name, 'content': _shown(self._modules, path)}
            for path, type_name in self._modules.plain_attributes()]


def _results(signature: Signature) -> List[Row]:
    result = signature.result
    if result.is_open:
        return [{'name': None, 'type': result.annotation, 'example': None}]
    try:
        names: Tuple[Optional[str], ...] = signature.match_outputs(None)
    except ContractError:
        names = result.names or len(result.types) * (None,)
    return [
        {'name': name, 'type': type_name, 'example': None}
        for name, type_name in zip(names, result.types)]


def _about_state(loaded: Optional[_Loaded]) -> Row:
    if loaded is None:
        return {'keeps_state': None, 'explanation': 'cannot be told without loading the file'}
    state = loaded.state
    if state.changes:
        return {
            'keeps_state': True,
            'explanation': 'what an evaluation gives may depend on those before'}
    if state.is_certain:
        return {'keeps_state': False, 'explanation': 'no evaluation changes anything in it'}
    return {
        'keeps_state': None,
        'explanation': 'it has hooks, tasks, foreign operators or parts that cannot be seen into'}


def _library_rows(libraries: List[Library]) -> List[Row]:
    return [
        {
            'library': library.name, 'uses': list(library.uses), 'missing': list(library.missing),
            'import': library.module, 'installed': library.is_installed}
        for library in libraries]


def _shown(modules: StoredModules, path: str) -> Any:
    content = modules.find(path)
    is_scalar = isinstance(content, (bool, int, float, str))
    return content if is_scalar else modules.describe(path)


def _example(value: Any) -> str:
    if isinstance(value, StoredTensor):
        return str(value)
    count = sum(1 for _ in tensors_in(value))
    return f'{count} tensors' if count else repr(value)


def _reason(error: Exception) -> str:
    # The first line says it; the others show the code around.
    return next(filter(None, map(str.strip, str(error).splitlines())), type(error).__name__)
