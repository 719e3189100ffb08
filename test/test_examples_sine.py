# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The predictor that lives on its own predictions: its node, and its module called directly."""

from itertools import islice
import math
from typing import Any, Iterator, List

from example_rig import ExampleRig, Module
from std_msgs.msg import Float64
from std_srvs.srv import Trigger
import torch

STEPS_PER_PERIOD = 50


def predictions() -> Iterator[float]:
    """Feed the module with what it gave before, from zero."""
    module = Module('sine_predictor')
    value = torch.zeros(1)
    while True:
        value = module(value)
        yield value.item()


class Values:
    """A view of the numbers that have been heard until now."""

    def __init__(self, messages: List[Float64]) -> None:
        self._messages = messages

    def __len__(self) -> int:
        return len(self._messages)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [message.data for message in self._messages[index]]
        return self._messages[index].data


def test_it_goes_on_with_its_sine_and_begins_anew_after_a_reset(example_rig: ExampleRig) -> None:
    example_rig.start('sine_predictor', outputs__prediction__qos__depth=1000)
    heard = Values(example_rig.listen('prediction', Float64))
    expected = list(islice(predictions(), 2000))
    example_rig.peer.wait_until(lambda: len(heard) >= STEPS_PER_PERIOD, 'a period')
    before = len(heard)
    assert example_rig.peer.call(Trigger, '/node/reset').success
    example_rig.peer.wait_until(lambda: expected[0] in heard[before:], 'the first value again')
    reset = heard[before:].index(expected[0]) + before
    example_rig.peer.wait_until(lambda: len(heard) >= reset + 10, 'ten steps')
    begin = expected.index(heard[0])  # it was at work before somebody listened
    assert heard[:reset] == expected[begin:begin + reset]
    assert heard[reset:reset + 10] == expected[:10]


def test_its_module_predicts_a_sine() -> None:
    for step, value in zip(range(1, 10 * STEPS_PER_PERIOD + 1), predictions()):
        assert abs(value - math.sin(2.0 * math.pi * step / STEPS_PER_PERIOD)) < 0.02, step
