# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What is said in a parameter file about what was found by trying."""

from typing import List, Sequence

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.contract import Argument, Signature
from dg_pytorch_ros.model import describe_array
from dg_pytorch_ros.probing.guess import Shape
from dg_pytorch_ros.probing.outcome import Result
from dg_pytorch_ros.probing.probed import Probed, ProbedArgument

_LONGEST_COMPLAINT = 300
_ORDINALS = ('first', 'second', 'third', 'fourth', 'fifth')


def forward_text(signature: Signature) -> str:
    """Write the signature of forward."""
    arguments = ', '.join(map(_argument_text, signature.arguments))
    return f'forward({arguments}) -> {signature.result.annotation.rpartition("__torch__.")[2]}'


def shape_to_write(argument: ProbedArgument, outputs: Sequence[Result]) -> 'Shape | None':
    """
    Choose the shape for the file.

    Of a batch, whose size shows in the outputs, a robot feeds one; what else is free stays free.
    """
    if argument.shape is None or argument.sample_shape is None:
        return None
    has_batch = any(-1 in (output.shape or ()) for output in outputs)
    last = len(argument.shape) - 1
    joined = last if argument.joined_with else None
    return tuple(
        1 if size == -1 and sample == 1 and has_batch and axis != joined else size
        for axis, (size, sample) in enumerate(zip(argument.shape, argument.sample_shape)))


def describe_argument(argument: ProbedArgument, outputs: Sequence[Result]) -> List[str]:
    """Say what was found out about an argument, a sentence each."""
    if argument.argument.is_scalar:
        kind = argument.argument.type_name
        return [f'A Python {kind}: a message with one number; or a constant, without a topic.']
    if argument.sample_shape is None:
        return ['No shape is known: the first message decides. If you know it, set shape.']
    if argument.shape is None:
        like = f', the same as that of {enumeration(argument.like)}' if argument.like else ''
        single = '; or one number for all' if argument.like and argument.fits_alone else ''
        return [f'It runs on any shape{like}{single}.']
    verb = 'runs on' if argument.argument.shape is None else 'takes'
    sentences = [f'It {verb} {_described(argument)}.']
    free = [_ORDINALS[axis] for axis, size in enumerate(argument.shape) if size == -1]
    if free and argument.joined_with:
        sentences.append(
            f'Its last size and that of {enumeration(argument.joined_with)} are '
            f'{argument.total} together: give each its own.')
    elif free:
        which = ' and '.join(part for part in (', '.join(free[:-1]), free[-1]) if part)
        like = f' together with {enumeration(argument.like)}' if argument.like else ''
        sentences.append(f'The {which} size may vary (-1){like}.')
    if (shape_to_write(argument, outputs) or ()).count(-1) > 1:
        sentences.append('With more than one -1, messages must tell their layout.')
    return sentences


def describe_failure(probed: Probed) -> str:
    """Say that no shapes were found, and what forward said to the best guess."""
    complaint = probed.complaint[:_LONGEST_COMPLAINT]
    guess = ', '.join(
        f'{argument.name} {list(shape)}'
        for argument, shape in zip(probed.arguments, probed.guessed_shapes)
        if not argument.argument.is_scalar)
    return f'no shape was found on which forward runs; on {guess} it says: {complaint}'


def describe_result(result: Result, probed: Probed) -> str:
    """Write the dtype and shape of an output, -1 where they vary with what the file lets vary."""
    shapes = [
        shape_to_write(argument, probed.outputs) for argument in probed.arguments
        if not argument.argument.is_scalar]
    is_fixed = not any(shape is None or -1 in shape for shape in shapes)
    samples = {sample.name: sample for sample in probed.sample_outputs}
    shown = samples[result.name] if is_fixed else result
    return describe_array(shown.kind, shown.shape or ())


def _described(argument: ProbedArgument) -> str:
    return describe_array(argument.dtype, argument.sample_shape or ())


def _argument_text(argument: Argument) -> str:
    default = ' = …' if argument.has_default else ''
    return f'{argument.name}: {argument.type_name}{default}'
