# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""`pytorch_model replay`, run within the test, and what it leaves behind."""

import json
from pathlib import Path
from typing import Any, Dict, List

from dg_pytorch_ros.tools.main import main
from rclpy.serialization import deserialize_message
from recordings import read_raw

ROOT = Path(__file__).parents[1]


def parameter_file(folder: Path, **parameters: Any) -> str:
    """Write a parameter file for any node."""
    path = folder / 'node.yaml'
    # JSON is YAML, and has quotes around names such as y.
    path.write_text(json.dumps({'/**': {'ros__parameters': parameters}}))
    return str(path)


def replay(*arguments: Any) -> int:
    """Run the command; return its exit code."""
    return main(['replay', *map(str, arguments)])


def account(capsys: Any, *arguments: Any, code: int = 0) -> Dict[str, Any]:
    """Run the command, which must end so; return what it prints as JSON."""
    capsys.readouterr()
    assert replay(*arguments, '--json') == code
    printed: Dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


def complaint(capsys: Any, *arguments: Any) -> str:
    """Run the command, which must fail; return the error."""
    capsys.readouterr()
    assert replay(*arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ''
    assert printed.err.startswith('pytorch_model replay: ')
    return str(printed.err.removeprefix('pytorch_model replay: ').rstrip())


def outputs(bag: Path, kind: Any, topic: str) -> List[Any]:
    """Return the messages of a topic in a bag, and when each was published."""
    return [
        (message.time_ns, deserialize_message(message.data, kind))
        for message in read_raw(bag) if message.topic == topic]
