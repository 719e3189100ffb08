# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""All that is wrong with a parameter file, not only what is found first."""

from functools import lru_cache
from typing import List, Optional, Set, Union

from dg_pytorch_ros.checking.finding import find, Finding
from dg_pytorch_ros.checking.rehearsal import first_run, Load, Outputs, rehearsed
from dg_pytorch_ros.checking.stand_in import OTHER_INPUTS, StandIn
from dg_pytorch_ros.circuit import Circuit
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.errors import ContractError, ModelFileError, PytorchRosError
from dg_pytorch_ros.model import all_finite, Model
from dg_pytorch_ros.parameters.mentions import claimed, mentions, subject
from dg_pytorch_ros.parameters.parameter_file import ParameterFile
from dg_pytorch_ros.report import describe_circuit

# What a parameter is taken to be once it is known to be wrong, or missing, so that the rest can
# be checked. Others are left out.
_MAKESHIFT = {'model_path': 'unknown', 'trigger': 'timer'}
# Nothing is loaded if one of these is wrong; nothing fits a model if one of those is.
_OF_THE_MODEL = ('model_path', 'model_sha256', 'input_names', 'output_names')
# What of an input does not change what the model is given.
_OF_THE_TOPIC = ('topic', 'max_age_ms', 'age_from', 'reliability', 'durability', 'depth')


class Checkup:
    """
    Configures, leaves out what is complained of, and configures again, until nothing is.

    What only follows from something that was left out is not complained of. `description` is what
    the node would say if all is well; only the first messages tell the shapes of the `undecided`
    inputs, of which those that are `varying` have a shape with sizes of -1. The `not_finite`
    outputs held NaN or infinity when the model was tried.
    """

    def __init__(self, file: ParameterFile, load: Load, *, runs: bool = True) -> None:
        self.findings: List[Finding] = []
        self.description: List[str] = []
        self.undecided: List[str] = []
        self.varying: List[str] = []
        self.not_finite: List[str] = []
        self.has_run = False
        self._file = file
        self._rest = file
        self._load_once = lru_cache(load)
        self._runs = runs
        self._left_out: Set[str] = set()
        self._stand_in: Optional[StandIn] = None
        while self._rehearse():
            pass
        self.findings.sort(key=lambda finding: finding.line)

    def _rehearse(self) -> bool:
        """Configure; return whether it is worth another attempt, as something was left out."""
        before = self._rest, self._stand_in
        left_out = set(self._left_out)
        try:
            with rehearsed(self._rest, self._load) as circuit:
                if self._stand_in is None:
                    self._try_out(circuit)
        except PytorchRosError as error:
            for problem in error.problems:
                self._take(problem, left_out)
        return (self._rest, self._stand_in) != before

    def _try_out(self, circuit: Circuit) -> None:
        outputs: Outputs = None
        if self._runs and not self._doubts_inputs():
            self.has_run = True
            outputs = first_run(circuit)
        if not self.findings:
            self.description = describe_circuit(circuit, outputs or ())
            undecided = [item for item in circuit.wiring.inputs if item.source.sample() is None]
            self.undecided = [item.config.name for item in undecided]
            self.varying = [
                item.config.name for item in undecided
                if not item.config.parts and -1 in (item.shape or ())]
            self.not_finite = [
                output.name for output, value in zip(circuit.wiring.outputs, outputs or ())
                if not all_finite(value)]

    def _load(self, config: ModelConfig) -> Union[Model, StandIn]:
        return self._load_once(config) if self._stand_in is None else self._stand_in

    def _doubts_inputs(self) -> bool:
        """Whether the model would not be given what the file says."""
        return any(
            name.startswith('inputs') and name.rpartition('.')[2] not in _OF_THE_TOPIC
            for name in self._left_out)

    def _take(self, problem: PytorchRosError, left_out: Set[str]) -> None:
        text = str(problem)
        is_known = text in [finding.text for finding in self.findings]
        if not is_known and not _follows(text, left_out):
            self.findings.append(find(text, self._file))
        name = self._culprit(text)
        is_of_the_model = isinstance(problem, (ContractError, ModelFileError))
        if is_of_the_model or name in _OF_THE_MODEL:
            self._stand_in = self._stand_in or StandIn(self._file.values)
        if not is_of_the_model or name in _OF_THE_MODEL:
            self._leave_out(name)

    def _culprit(self, text: str) -> str:
        """Return what to leave out so that a problem goes away; empty if nothing helps."""
        names = claimed(text, {*self._rest.settings, *self._rest.groups, *_MAKESHIFT})
        return names[0] if names else find(text, self._rest).name

    def _leave_out(self, name: str) -> None:
        rest = self._rest.without(name)
        self._left_out |= {name} | self._rest.settings.keys() - rest.settings.keys()
        self._rest = rest
        if name in _MAKESHIFT:
            self._rest = self._rest.override([f'{name}:={_MAKESHIFT[name]}'])


def _follows(problem: str, left_out: Set[str]) -> bool:
    """Return whether there may be no such problem if nothing had been left out."""
    if mentions(problem, left_out) or OTHER_INPUTS in problem:
        return True
    for name in left_out:
        group, _, field = name.rpartition('.')
        # Without its type, nothing is known of what an input or output is read from or written to.
        leaf = group.partition('.')[2].replace('.parts.', '.')
        if field == 'type' and (subject(problem) == group or f"'{leaf}'" in problem):
            return True
    return False
