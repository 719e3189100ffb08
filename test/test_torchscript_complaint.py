# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Of fifty lines of trace, the one that matters is told."""

import io
from typing import Any, Callable
import zipfile

from dg_pytorch_ros.tensors.complaint import first_complaint
from dg_pytorch_ros.torchscript.complaint import load_complaint
from loading import script
import pytest
import scripted_modules as modules
import torch


def multiply(*sizes: int) -> Callable[[], Any]:
    return lambda: script(torch.nn.Linear(4, 2))(torch.zeros(sizes))


@pytest.mark.parametrize('fail, complaint', [
    (lambda: script(modules.AlwaysFails())(torch.zeros(1)), 'this gait is not for stairs'),
    (multiply(1, 3), 'mat1 and mat2 shapes cannot be multiplied (1x3 and 4x2)'),
    (lambda: torch.zeros(2) + torch.zeros(3),
     'The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0'),
])
def test_sentence_of_the_module_is_found(fail: Callable[[], Any], complaint: str) -> None:
    with pytest.raises(Exception) as caught:
        fail()
    assert first_complaint(caught.value) == complaint


@pytest.mark.parametrize('error, complaint', [
    (ValueError('one line'), 'one line'),
    (ValueError('first\nsecond'), 'first'),
    (ValueError('\n  first\nsecond'), 'first'),
    (ValueError(), 'ValueError'),
    (RuntimeError('The following operation failed in the TorchScript interpreter.\n'
                  'Traceback of TorchScript (most recent call last):\n'
                  'RuntimeError: outer\n  File "x", line 1\nbuiltins.ValueError: inner\n'),
     'inner'),
    (RuntimeError('Traceback of TorchScript\nno known form\nlast words'), 'last words'),
])
def test_any_error_gives_one_line(error: Exception, complaint: str) -> None:
    assert first_complaint(error) == complaint


def unknown(old: bytes, new: bytes) -> RuntimeError:
    """Return what torch raises for an archive in whose code something was replaced."""
    archive, broken = io.BytesIO(), io.BytesIO()
    torch.jit.save(script(torch.nn.ReLU()), archive)
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(broken, 'w') as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content.replace(old, new) if name.endswith('.py') else content)
    with pytest.raises(RuntimeError) as caught:
        torch.jit.load(io.BytesIO(broken.getvalue()))
    return caught.value


@pytest.mark.parametrize('old, new, complaint', [
    (b'torch.relu(', b'ops.torchvision.relu(',
     'it uses operator torchvision::relu, which no library here brings; import the one that does, '
     'most likely model_imports: [torchvision]'),
    (b'input: Tensor', b'input: __torch__.torch.classes.tensorrt.Engine',
     'it uses type tensorrt.Engine, which no library here brings; import the one that does, most '
     'likely model_imports: [torch_tensorrt]'),
    (b'torch.relu(', b'torch.relu77(',
     'it uses operator aten::relu77, which this version of torch does not have'),
])
def test_what_an_archive_lacks_is_told(old: bytes, new: bytes, complaint: str) -> None:
    assert load_complaint(unknown(old, new)) == complaint


def test_other_failures_to_load_are_told_as_they_are() -> None:
    assert load_complaint(RuntimeError('no such file\nframe #0')) == 'no such file'
