# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What to try next, from what torch complains of."""

import re
from typing import Callable, Iterator, List, Match, Pattern, Sequence, Tuple

from dg_pytorch_ros.probing.guess import Guesses, Shape, with_dtype, with_shape, with_size

_PICTURE = 64
# Sides of the pictures, and lengths of the signals, that nets are made for.
USUAL_SIDES = (
    64, 224, 84, 96, 32, 28, 128, 48, 256, 112, 160, 192, 299, 320, 384, 416, 512, 640, 50, 100,
    200, 20, 16, 10, 8)
_USUAL_PICTURES = (
    (48, 64), (60, 80), (64, 128), (66, 200), (72, 96), (90, 160), (96, 128), (120, 160),
    (144, 256), (180, 320), (240, 320), (360, 640), (480, 640))
_LARGEST_SIZE = 2 ** 20
_HIGHEST_RANK = 5
_MOST_COLORS = 4

Repairs = Iterator[Guesses]
_Repair = Callable[[Guesses, Match[str]], Repairs]
_Rule = Tuple[Pattern[str], _Repair]


def repairs(complaint: str, guesses: Guesses, numbers: Sequence[int]) -> Repairs:
    """Yield what might please a module that complained, the likeliest first."""
    seen = {guesses}
    for repaired in _all_repairs(complaint, guesses, numbers):
        is_sensible = all(guess.is_sensible for guess in repaired)
        if repaired not in seen and is_sensible:
            seen.add(repaired)
            yield repaired


def _all_repairs(complaint: str, guesses: Guesses, numbers: Sequence[int]) -> Repairs:
    is_understood = False
    for pattern, repair in _RULES:
        match = pattern.search(complaint)
        if match:
            is_understood = True
            yield from repair(guesses, match)
    if not is_understood:
        yield from _exchange(guesses, complaint)
        yield from _any_rank(guesses)
        yield from _known_numbers(guesses, numbers)
        yield from _any_dtype(guesses)


def _open(guesses: Guesses) -> Iterator[Tuple[int, Shape]]:
    for index, guess in enumerate(guesses):
        if not guess.is_settled:
            yield index, guess.shape


# Sizes


def _resize(guesses: Guesses, wrong: int, wanted: int) -> Repairs:
    """Let something that now has one size have another: an axis, several, or whole values."""
    if wrong == wanted or not 1 <= wanted <= _LARGEST_SIZE:
        return
    places = [
        (index, axis) for index, shape in _open(guesses)
        for axis in reversed(range(len(shape))) if shape[axis] == wrong]
    for index, axis in places:
        yield with_size(guesses, index, axis, wanted)
    if len(places) > 1:
        together = guesses
        for index, axis in places:
            together = with_size(together, index, axis, wanted)
        yield together
    yield from _resize_whole(guesses, wrong, wanted)
    yield from _resize_joined(guesses, wrong, wanted)
    yield from _resize_picture(guesses, wrong, wanted)


