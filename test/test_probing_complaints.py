# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What torch complains of tells what to try next."""

from typing import Any, List, Sequence, Tuple

from dg_pytorch_ros.probing.complaints import repairs
from dg_pytorch_ros.probing.guess import Guess, Guesses
import pytest

Shape = Tuple[int, ...]


def guesses(*shapes: Shape, dtype: str = 'float32') -> Guesses:
    return tuple(Guess(shape, dtype) for shape in shapes)


def first(complaint: str, *shapes: Shape) -> Any:
    """Return the shapes to try first."""
    repaired = next(repairs(complaint, guesses(*shapes), ()))
    return [guess.shape for guess in repaired]


def all_of(complaint: str, *shapes: Shape, numbers: Sequence[int] = ()) -> List[List[Shape]]:
    return [
        [guess.shape for guess in repaired]
        for repaired in repairs(complaint, guesses(*shapes), numbers)]


@pytest.mark.parametrize('complaint, shape, wanted', [
    ('mat1 and mat2 shapes cannot be multiplied (1x7 and 48x5)', (1, 7), (1, 48)),
    ('size mismatch, got input (5), mat (5x48), vec (7)', (7,), (48,)),
    ('Given groups=1, weight of size [8, 3, 3, 3], expected input[1, 7, 64, 64] to have 3 '
     'channels, but got 7 channels instead', (1, 7, 64, 64), (1, 3, 64, 64)),
    ('Given groups=1, weight of size [8, 3, 3], expected input[1, 1, 7] to have 3 channels, but '
     'got 1 channels instead', (1, 7), (1, 3, 64)),
    ('Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [1, 7]',
     (1, 7), (1, 7, 64, 64)),
    ('input.size(-1) must be equal to input_size. Expected 45, got 7', (1, 7), (1, 45)),
    ('input has inconsistent input_size: got 7 expected 45', (1, 7), (1, 45)),
    ('Expected hidden[0] size (1, 1, 64), got [1, 1, 11]', (1, 1, 11), (1, 1, 64)),
    ('running_mean should contain 7 elements not 45', (1, 7), (1, 45)),
    ('expected 4D input (got 2D input)', (1, 7), (1, 7, 64, 64)),
    ('Given normalized_shape=[45], expected input with shape [*, 45], but got input of size[1, 7]',
     (1, 7), (1, 45)),
    ("shape '[1, 6, 45]' is invalid for input of size 7", (1, 7), (1, 270)),
    ("shape '[-1, 6, 45]' is invalid for input of size 7", (7,), (270,)),
    ('select(): index 12 out of range for tensor of size [1, 7] at dimension 1', (1, 7), (1, 13)),
    ('select(): index -9 out of range for tensor of size [7] at dimension 0', (7,), (9,)),
    ('index 12 is out of bounds for dimension 0 with size 7', (1, 7), (1, 13)),
    ("split_with_sizes expects split_sizes to sum exactly to 7 (input tensor's size at dimension "
     '1), but got split_sizes=[3, 9]', (1, 7), (1, 12)),
    ('start (3) + length (48) exceeds dimension size (7).', (1, 7), (1, 51)),
    ("unflatten: Provided sizes [3, 4] don't multiply up to the size of dim 1 (7) in the input "
     'tensor', (1, 7), (1, 12)),
    ('The expanded size of the tensor (48) must match the existing size (7) at non-singleton '
     'dimension 1.  Target sizes: [1, 48].  Tensor sizes: [1, 7]', (1, 7), (1, 48)),
    ('Expected size for first two dimensions of batch2 tensor to be: [1, 7] but got: [1, 48].',
     (1, 1, 7), (1, 1, 48)),
    ('batch1 must be a 3D tensor', (1, 7), (1, 1, 7)),
    ('inconsistent tensor size, expected tensor [7] and src [48] to have the same number of '
     'elements, but got 7 and 48 elements respectively', (7,), (48,)),
    ('einsum(): subscript i has size 48 for operand 1 which does not broadcast with previously '
     'seen size 7', (1, 7), (1, 48)),
    ('was expecting embedding dimension of 64, but got 7', (1, 7), (1, 64)),
    ('a Tensor with 7 elements cannot be converted to Scalar', (1, 7), (1, 1)),
    ('Dimension out of range (expected to be in range of [-1, 0], but got 1)', (7,), (1, 7)),
    ('permute(sparse_coo): number of dimensions in the tensor input does not match the length of '
     'the desired ordering of dimensions i.e. input.dim() = 2 is not equal to len(dims) = 4',
     (1, 7), (1, 1, 1, 7)),
    ('Expected 3 elements in a list but found 2', (1, 7), (1, 1, 7)),
    ('1D tensors expected, but got 2D and 1D tensors', (1, 7), (7,)),
    ('AssertionError: need 48 of you, not 7', (1, 7), (1, 48))])
