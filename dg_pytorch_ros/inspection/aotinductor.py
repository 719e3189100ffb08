# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""AOTInductor packages, from what their archives say: the compiled code is not loaded."""

from pathlib import PurePosixPath
from typing import Dict, Iterator, List, Optional, Sequence

from dg_pytorch_ros.aotinductor.metadata import Metadata, read_metadata, TensorFact
from dg_pytorch_ros.aotinductor.package import CompiledModel, FOLDER, model_names
from dg_pytorch_ros.aotinductor.source import Source, SourceInput
from dg_pytorch_ros.archive import Archive
from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.exported.writing import program_places
from dg_pytorch_ros.inspection.facts import Facts, Row, Section
from dg_pytorch_ros.inspection.shapes import checked_shape
from dg_pytorch_ros.inspection.stored import StoredTensor
from dg_pytorch_ros.inspection.totals import totals_section

_KERNELS = ('.kernel.cpp', '.cubin', '.hsaco', '.spv', '.metallib')
_WRITTEN_BY_TOOLS = ('AOTI_', 'dg_pytorch_ros.')
_LARGEST = 20


def aotinductor_facts(archive: Archive) -> Facts:
    """Return what the package says of the models compiled in it."""
    models = [_Model(archive, name) for name in model_names(archive)]
    sections = [Section('models', 'Compiled models', [model.row() for model in models])]
    for model in models:
        sections += model.sections(f'{model.name}_' if len(models) > 1 else '')
    sections.append(Section('archive', 'Largest files in the package', _files(archive)))
    warnings = [
        'it is compiled code, which runs with all rights of the process that loads it: load '
        'packages that you trust']
    for model in models:
        warnings += model.warnings()
    if program_places(archive):
        warnings.append('the package holds the exported program, too, which is not shown here')
    return Facts(
        'AOTInductor package', tuple(sections), tuple(warnings),
        no_graph='it is compiled')


class _Model:
    """One of the models in a package."""

    def __init__(self, archive: Archive, name: str) -> None:
        self._archive = archive
        self.name = name
        model = CompiledModel(archive, name)
        self._paths = model.paths
        self._metadata = model.metadata
        self._source = Source(model.wrapper)

    def row(self) -> Row:
        """Return what can be said in a line."""
        return {
            'name': self.name, 'device': self._metadata.get('AOTI_DEVICE_KEY'),
            'platform': self._metadata.get('AOTI_PLATFORM'),
            'machine': self._metadata.get('AOTI_MACHINE'),
            'cpu_isa': self._metadata.get('AOTI_CPU_ISA') or None,
            'compute_capability': self._metadata.get('AOTI_COMPUTE_CAPABILITY') or None,
            'kernels': len([path for path in self._paths if path.endswith(_KERNELS)]),
            'library_bytes': self._size_of('.so', '.pyd', '.dll', '.dylib'),
            'weights_bytes': self._size_of('.blob', '.bin')}

    def sections(self, prefix: str) -> Iterator[Section]:
        """Return what the generated source and the metadata tell."""
        source, stated = self._source, read_metadata(self._metadata)
        about = f' of {self.name}' if prefix else ''
        if source.inputs or source.outputs:
            yield Section(
                f'{prefix}arguments', f'Arguments{about}', _rows_of_inputs(source, stated))
            yield Section(f'{prefix}results', f'Results{about}', [
                {'name': name, 'type': 'Tensor', 'example': None}
                for name in _names(source.outputs, stated.outputs if stated else ())])
            yield totals_section(self._constants(), prefix=prefix, about=about)
        own = {
            key: value for key, value in self._metadata.items()
            if not key.startswith(_WRITTEN_BY_TOOLS)}
        if own:
            yield Section(f'{prefix}metadata', f'Metadata{about}', own)

    def warnings(self) -> Iterator[str]:
        """Say where the model runs."""
        isa, machine = self._metadata.get('AOTI_CPU_ISA'), self._metadata.get('AOTI_MACHINE')
        if machine:
            with_isa = f' with {isa}' if isa else ''
            yield (
                f'{self.name!r} was compiled for {machine}{with_isa}: on any other machine it '
                'would crash, and the node refuses it')

    def _size_of(self, *suffixes: str) -> int:
        return sum(self._archive.size(path) for path in self._paths if path.endswith(suffixes))

    def _constants(self) -> Dict[str, List[StoredTensor]]:
        tensors: Dict[str, List[StoredTensor]] = {'parameters': [], 'buffers': []}
        for constant in self._source.constants.values():
            kind = f'{constant.kind.lower()}s'
            try:
                shape = checked_shape(constant.shape)
            except ValueError as error:
                raise ModelFileError(f'holds a source with {error}') from error
            tensors.setdefault(kind if kind in tensors else 'constants', []).append(
                StoredTensor(constant.dtype or 'unknown', shape))
        return tensors


def _rows_of_inputs(source: Source, stated: Optional[Metadata]) -> List[Row]:
    own = [each.name for each in source.inputs]
    names = _names(own, stated.inputs if stated else ())
    return [
        {'name': name, 'type': 'Tensor', 'default': None, 'required': True,
         'example': _example(each)} for name, each in zip(names, source.inputs)]


def _names(own: Sequence[str], stated: Sequence[TensorFact]) -> Sequence[str]:
    return [fact.name for fact in stated] if len(stated) == len(own) else own


def _example(tensor: SourceInput) -> Optional[str]:
    if tensor.shape is None:
        return None
    sizes = ', '.join('any' if size < 0 else str(size) for size in tensor.shape)
    return f'{tensor.dtype}[{sizes}]'


def _files(archive: Archive) -> List[Row]:
    paths = sorted(archive.below(FOLDER), key=archive.size, reverse=True)
    return [
        {'file': PurePosixPath(path).name, 'bytes': archive.size(path)}
        for path in paths[:_LARGEST]]
