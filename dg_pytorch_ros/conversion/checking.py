# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Load what was made as the node loads it, and run it beside its source; done apart."""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Callable, List, Sequence, Tuple

from dg_pytorch_ros.bound_model import BoundModel
from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.conversion.comparison import Comparison, Finding, Runner
from dg_pytorch_ros.conversion.difference import difference
from dg_pytorch_ros.conversion.layout import Layout, other_shapes
from dg_pytorch_ros.conversion.order import Order
from dg_pytorch_ros.conversion.tolerance import Tolerance, usual_tolerance
from dg_pytorch_ros.conversion.trials import Port, Trial, Trials, Values
from dg_pytorch_ros.errors import EvaluationError, PytorchRosError
from dg_pytorch_ros.loading import load_model, load_model_of
from dg_pytorch_ros.model import Array, describe_array

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Proof:
    """
    What both were run on, and what came of it.

    `inputs` and `outputs` are names with a dtype and shape; `cautions` what the user should know.
    """

    inputs: Tuple[Tuple[str, str], ...]
    outputs: Tuple[Tuple[str, str], ...]
    findings: Tuple[Finding, ...]
    tolerance: Tolerance
    cautions: Tuple[str, ...] = ()


def check(order: Order, tell: Tell) -> Proof:
    """Compare the file that was made with its source; raise PytorchRosError if it cannot be."""
    tell('loading both')
    source = load_model(order.file, ModelConfig(str(order.file.path), imports=order.imports))
    made = load_model_of(ModelConfig(str(order.place), imports=order.imports))
    cautions: List[str] = []
    layouts = order.layouts
    _bind(source, layouts, order.output_names)
    places = _fed_places(made, layouts, cautions)
    names = _names_in(made, order.output_names, cautions)
    _bind(made, [layouts[place] for place in places], names)
    ours = Runner(source.run, source.reset)
    theirs = Runner(lambda values: made.run([values[place] for place in places]), made.reset)
    ports = [Port(layout.name, layout.dtype, layout.sample) for layout in layouts]
    trials = list(Trials(ports, runs=order.runs, seed=order.seed).each(
        list(other_shapes(layouts))))
    with ExitStack() as stack:
        for model in (source, made):
            stack.enter_context(model.mode())
        outputs = _first_outputs(ours, trials)
        dtypes = (
            *(layout.dtype for layout in layouts), source.description.dtype or '',
            *(output.dtype.name for output in outputs))
        tolerance = usual_tolerance(dtypes).but(order.absolute, order.relative)
        _check_repeatable(ours, trials, tolerance)
        findings = Comparison(ours, theirs, order.output_names, tolerance).findings(
            trials, tell=lambda label: tell(f'comparing: {label}'))
    return Proof(
        tuple((layout.name, describe_array(layout.dtype, layout.shape)) for layout in layouts),
        tuple(
            (name, describe_array(output.dtype, output.shape))
            for name, output in zip(order.output_names, outputs)),
        tuple(findings), tolerance, tuple(cautions))


def _bind(model: BoundModel, layouts: Sequence[Layout], output_names: Sequence[str]) -> None:
    model.bind(
        [layout.name for layout in layouts], [layout.dtype for layout in layouts], output_names)


def _fed_places(
    made: BoundModel, layouts: Sequence[Layout], cautions: List[str]
) -> Tuple[int, ...]:
    """Return which of the source's arguments what was made takes."""
    names = [layout.name for layout in layouts]
    taken = [argument.name for argument in made.signature.arguments]
    if len(taken) == len(names):
        return tuple(range(len(names)))
    unknown = [name for name in taken if name not in names]
    if unknown:
        raise PytorchRosError(
            f'what was made takes {enumeration(taken)}, and its source {enumeration(names)}')
    lost = [name for name in names if name not in taken]
    cautions.append(
        f'it no longer takes {enumeration(lost)}, on which nothing depends: take that out of '
        'input_names')
    return tuple(names.index(name) for name in taken)


def _names_in(
    made: BoundModel, names: Sequence[str], cautions: List[str]
) -> Sequence[str]:
    """Return what the outputs are called in what was made."""
    own = made.signature.match_outputs(None)
    if set(names) <= set(own):
        return names
    if len(own) != len(names):
        raise PytorchRosError(
            f'what was made returns {enumeration(own)}, and its source {enumeration(names)}')
    cautions.append(
        f'its outputs are called {enumeration(own)} in the file, instead of {enumeration(names)}')
    return own


def _first_outputs(source: Runner, trials: Sequence[Trial]) -> Sequence[Array]:
    """Return the outputs of the first run that the source does not refuse."""
    refusal = ''
    for trial in trials:
        try:
            return _run(source, trial.steps[0])
        except EvaluationError as error:
            refusal = refusal or str(error)
    raise PytorchRosError(f'the source runs on nothing that it was given: {refusal}')


def _check_repeatable(source: Runner, trials: Sequence[Trial], tolerance: Tolerance) -> None:
    """Refuse a source that is not like itself: nothing can be compared with it."""
    for trial in trials:
        try:
            first, second = (_run(source, trial.steps[0]) for _ in range(2))
        except EvaluationError:
            continue
        for one, other in zip(first, second):
            if not difference(one, other, tolerance).is_within:
                raise PytorchRosError(
                    'the source gives something else each time that it is run on the same '
                    'values, so nothing can be compared with it; does it draw random numbers?')
        return


def _run(runner: Runner, values: Values) -> Sequence[Array]:
    runner.reset()
    return runner.run(values)