def test_a_complaint_is_met_at_once(complaint: str, shape: Shape, wanted: Shape) -> None:
    assert first(complaint, shape) == [wanted]


def test_a_size_that_two_share_is_changed_in_each_and_in_both() -> None:
    tried = all_of('mat1 and mat2 shapes cannot be multiplied (1x7 and 48x5)', (7,), (7,))
    assert tried[:3] == [[(48,), (7,)], [(7,), (48,)], [(48,), (48,)]]


def test_sizes_that_do_not_match_are_changed_both_ways() -> None:
    tried = all_of(
        'The size of tensor a (7) must match the size of tensor b (11) at non-singleton '
        'dimension 0', (7,), (11,))
    assert [(11,), (11,)] in tried
    assert [(7,), (7,)] in tried


def test_what_is_joined_with_others_makes_up_for_what_is_missing() -> None:
    tried = all_of('mat1 and mat2 shapes cannot be multiplied (1x18 and 45x3)', (1, 7), (1, 11))
    assert [(1, 7), (1, 38)] in tried
    assert [(1, 34), (1, 11)] in tried


def test_what_settled_values_leave_is_shared_out_among_the_others() -> None:
    given = Guess((1, 2), 'float32', is_settled=True)
    complaint = 'mat1 and mat2 shapes cannot be multiplied (1x26 and 5x2)'
    tried = [
        [guess.shape for guess in repaired]
        for repaired in repairs(complaint, (given, *guesses((1, 11), (1, 13))), ())]
    assert [(1, 2), (1, 1), (1, 2)] in tried


def test_a_picture_grows_with_what_is_left_of_it() -> None:
    tried = all_of(
        'mat1 and mat2 shapes cannot be multiplied (1x7688 and 3200x3)', (1, 3, 64, 64))
    assert tried[0] == [(1, 3, 41, 41)]
    assert [(1, 3, 84, 84)] in tried
    assert [(1, 3, 120, 160)] in tried


def test_a_picture_with_its_channels_last_grows_along_the_others() -> None:
    tried = all_of(
        'mat1 and mat2 shapes cannot be multiplied (1x7688 and 3200x3)', (1, 64, 64, 3))
    assert tried[0] == [(1, 41, 41, 3)]


def test_a_picture_that_is_too_small_for_its_kernel_becomes_larger() -> None:
    tried = all_of("Kernel size can't be greater than actual input size", (1, 3, 1, 1))
    assert [(1, 3, 64, 64)] in tried


def dtypes(complaint: str, dtype: str, *shapes: Shape) -> List[List[str]]:
    return [
        [guess.dtype for guess in repaired]
        for repaired in repairs(complaint, guesses(*shapes, dtype=dtype), ())]


@pytest.mark.parametrize('complaint, wanted', [
    ("Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, "
     'Int; but got torch.FloatTensor instead', 'int64'),
    ('tensors used as indices must be long, int, byte or bool tensors', 'int64'),
    ('index_select(): Expected dtype int32 or int64 for index', 'int64'),
    ('one_hot is only applicable to index tensor of type LongTensor.', 'int64'),
    ('where expected condition to be a boolean tensor, but got a tensor with dtype Float', 'bool'),
    ('mat1 and mat2 must have the same dtype, but got Float and Double', 'float64'),
    ('expected m1 and m2 to have the same dtype, but got: float != double', 'float64')])
def test_a_wrong_dtype_is_changed_one_argument_after_the_other(
        complaint: str, wanted: str) -> None:
    tried = dtypes(complaint, 'float32', (7,), (8,))
    assert ['float32', wanted] in tried
    assert [wanted, 'float32'] in tried


def test_what_nobody_understands_is_tried_with_the_numbers_of_the_module() -> None:
    tried = all_of('that is no gait', (1, 7), numbers=(48, 12))
    assert [(1, 48)] in tried
    assert [(1, 12)] in tried
    assert [(7,)] in tried


def test_nothing_is_tried_twice_and_nothing_that_is_huge() -> None:
    tried = all_of('mat1 and mat2 shapes cannot be multiplied (1x7 and 99999999999x5)', (1, 7))
    assert tried == []
    repaired = list(repairs('that is no gait', guesses((1, 7)), (48, 48)))
    assert len(repaired) == len(set(repaired))


def test_what_is_settled_stays() -> None:
    settled = (Guess((1, 7), 'float32', is_settled=True), Guess((1, 7), 'float32'))
    complaint = 'mat1 and mat2 shapes cannot be multiplied (1x7 and 48x5)'
    for repaired in repairs(complaint, settled, (48,)):
        assert repaired[0] == settled[0]
