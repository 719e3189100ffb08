# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Whatever a module remembers is put back, bit for bit, to what its file says."""

from pathlib import Path
from typing import List

from dg_pytorch_ros.bound_model import BoundModel
from dg_pytorch_ros.errors import ContractError
from loading import bind, load
import numpy as np
import numpy.typing as npt
import pytest
import scripted_modules as modules
import torch

REMEMBERING = [
    modules.KeepsInput, modules.BufferInPlace, modules.BufferRebound, modules.BufferExpanded,
    modules.BufferNotSaved, modules.PlainTensor, modules.PlainTensorWithGradient,
    modules.Reshaped, modules.TwoNamesInPlace, modules.TwoNamesRebound, modules.ViewOfBuffer,
    modules.ListSharesTensor, modules.Numbers, modules.ListOfTensors, modules.ListInPlace,
    modules.ListOfNumbers, modules.DictOfTensors, modules.DictOfLists, modules.TupleOfTensors,
    modules.NamedState, modules.OptionalNumber, modules.OptionalTensorThatIsSet, modules.Nested,
    modules.Recurrent, modules.LongShortTerm]


def values() -> List['npt.NDArray[np.float64]']:
    return list(np.random.default_rng(3).standard_normal((4, 3)))


def history(model: BoundModel) -> List[bytes]:
    """Run on one value after the other; return the outputs bit for bit."""
    with model.mode():
        return [model.run([value])[0].tobytes() for value in values()]


@pytest.mark.parametrize('make', REMEMBERING)
def test_model_begins_as_freshly_loaded(tmp_path: Path, make: 'type[torch.nn.Module]') -> None:
    """After the warm-up, after each reset, in inference mode and out of it."""
    torch.manual_seed(5)
    module = make()
    fresh = history(bind(load(module, tmp_path)))
    model = bind(load(module, tmp_path))
    with model.mode():
        model.prepare(values()[:1])
    assert history(model) == fresh
    assert history(model) != fresh, 'this module remembers nothing, and so shows nothing'
    model.reset()
    assert history(model) == fresh
    with model.mode():
        model.reset()
        model.reset()
    assert history(model) == fresh


@pytest.mark.parametrize('make', [modules.Identity, modules.Normalises])
def test_module_that_remembers_nothing_is_left_alone(
    tmp_path: Path, make: 'type[torch.nn.Module]'
) -> None:
    model = bind(load(make(), tmp_path))
    first = history(model)
    model.reset()
    assert history(model) == first


def test_frozen_module_remembers_only_what_it_writes(tmp_path: Path) -> None:
    frozen = torch.jit.freeze(
        torch.jit.script(modules.Numbers().eval()), preserved_attrs=['count', 'level'])
    model = bind(load(frozen, tmp_path))
    first = history(model)
    assert history(model) != first
    model.reset()
    assert history(model) == first


def test_what_cannot_be_copied_is_left_out_and_named(tmp_path: Path) -> None:
    model = bind(load(modules.HoldsScriptObject(), tmp_path))
    assert model.description.not_reset == ('tally',)
    assert model.run([np.ones(1)])[0].tolist() == [1.0]


def test_memory_is_put_back_when_the_warm_up_fails(tmp_path: Path) -> None:
    model = bind(load(modules.BufferInPlace(), tmp_path))
    fresh = history(model)
    with pytest.raises(ContractError), model.mode():
        model.prepare([np.zeros(7)])
    assert history(model) == fresh