def _resize_whole(guesses: Guesses, wrong: int, wanted: int) -> Repairs:
    """Give a value that is flattened another number of elements."""
    for index, shape in _open(guesses):
        if guesses[index].size == wrong and shape:
            others = wrong // shape[-1]
            if wanted % others == 0:
                yield with_size(guesses, index, -1, wanted // others)
            yield with_shape(guesses, index, (*(1,) * (len(shape) - 1), wanted))


def _resize_joined(guesses: Guesses, wrong: int, wanted: int) -> Repairs:
    """Give a value that is put together with others what those leave over."""
    for index, shape in reversed(list(_open(guesses))):
        if shape and shape[-1] < wrong:
            yield with_size(guesses, index, -1, shape[-1] + wanted - wrong)
    yield from _share(guesses, wrong, wanted)


def _share(guesses: Guesses, wrong: int, wanted: int) -> Repairs:
    """Give values that are put together about the same share each."""
    places = [index for index, shape in _open(guesses) if shape]
    others = wrong - sum(guesses[index].shape[-1] for index in places)
    settled = sum(guess.shape[-1] for guess in guesses if guess.is_settled and guess.shape)
    if others not in (0, settled):
        return
    left = wanted - others
    for done, index in enumerate(places):
        share = left // (len(places) - done)
        guesses = with_size(guesses, index, -1, share)
        left -= share
    yield guesses


def _resize_picture(guesses: Guesses, wrong: int, wanted: int) -> Repairs:
    """Give pictures and signals another size: what is left of them grows with it."""
    for index, shape in _open(guesses):
        axes = _axes_of_sides(shape)
        if not axes:
            continue
        side = round(shape[axes[0]] * (wanted / wrong) ** (1 / len(axes)))
        steps = (1, -1, 2, -2, 3, -3, 4, -4) if abs(wanted - wrong) < 0.2 * wanted else ()
        sides = [side, *(side + step for step in steps), *USUAL_SIDES]
        for height, width in (*((side, side) for side in sides), *_USUAL_PICTURES):
            resized = list(shape)
            resized[axes[0]], resized[axes[-1]] = height, width
            yield with_shape(guesses, index, tuple(resized))


def _axes_of_sides(shape: Shape) -> Tuple[int, ...]:
    """Return the axes along which a net slides its kernels, if this looks like a picture."""
    if len(shape) == 4:
        return (1, 2) if shape[3] <= _MOST_COLORS < shape[1] else (2, 3)
    return (2,) if len(shape) == 3 and shape[2] > 1 else ()


def _enlarge(guesses: Guesses, match: Match[str]) -> Repairs:
    """Give pictures and signals room for the kernels that go over them."""
    for index, shape in _open(guesses):
        for first, last in ((2, 4), (1, 3)):
            if len(shape) > first:
                yield with_shape(guesses, index, tuple(
                    max(_PICTURE, 2 * size) if first <= axis < last else size
                    for axis, size in enumerate(shape)))


# What the rules make of what they found


def _from_first_to_second(guesses: Guesses, match: Match[str]) -> Repairs:
    yield from _resize(guesses, int(match[1]), int(match[2]))


def _from_second_to_first(guesses: Guesses, match: Match[str]) -> Repairs:
    yield from _resize(guesses, int(match[2]), int(match[1]))


def _both_ways(guesses: Guesses, match: Match[str]) -> Repairs:
    first, second = int(match[1]), int(match[2])
    yield from _resize(guesses, first, second)
    yield from _resize(guesses, second, first)


def _view(guesses: Guesses, match: Match[str]) -> Repairs:
    wanted = 1
    for size in _sizes(match[1]):
        wanted *= size if size > 0 else 1
    yield from _resize(guesses, int(match[2]), wanted)
    if '-1' in match[1]:
        yield from _resize(guesses, int(match[2]), 2 * wanted)


def _pieces(guesses: Guesses, match: Match[str]) -> Repairs:
    yield from _resize(guesses, int(match[1]), sum(_sizes(match[2])))


def _factors(guesses: Guesses, match: Match[str]) -> Repairs:
    wanted = 1
    for size in _sizes(match[1]):
        wanted *= size
    yield from _resize(guesses, int(match[2]), abs(wanted))


def _index(guesses: Guesses, match: Match[str]) -> Repairs:
    index = int(match['index'])
    wanted = index + 1 if index >= 0 else -index
    sizes, axis = _sizes(match['sizes']), int(match['axis'])
    wrong = sizes[axis] if len(sizes) > 1 else sizes[0]
    for place, shape in _open(guesses):
        if list(shape) == sizes:
            yield with_size(guesses, place, axis, wanted)
    yield from _resize(guesses, wrong, wanted)


def _piece_of(guesses: Guesses, match: Match[str]) -> Repairs:
    yield from _resize(guesses, int(match[3]), int(match[1]) + int(match[2]))


def _whole_shape(guesses: Guesses, match: Match[str]) -> Repairs:
    wanted, wrong = tuple(_sizes(match[1])), tuple(_sizes(match[2]))
    for index, shape in _open(guesses):
        if shape == wrong:
            yield with_shape(guesses, index, wanted)
    for index, shape in _open(guesses):
        if len(shape) == len(wanted) - 1:
            yield with_shape(guesses, index, wanted)


def _normalised(guesses: Guesses, match: Match[str]) -> Repairs:
    wanted, present = _sizes(match[1]), _sizes(match[2])
    for index, shape in _open(guesses):
        if list(shape) == present:
            yield with_shape(guesses, index, (*(1,) * max(len(shape) - len(wanted), 1), *wanted))
    if present:
        yield from _resize(guesses, present[-1], wanted[-1])


def _channels(guesses: Guesses, match: Match[str]) -> Repairs:
    rank = len(_sizes(match[1]))
    present = tuple(_sizes(match[2]))
    wanted = int(match[3])
    sides = (_PICTURE,) * (rank - 2)
    for index, shape in _open(guesses):
        if shape == present:
            yield with_size(guesses, index, 1, wanted)
        elif shape == present[1:]:
            yield with_shape(guesses, index, (1, wanted, *sides))
    yield from _resize(guesses, int(match[4]), wanted)


def _single(guesses: Guesses, match: Match[str]) -> Repairs:
    for index, shape in _open(guesses):
        if guesses[index].size > 1:
            yield with_shape(guesses, index, (1,) * len(shape))


# Ranks


def _with_rank(guesses: Guesses, index: int, rank: int, *, is_picture: bool = False) -> Repairs:
    """Give a value more axes, in front or (a picture's sides) behind, or fewer."""
    shape = guesses[index].shape
    if not 0 <= rank <= _HIGHEST_RANK or rank == len(shape):
        return
    if rank < len(shape):
        yield with_shape(guesses, index, shape[len(shape) - rank:])
        return
    last = shape[-1] if shape else 1
    picture = (1, last, *(_PICTURE,) * (rank - 2)) if rank > 2 else None
    padded = (*(1,) * (rank - len(shape)), *shape)
    for wanted in (picture, padded) if is_picture else (padded, picture):
        if wanted is not None:
            yield with_shape(guesses, index, wanted)


def _rank(guesses: Guesses, match: Match[str]) -> Repairs:
    """Give another rank to what has the wrong one, or to anything if nothing has that."""
    wanted = [int(word) for word in re.findall(r'\d', match['wanted'])]
    wrong = int(match['wrong']) if match.groupdict().get('wrong') else None
    is_picture = bool(re.search('conv|4D|BatchNorm', match.string))
    for is_strict in (True, False):
        for rank in sorted(wanted, reverse=True):
            for index, shape in _open(guesses):
                if not is_strict or wrong is None or len(shape) == wrong:
                    yield from _with_rank(guesses, index, rank, is_picture=is_picture)


def _size_of_wrong_rank(guesses: Guesses, match: Match[str]) -> Repairs:
    present = tuple(_sizes(match['sizes']))
    for index, shape in _open(guesses):
        if shape == present or len(shape) == len(present):
            yield from _with_rank(guesses, index, int(match['wanted']), is_picture=True)


def _axis_out_of_range(guesses: Guesses, match: Match[str]) -> Repairs:
    present, axis = int(match[1]) + 1, int(match[2])
    wanted = axis + 1 if axis >= 0 else -axis
    for index, shape in _open(guesses):
        if len(shape) == present or not shape:
            yield from _with_rank(guesses, index, wanted)
    yield from _any_rank(guesses)


def _ranks_differ(guesses: Guesses, match: Match[str]) -> Repairs:
    first, second = int(match[1]), int(match[2])
    for wrong, wanted in sorted(((first, second), (second, first))):
        for index, shape in _open(guesses):
            if len(shape) == wrong:
                yield from _with_rank(guesses, index, wanted)


def _any_rank(guesses: Guesses, match: object = None) -> Repairs:
    for rank in (1, 2, 3, 4, 0):
        together = guesses
        for index, _ in _open(guesses):
            for changed in _with_rank(guesses, index, rank):
                yield changed
            together = next(_with_rank(together, index, rank), together)
        yield together


# dtypes


def _whole_numbers(guesses: Guesses, match: object = None) -> Repairs:
    yield from _each_dtype(guesses, 'int64')


def _truth_values(guesses: Guesses, match: object = None) -> Repairs:
    yield from _each_dtype(guesses, 'bool')


def _floating(guesses: Guesses, match: Match[str]) -> Repairs:
    words = {'double': 'float64', 'float': 'float32', 'half': 'float16', 'bfloat16': 'bfloat16'}
    names = [words[word.lower()] for word in re.findall(
        r'\b(?:c10::)?(Double|Float|Half|BFloat16)', match.string, re.IGNORECASE)]
    for name in dict.fromkeys(names):
        together = guesses
        for index, _ in _open(guesses):
            if 'float' in guesses[index].dtype:
                together = with_dtype(together, index, name)
        yield together
        yield from _each_dtype(guesses, name)


def _any_dtype(guesses: Guesses) -> Repairs:
    for dtype in ('int64', 'float32', 'bool'):
        yield from _each_dtype(guesses, dtype)


def _each_dtype(guesses: Guesses, dtype: str) -> Repairs:
    for index, _ in _open(guesses):
        yield with_dtype(guesses, index, dtype)


# What is left when nothing is understood


def _exchange(guesses: Guesses, complaint: str) -> Repairs:
    """Put another number of the complaint in the place of one that is a size."""
    numbers = list(dict.fromkeys(int(word) for word in re.findall(r'\d+', complaint)))
    for wrong in numbers:
        for wanted in numbers:
            if wrong > 1 and 1 < wanted <= _LARGEST_SIZE:
                for index, shape in _open(guesses):
                    for axis in reversed(range(len(shape))):
                        if shape[axis] == wrong:
                            yield with_size(guesses, index, axis, wanted)


def _known_numbers(guesses: Guesses, numbers: Sequence[int]) -> Repairs:
    for number in numbers:
        for index, shape in _open(guesses):
            if shape:
                yield with_size(guesses, index, -1, number)


def _sizes(text: str) -> List[int]:
    return [int(word) for word in re.findall(r'-?\d+', text)]


def _rule(pattern: str, repair: _Repair) -> _Rule:
    return re.compile(pattern, re.IGNORECASE), repair


_RULES: Tuple[_Rule, ...] = (
    _rule(r'cannot be multiplied \(\d+x(\d+) and (\d+)x', _from_first_to_second),
    _rule(r'size mismatch, got .*mat \(\d+x(\d+)\), vec \((\d+)\)', _from_second_to_first),
    _rule(r'weight of size \[(.*?)\], expected input\[(.*?)\] to have (\d+) channels, but got '
          r'(\d+) channels', _channels),
    _rule(r'or (?P<wanted>\d)D \(batched\) input to conv.*size: ?\[(?P<sizes>.*?)\]',
          _size_of_wrong_rank),
    _rule(r'expected hidden.* size \((.*?)\), got \[(.*?)\]', _whole_shape),
    _rule(r'normalized_shape=\[(.*?)\].*size ?\[(.*?)\]', _normalised),
    _rule(r'shape \'\[(.*?)\]\' is invalid for input of size (\d+)', _view),
    _rule(r'size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)', _both_ways),
    _rule(r'expanded size of the tensor \((\d+)\) must match the existing size \((\d+)\)',
          _from_second_to_first),
    _rule(r'should contain (\d+) elements not (\d+)', _from_first_to_second),
    _rule(r'index (?P<index>-?\d+) out of range for tensor of size \[(?P<sizes>.*?)\] at '
          r'dimension (?P<axis>\d+)', _index),
    _rule(r'index (?P<index>-?\d+) is out of bounds for dimension (?P<axis>\d+) with size '
          r'(?P<sizes>\d+)', _index),
    _rule(r'sum exactly to (\d+).*split_sizes=\[(.*?)\]', _pieces),
    _rule(r'start \((\d+)\) \+ length \((\d+)\) exceeds dimension size \((\d+)\)', _piece_of),
    _rule(r'provided sizes \[(.*?)\] don\'t multiply up to the size of dim -?\d+ \((\d+)\)',
          _factors),
    _rule(r'batch2 tensor to be: \[\d+, (\d+)\] but got: \[\d+, (\d+)\]', _both_ways),
    _rule(r'expected size (\d+) but got size (\d+)', _both_ways),
    _rule(r'expected tensor \[(\d+)\] and src \[(\d+)\]', _both_ways),
    _rule(r'has size (\d+) .*previously seen size (\d+)', _both_ways),
    _rule(r'expect\w*\D+(\d+)\D{1,40}got:? (\d+)', _from_second_to_first),
    _rule(r'got (\d+),? expected (\d+)', _from_first_to_second),
    _rule(r'kernel size can\'t be greater|output size is too small', _enlarge),
    _rule(r'elements cannot be converted to Scalar|more than one value is ambiguous', _single),
    _rule(r'expected to be in range of \[-\d+, (\d+)\], but got (-?\d+)', _axis_out_of_range),
    _rule(r'same number of dimensions: got (\d) and (\d)', _ranks_differ),
    _rule(r'input\.dim\(\) = (?P<wrong>\d) is not equal to len\(dims\) = (?P<wanted>\d)', _rank),
    _rule(r'equation \((?P<wanted>\d)\) .* dimensions \((?P<wrong>\d)\)', _rank),
    _rule(r'Expected (?P<wanted>\d) elements in a list but found (?P<wrong>\d)', _rank),
    _rule(r'too many indices for tensor of dimension (?P<wrong>\d) \(got (?P<wanted>\d)\)',
          _rank),
    _rule(r'must have (?P<wanted>\d) dimensions, got (?P<wrong>\d)', _rank),
    _rule(r'sizes provided \((?P<wanted>\d)\) .*dimensions in the tensor \((?P<wrong>\d)\)',
          _rank),
    _rule(r'(?P<wanted>\d-?D.*?)(?:but )?(?:got|received)\D*(?P<wrong>\d)-?D', _rank),
    _rule(r'must be an? (?P<wanted>\d)-?D', _rank),
    _rule(r'to be (?:a )?vector|list index out of range|too few|not enough values', _any_rank),
    _rule(r'LongTensor|types: Long|dtype int32|must be long|type Long|integral|'
          r'not implemented for \'(?:Float|Double)\'', _whole_numbers),
    _rule(r'boolean|\bBool\b|not implemented for \'(?:Float|Double)\'', _truth_values),
    _rule(r'(?:dtype|scalar type|same type|should be the same).*(?:Double|Float|Half)|'
          r'(?:double|float|half) != |\bgot .*Double', _floating),
)
