# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Tasks that go wrong, for the processes in which conversions are made."""

from dataclasses import replace
import os
from pathlib import Path
import subprocess
import sys
from time import sleep
from typing import Any, Callable

from dg_pytorch_ros.errors import ModelFileError, PytorchRosError

Tell = Callable[[str], None]


def make_another(order: Any, tell: Tell) -> Any:
    """Convert a module whose parameters are a little off."""
    from dg_pytorch_ros.conversion.making import make
    import torch
    module = torch.jit.load(str(order.file.path))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(1.01)
    content = module.save_to_buffer()
    return make(replace(order, file=replace(order.file, content=content)), tell)


def make_identity(order: Any, tell: Tell) -> Any:
    """Write a program that gives back what it takes, whatever is ordered."""
    from dg_pytorch_ros.conversion.order import Made
    import torch
    program = torch.export.export(torch.nn.Identity(), (torch.zeros(order.layouts[0].sample),))
    torch.export.save(program, str(order.place))
    return Made((order.layouts[0].shape,), (), 0.0)


def make_nonsense(order: Any, tell: Tell) -> Any:
    """Write a file that nobody can load."""
    from dg_pytorch_ros.conversion.making import make
    made = make(order, tell)
    order.place.write_bytes(b'nonsense')
    return made


def tell_environment(order: Any, tell: Tell) -> Any:
    """Say where things go, and leave some there."""
    from tempfile import mkstemp
    tell('looking')
    print('this is said to nobody')
    Path('here').write_text('something')
    return {
        'cwd': os.getcwd(), 'temporary': mkstemp()[1], 'path': list(sys.path), 'order': order,
        'cache': os.environ['TORCHINDUCTOR_CACHE_DIR'], 'group': os.getpgid(0)}


def refuse(order: Any, tell: Tell) -> Any:
    """Refuse what is asked for."""
    raise {'file': ModelFileError, 'any': PytorchRosError}[order]('no, not this one')


def fail(order: Any, tell: Tell) -> Any:
    """Fail as a library does."""
    tell('trying')
    raise ValueError('what is this?')


def crash(order: Any, tell: Tell) -> Any:
    """End as a library does that writes where it must not."""
    tell('crashing')
    os.abort()


def hang(order: Any, tell: Tell) -> Any:
    """Start a process that stays, and stay."""
    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
    tell(str(child.pid))
    sleep(600)
