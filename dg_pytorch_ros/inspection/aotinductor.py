# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""AOTInductor packages, from what their archives say: the compiled code is not loaded."""

import json
from pathlib import PurePosixPath
import re
from typing import Dict, Iterator, List, Tuple

from dg_pytorch_ros.archive import Archive
from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.inspection.exported_program import program_places
from dg_pytorch_ros.inspection.facts import Facts, Row, Section
from dg_pytorch_ros.inspection.shapes import checked_shape
from dg_pytorch_ros.inspection.stored import StoredTensor
from dg_pytorch_ros.inspection.totals import totals_section

FOLDER = 'data/aotinductor/'
_KERNELS = ('.kernel.cpp', '.cubin', '.hsaco', '.spv', '.metallib')
_OWN = 'AOTI_'
_LARGEST = 20
# The generated source says what the compiled code takes and has built in.
_INPUT = re.compile(r'\binputs_info_\[(\d+)\]\.name = "([^"\n]{0,500})"')
_OUTPUT = re.compile(r'\boutputs_info_\[(\d+)\]\.name = "([^"\n]{0,500})"')
_CONSTANT = re.compile(
    r'\bconstants_info_\[(\d+)\]\.'
    r'(?:dtype = cached_torch_dtype_(?P<dtype>\w+)|shape = \{(?P<shape>[\d, ]*)\}|'
    r'type = [^;\n]{0,80}ConstantType::(?P<type>\w+)|original_fqn = "(?P<path>[^"\n]{0,500})")')


def aotinductor_facts(archive: Archive) -> Facts:
    """Return what the package says of the models compiled in it."""
    names = sorted({
        path.removeprefix(FOLDER).partition('/')[0] for path in archive.below(FOLDER)})
    models = [_Model(archive, name) for name in names]
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
        self._paths = archive.below(f'{FOLDER}{name}/')
        self._metadata: Dict[str, str] = {}
        for path in self._paths:
            if path.endswith('_metadata.json'):
                self._metadata.update(_read_texts(archive, path))
        self._source = ''
        for path in self._paths:
            if path.endswith(('.wrapper.cpp', '.cpp')) and not path.endswith('.kernel.cpp'):
                self._source += str(archive.read(path), 'utf-8', 'replace')

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
        inputs, outputs = _numbered(_INPUT, self._source), _numbered(_OUTPUT, self._source)
        about = f' of {self.name}' if prefix else ''
        if inputs or outputs:
            yield Section(f'{prefix}arguments', f'Arguments{about}', [
                {'name': name, 'type': 'Tensor', 'default': None, 'required': True,
                 'example': None} for name in inputs])
            yield Section(f'{prefix}results', f'Results{about}', [
                {'name': name, 'type': 'Tensor', 'example': None} for name in outputs])
            yield totals_section(self._constants(), prefix=prefix, about=about)
        own = {
            key: value for key, value in self._metadata.items() if not key.startswith(_OWN)}
        if own:
            yield Section(f'{prefix}metadata', f'Metadata{about}', own)

    def warnings(self) -> Iterator[str]:
        """Say where the model runs."""
        isa, machine = self._metadata.get('AOTI_CPU_ISA'), self._metadata.get('AOTI_MACHINE')
        if machine:
            with_isa = f' with {isa}' if isa else ''
            yield (
                f'{self.name!r} was compiled for {machine}{with_isa}: on any other machine it '
                'does not load, or crashes')

    def _size_of(self, *suffixes: str) -> int:
        return sum(self._archive.size(path) for path in self._paths if path.endswith(suffixes))

    def _constants(self) -> Dict[str, List[StoredTensor]]:
        constants: Dict[int, Dict[str, str]] = {}
        for match in _CONSTANT.finditer(self._source):
            found = {key: text for key, text in match.groupdict().items() if text is not None}
            constants.setdefault(int(match[1]), {}).update(found)
        tensors: Dict[str, List[StoredTensor]] = {'parameters': [], 'buffers': []}
        for constant in constants.values():
            kind = f'{constant.get("type", "constant").lower()}s'
            kind = kind if kind in tensors else 'constants'
            sizes = filter(str.strip, constant.get('shape', '').split(','))
            try:
                shape = checked_shape(map(int, sizes))
            except ValueError as error:
                raise ModelFileError(f'holds a source with {error}') from error
            tensors.setdefault(kind, []).append(
                StoredTensor(constant.get('dtype', 'unknown'), shape))
        return tensors


def _read_texts(archive: Archive, path: str) -> Dict[str, str]:
    try:
        metadata = json.loads(archive.read(path))
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f'holds {path}, which is no JSON: {error}') from error
    if not isinstance(metadata, dict):
        raise ModelFileError(f'holds {path}, which is no table of names and texts')
    return {str(key): str(value) for key, value in metadata.items()}


def _numbered(pattern: 're.Pattern[str]', source: str) -> Tuple[str, ...]:
    found = {int(number): name for number, name in pattern.findall(source)}
    return tuple(found[number] for number in sorted(found))


def _files(archive: Archive) -> List[Row]:
    paths = sorted(archive.below(FOLDER), key=archive.size, reverse=True)
    return [
        {'file': PurePosixPath(path).name, 'bytes': archive.size(path)}
        for path in paths[:_LARGEST]]
