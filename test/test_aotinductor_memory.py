# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The memory of compiled code is put back where it was, and lent to nobody."""

from pathlib import Path
from typing import Dict

from dg_pytorch_ros.aotinductor.library import constants_of
from dg_pytorch_ros.aotinductor.memory import Memory
from dg_pytorch_ros.errors import ModelFileError
import pytest
import torch


def test_each_kind_of_number_bit_for_bit() -> None:
    first = [
        torch.tensor([float('nan'), -0.0]), torch.tensor(2**60), torch.tensor([True]),
        torch.arange(6.0).reshape(2, 3).t()]
    places = [tensor.clone() for tensor in first]
    addresses = [tensor.data_ptr() for tensor in places]
    memory = Memory(places)
    for tensor in places:
        tensor.zero_()
    memory.keep()
    for tensor in places:
        tensor.fill_(1)
    memory.undo()
    assert not any(tensor.any() for tensor in places)
    memory.reset()
    for tensor, expected in zip(places, first):
        assert tensor.numpy().tobytes() == expected.numpy().tobytes()
        assert tensor.dtype == expected.dtype and tensor.stride() == expected.stride()
    assert [tensor.data_ptr() for tensor in places] == addresses


def test_result_that_lies_in_it_is_copied() -> None:
    place, other = torch.zeros(4), torch.zeros(4)
    memory = Memory([place])
    within = memory.apart(place[1:3])
    place.fill_(1)
    assert within.tolist() == [0.0, 0.0]
    assert memory.apart(other) is other
    assert Memory([]).apart(place) is place


class Runner:
    """What torch has loaded, as far as its constants are asked for."""

    def __init__(self, constants: Dict[str, torch.Tensor]) -> None:
        self._constants = constants

    def extract_constants_map(self, use_inactive: bool) -> Dict[str, torch.Tensor]:
        assert not use_inactive
        return self._constants

    def get_constant_names_to_original_fqns(self) -> Dict[str, str]:
        return {
            'l_weight': 'l.weight', 'l_bias': 'l.bias', 'h': 'h', 'c': 'c', '_FOLDED_CONST_1': ''}


def test_package_without_its_weights(tmp_path: Path) -> None:
    """Made with `package_constants_in_so` off: they may be anywhere."""
    library = tmp_path / 'a.so'
    with pytest.raises(ModelFileError, match='holds no values for c, h, l.bias and others; '):
        constants_of(Runner({}), library)
    x = torch.zeros(1)
    whole = {'l.weight': x, 'l.bias': x, 'h': x, 'c': x}
    assert constants_of(Runner(whole), library) is whole
