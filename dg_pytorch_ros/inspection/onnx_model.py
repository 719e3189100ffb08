# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""ONNX models, read without any library of ONNX."""

from pathlib import Path
from typing import Dict, Iterator, List

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.inspection.facts import Facts, Row, Section
from dg_pytorch_ros.inspection.onnx_graph import Graph, Initializer
from dg_pytorch_ros.inspection.totals import totals_section
from dg_pytorch_ros.protobuf import Message, ProtobufError

_OWN_DOMAINS = ('', 'ai.onnx', 'ai.onnx.ml', 'ai.onnx.training')

_RANDOM = (
    'Bernoulli', 'Multinomial', 'RandomNormal', 'RandomNormalLike', 'RandomUniform',
    'RandomUniformLike')


def onnx_facts(content: bytes, folder: Path) -> Facts:
    """
    Return what a model says of itself.

    `folder` is where it lies: files that it names are looked for there.
    """
    try:
        return _Model(Message(memoryview(content)), folder).facts()
    except ProtobufError as error:
        raise ModelFileError(
            f'is an ONNX file that is broken or truncated ({len(content)} bytes): {error}; '
            'copy or export it again') from error


class _Model:

    def __init__(self, model: Message, folder: Path) -> None:
        self._model = model
        self._graph = Graph(model.message(7), {})
        self._block = self._graph.block('forward')
        self._folder = folder
        self._opsets = {
            entry.text(1) or 'ai.onnx': entry.number(2) for entry in model.messages(8)}

    def facts(self) -> Facts:
        """Return everything."""
        opset = self._opsets.get('ai.onnx')
        return Facts(
            'ONNX model' + (f', opset {opset}' if opset else ''), tuple(self._sections()),
            tuple(self._warnings()), graph=self._block)

    def _sections(self) -> Iterator[Section]:
        yield Section('program', 'Model', self._about())
        metadata = {entry.text(1): entry.text(2) for entry in self._model.messages(14)}
        if metadata:
            yield Section('metadata', 'Metadata', metadata)
        yield Section('arguments', 'Inputs', [
            {'name': name, 'type': _sort(example), 'default': None, 'required': True,
             'example': example or None} for name, example in self._graph.inputs])
        yield Section('results', 'Outputs', [
            {'name': name, 'type': _sort(example), 'example': example or None}
            for name, example in self._graph.outputs])
        yield Section('state', 'State between evaluations', {
            'keeps_state': False,
            'explanation': 'an ONNX model remembers only what is fed back into its inputs'})
        yield totals_section({
            'initializers': [one.tensor for one in self._graph.initializers]})
        files = self._external_files()
        if files:
            yield Section('external_data', 'Weights in other files', files)
        libraries = self._libraries()
        if libraries:
            yield Section('libraries', 'Operators that are not of ONNX itself', libraries)
        functions = [
            {'name': f'{function.text(10)}.{function.text(1)}',
             'operations': len(function.data(7))} for function in self._model.messages(25)]
        if functions:
            yield Section('functions', 'Functions', functions)

    def _about(self) -> Row:
        return {
            'producer': f'{self._model.text(2)} {self._model.text(3)}'.strip() or None,
            'ir_version': self._model.number(1),
            'opsets': [f'{domain} {version}' for domain, version in self._opsets.items()],
            'domain': self._model.text(4) or None, 'model_version': self._model.number(5) or None,
            'graph': self._model.message(7).text(2) or None,
            'description': self._model.text(6) or None}

    def _external_files(self) -> List[Row]:
        rows: Dict[str, Row] = {}
        for one in self._graph.initializers:
            if one.external:
                place = one.external.get('location', '')
                row = rows.setdefault(place, {
                    'file': place, 'tensors': 0, 'bytes': 0, 'found': self._is_there(place)})
                row['tensors'] += 1
                row['bytes'] += _length(one)
        return list(rows.values())

    def _is_there(self, place: str) -> bool:
        try:
            return bool(place) and (self._folder / place).is_file()
        except (OSError, ValueError):
            return False

    def _libraries(self) -> List[Row]:
        own = {f'{function.text(10)}.{function.text(1)}' for function in self._model.messages(25)}
        uses: Dict[str, Dict[str, None]] = {}
        for operation in self._block.walk():
            domain, _, name = operation.kind.rpartition('.')
            if domain not in _OWN_DOMAINS and operation.kind not in own:
                uses.setdefault(domain, {})[name] = None
        return [{'library': domain, 'uses': list(names)} for domain, names in uses.items()]

    def _warnings(self) -> Iterator[str]:
        missing = [str(row['file']) for row in self._external_files() if not row['found']]
        if missing:
            yield (
                f'its weights are in {enumeration(missing)}, which is not beside it: copy that, '
                'too')
        libraries = [str(row['library']) for row in self._libraries()]
        if libraries:
            yield (
                f'it has operators of {enumeration(libraries)}: only a runtime with these can '
                'run it')
        random = sorted({operation.kind for operation in self._block.walk()} & set(_RANDOM))
        if random:
            yield f'it draws random numbers ({enumeration(random)}): the same input, other outputs'


def _sort(example: str) -> str:
    return 'Tensor' if '[' in example or not example else example


def _length(initializer: Initializer) -> int:
    length = initializer.external.get('length', '')
    return int(length) if length.isdecimal() and len(length) < 20 else initializer.tensor.size
