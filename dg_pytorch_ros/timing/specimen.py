# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A module, bound to the inputs and outputs of its parameter file, and values to feed it."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.errors import PytorchRosError
from dg_pytorch_ros.inputs import make_input
from dg_pytorch_ros.loading import load_model_of
from dg_pytorch_ros.model import Array, Model
from dg_pytorch_ros.parameters.file_declarations import FileDeclarations
from dg_pytorch_ros.parameters.node_parameters import Parameters
from dg_pytorch_ros.parameters.parameter_file import read_parameter_file
from dg_pytorch_ros.timing.subject import Fed, Request, Shape, Subject, Value
import numpy as np

# A look at the contract; the warm-up itself is measured run by run.
_LEAST_WARMUP_RUNS = 3
# Until a run tells the true ones.
_ANY_NAMES = ['output']


class Specimen:
    """
    A module, loaded as the node loads it.

    Raise an error of PytorchRosError's family for all that `configure` would refuse.
    """

    def __init__(self, request: Request) -> None:
        settings = settings_of(request)
        asked = Parameters(FileDeclarations(settings)).read_model()
        self._model_config = replace(asked, warmup_runs=_LEAST_WARMUP_RUNS)
        begin = perf_counter()
        model = load_model_of(self._model_config)
        load_ms = 1e3 * (perf_counter() - begin)
        has_open_result = model.signature.result.is_open and not request.is_parameter_file
        if has_open_result:
            settings = {**settings, 'output_names': _ANY_NAMES}
        config = Parameters(FileDeclarations(settings)).read_node(model.signature)
        self._inputs = [
            make_input(
                input_config, model.signature.arguments[index], config.outputs,
                input_dtype=partial(model.input_dtype, index))
            for index, input_config in enumerate(config.inputs)]
        self.output_names: Sequence[str] = [output.name for output in config.outputs]
        self._names = [item.config.name for item in self._inputs]
        self._dtypes = {item.config.name: item.dtype for item in self._inputs}
        self._stated = [
            item.config.name for item in self._inputs if item.argument.shape is not None]
        self._values: Dict[str, Array] = {}
        self._origins: Dict[str, str] = {}
        self._models: Dict[int, Model] = {asked.num_threads: model}
        self._take_request(request)
        self._take_samples()
        self.subject = Subject(
            description=model.description, model=asked,
            rate_hz=config.rate_hz if config.trigger == 'timer' else None,
            realtime=config.realtime, spin_us=config.spin_us,
            file_bytes=Path(model.description.path).stat().st_size, load_ms=load_ms,
            input_names=tuple(self._names),
            known={
                item.argument.name: self._values[item.config.name].shape
                for item in self._inputs if item.config.name in self._values},
            unknown=self._unknown, has_open_result=has_open_result)
        self._is_parameter_file = request.is_parameter_file

    def complete(self, values: Mapping[str, Value], output_names: Sequence[str]) -> None:
        """Take what was found out by trying; no names keep those that there are."""
        for name in self._unknown:
            if name in values:
                self._values[name] = values[name].array
                self._origins[name] = (
                    'random, as the file states' if name in self._stated else 'found by trying')
                if not self._is_parameter_file:  # which tells the dtype, also by its silence
                    self._dtypes[name] = values[name].dtype
        self.output_names = output_names or self.output_names

    def model(self, num_threads: int) -> Model:
        """Return the module on so many threads, bound and not warm, one for each number."""
        if num_threads not in self._models:
            self._models[num_threads] = load_model_of(
                replace(self._model_config, num_threads=num_threads))
        model = self._models[num_threads]
        model.bind(
            self._names, [self._dtypes[name] for name in self._names], self.output_names)
        return model

    def values(self) -> List[Array]:
        """Return what to feed it; raise PytorchRosError if a shape is not known."""
        if self._unknown:
            raise PytorchRosError(
                f'nothing tells the shape of {enumeration(self._unknown)}; give it, for example '
                f'--shape {self._unknown[0]}=1,48')
        return [self._values[name] for name in self._names]

    def fed(self) -> List[Fed]:
        """Describe what it is fed."""
        return [
            Fed(name, self._dtypes[name], value.shape, self._origins[name])
            for name, value in zip(self._names, self.values())]

    @property
    def _unknown(self) -> Tuple[str, ...]:
        return tuple(name for name in self._names if name not in self._values)

    def _take_request(self, request: Request) -> None:
        """Take the shapes and dtypes that the user gives."""
        for name, shape in request.shapes.items():
            if name not in self._names:
                raise PytorchRosError(
                    f'--shape names {name!r}, which is no argument of forward; '
                    f'arguments: {enumeration(self._names)}')
            self._dtypes[name] = request.dtypes.get(name, self._dtypes[name])
            self._values[name] = _random(shape, self._dtypes[name])
            self._origins[name] = 'random, --shape'

    def _take_samples(self) -> None:
        """Take what the parameter file tells: the values, or at least their shapes."""
        for item in self._inputs:
            name, sample = item.config.name, item.source.sample()
            if name not in self._values and sample is not None:
                is_given = all(leaf.slot.value is not None for leaf in item.leaves)
                self._values[name] = sample
                self._origins[name] = 'the values of the file' if is_given else 'random'


def settings_of(request: Request) -> Mapping[str, Any]:
    """Return the parameters that are given."""
    if not request.is_parameter_file:
        return {
            'model_path': request.path, **({'device': request.device} if request.device else {}),
            **({'model_imports': list(request.imports)} if request.imports else {})}
    return read_parameter_file(request.path, node=request.node).values


def _random(shape: Shape, dtype: str) -> Array:
    """Return what an input without a value is tried on, too."""
    numpy_dtype = np.dtype('float32' if dtype == 'bfloat16' else dtype)
    if numpy_dtype.kind != 'f':
        return np.zeros(shape, numpy_dtype)
    values: Array = np.random.default_rng(0).random(shape).astype(numpy_dtype)
    return values
