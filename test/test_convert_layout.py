# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Which shapes the arguments of a conversion have."""

from typing import Any, Optional, Tuple

from dg_pytorch_ros.contract import Argument, Result, Signature
from dg_pytorch_ros.conversion.layout import check_runs, Layout, other_shapes, settle
from dg_pytorch_ros.errors import ConfigError, PytorchRosError
from dg_pytorch_ros.probing.probed import Probed, ProbedArgument
import pytest

Shape = Tuple[int, ...]


def argument(
    name: str, shape: Optional[Shape], sample: Optional[Shape], **more: Any
) -> ProbedArgument:
    return ProbedArgument(
        Argument(name), 'float32', 'float32', shape=shape, sample_shape=sample, **more)


def probed(*arguments: ProbedArgument, **more: Any) -> Probed:
    signature = Signature(tuple(each.argument for each in arguments), Result('Tensor'))
    return Probed(signature, arguments, **{'runs': True, **more})


def test_what_was_found_is_taken() -> None:
    layout, = settle(probed(argument('image', (-1, 3, -1, -1), (1, 3, 64, 64))), {}, {})
    assert layout == Layout('image', 'float32', (-1, 3, -1, -1), (1, 3, 64, 64))
    assert layout.free == (0, 2, 3)
    assert layout.example == (2, 3, 64, 64), 'one is too special to stand for any size'


def test_any_shape_becomes_any_sizes_of_as_many_axes_as_ran() -> None:
    layout, = settle(probed(argument('kp', None, (17,))), {}, {})
    assert (layout.shape, layout.sample) == ((-1,), (17,))


@pytest.mark.parametrize('wanted, sample', [
    ((1, 45), (1, 45)), ((-1, 45), (3, 45)), ((-1, 4, 45), (64, 4, 45)), ((), ())])
def test_what_is_wanted_goes_before_what_was_found(wanted: Shape, sample: Shape) -> None:
    found = probed(argument('obs', (-1, 45), (3, 45)))
    layout, = settle(found, {'obs': wanted}, {'obs': 'float64'})
    assert (layout.shape, layout.sample, layout.dtype) == (wanted, sample, 'float64')


def test_a_number_is_a_tensor_of_one() -> None:
    number = ProbedArgument(Argument('gain', 'float'), 'float64', 'float64', (), ())
    layout, = settle(probed(number), {}, {})
    assert (layout.shape, layout.sample, layout.type_name) == ((1,), (1,), 'float')


def test_a_shape_for_something_else_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"--shape names 'x', which is no argument .* obs"):
        settle(probed(argument('obs', (4,), (4,))), {'x': (1,)}, {})


def test_other_shapes_vary_the_sizes_that_are_free_and_nothing_else() -> None:
    layouts = [
        Layout('image', 'float32', (-1, 3, -1), (1, 3, 64)),
        Layout('state', 'float32', (4,), (4,))]
    shapes = list(other_shapes(layouts))
    assert [image for image, _ in shapes] == [(2, 3, 64), (3, 3, 65), (5, 3, 128), (1, 3, 1)]
    assert {state for _, state in shapes} == {(4,)}
    assert list(other_shapes(layouts[1:])) == []


def test_what_was_tried_on_several_is_also_tried_on_one() -> None:
    shapes = list(other_shapes([Layout('x', 'float32', (-1,), (17,))]))
    assert shapes[0] == ((1,),)


def test_a_module_that_does_not_run_is_refused_with_its_complaint_and_what_helps() -> None:
    found = probed(
        argument('obs', None, None), runs=False, complaint='not for stairs',
        guessed_shapes=((1, 7),))
    with pytest.raises(PytorchRosError, match=(
            r'no shape was found on which forward runs; on obs \[1, 7\] it says: not for stairs; '
            r'give what you know, for example --shape obs=1,48')):
        check_runs(found)


def test_sizes_of_which_only_the_sum_is_known_are_asked_for() -> None:
    found = probed(
        argument('a', (1, -1), (1, 20), joined_with=('b',), total=48),
        argument('b', (1, -1), (1, 28), joined_with=('a',), total=48))
    with pytest.raises(PytorchRosError, match=(
            'the last sizes of a, b are known by their sum only, 48; .*--shape a=1,20')):
        check_runs(found)
