# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What somebody should know who is about to deploy a TorchScript module."""

import re
from typing import Dict, Iterator, List

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.contract import Signature
from dg_pytorch_ros.errors import ContractError
from dg_pytorch_ros.inspection.facts import Block
from dg_pytorch_ros.inspection.script.archive import ScriptArchive
from dg_pytorch_ros.inspection.script.libraries import Library
from dg_pytorch_ros.inspection.script.modules import dtypes, StoredModules
from dg_pytorch_ros.inspection.script.state import State

_FLOATING = re.compile(r'^b?float\d+$')
_RANDOM = re.compile(
    r'^aten::(rand|randn|randint|randperm|bernoulli|multinomial|normal|poisson|uniform|rrelu|'
    r'exponential|cauchy|geometric|log_normal)(_like)?_?$')
_DROPOUT = re.compile(r'^aten::(\w*_)?dropout_?$')
_NORMALISES = re.compile(r'^aten::(batch_norm|instance_norm)$')


def cautions_of_archive(archive: ScriptArchive, modules: StoredModules) -> Iterator[str]:
    """Say what the archive alone tells."""
    if archive.was_traced():
        yield (
            'it was traced: branches and loops that depend on values were decided by the example, '
            'and what was lost there cannot be seen in the file; compare it with the original on '
            'other values and other shapes')
    counts = _floating(modules)
    if len(counts) > 1:
        yield (
            f'its parameters are of several dtypes, {enumeration(counts)}: say for each input '
            'which one it takes (inputs.N.dtype)')
    elif 'float64' in counts:
        yield 'it computes in float64; float32 takes half the memory and less time'
    elif counts and 'float32' not in counts:
        yield f'it computes in {next(iter(counts))}, which most CPUs do slowly or not at all'
    if modules.all[0].training:
        yield (
            'it was saved in training mode; the node switches it to evaluation mode before it '
            'runs, other programs may not')
    elsewhere = archive.code.devices() - {'cpu'}
    if elsewhere:
        yield (
            f'its code names the device {enumeration(sorted(elsewhere))} and fails where there '
            'is none: move the module to the cpu before it is traced or scripted')
    homes = {tensor.device for tensors in modules.tensors().values() for tensor in tensors}
    if homes - {'cpu'}:
        yield f'its tensors were on {enumeration(sorted(homes))}; the node moves them to the cpu'


def cautions_of_libraries(libraries: List[Library]) -> Iterator[str]:
    """Say what must be imported before torch can load the file."""
    for library in libraries:
        if library.missing:
            hint = '' if library.is_installed else ', which is not installed here'
            yield (
                f'torch does not know {enumeration(library.missing)} of {library.name}: the node '
                f'loads the file only with model_imports: [{library.module}]{hint}')


def cautions_of_signature(signature: Signature) -> Iterator[str]:
    """Say what the node says to this signature if its file names nothing."""
    for match in (signature.match_inputs, signature.match_outputs):
        try:
            match(None)
        except ContractError as error:
            yield str(error)


def cautions_of_graph(graph: Block) -> Iterator[str]:
    """Say what `forward` does that a deployed module should not do."""
    kinds = [operation.kind for operation in graph.walk()]
    random = sorted({kind for kind in kinds if _RANDOM.match(kind)})
    if random:
        yield f'it draws random numbers ({enumeration(random)}): the same input, other outputs'
    trained = sorted({
        operation.kind for operation in graph.walk()
        if (_DROPOUT.match(operation.kind) or _NORMALISES.match(operation.kind))
        and True in (operation.attributes.get('train'), operation.attributes.get('training'))})
    if trained:
        yield (
            f'{enumeration(trained)} always runs as in training, in evaluation mode, too: script '
            'or trace the module after calling eval()')
    if 'prim::Print' in kinds:
        yield 'it prints something in each evaluation'


def cautions_of_state(state: State, modules: StoredModules) -> Iterator[str]:
    """Say what cannot be put back."""
    trained = [path for path in state.changes if modules.kind(path) == 'parameter']
    if trained:
        yield f'it changes its parameters {enumeration(trained)}, which no reset puts back'
    kept = list(filter(state.is_lost, state.changes))
    if kept:
        yield (
            f'{enumeration(kept)} cannot be copied: neither ~/reset nor a failed evaluation puts '
            'it back')
    if not state.is_certain:
        yield (
            'it has hooks, tasks, foreign operators or parts that cannot be seen into: it may '
            'keep more from one evaluation to the next than is listed')


def _floating(modules: StoredModules) -> Dict[str, int]:
    tensors = modules.tensors()
    used = tensors['parameter'] or tensors['buffer'] or modules.constants()
    return {name: count for name, count in dtypes(used).items() if _FLOATING.match(name)}
