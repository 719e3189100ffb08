# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""
A worker: values are got out of messages, and into them, in ways that take turns.

All of it takes place in this process, from the bytes that the middleware would hand over to what
the module would get.
"""

import json
from pathlib import Path
import sys
from typing import Any, Dict, Iterable, Iterator, List, Optional

from benchmark.case import Case
from benchmark.pictures import picture_cases
from benchmark.ranges import range_cases
from benchmark.walker import walker_cases
from benchmark.wire import close_node, open_node
from rclpy.context import Context
import torch


def all_cases(context: Optional[Context] = None) -> Iterator[Case]:
    """Make the cases, a few at a time."""
    for make in (walker_cases, picture_cases, range_cases):
        yield from make(context)


def measure(cases: Iterable[Case], blocks: int) -> List[Case]:
    """Return the cases, measured; on Ctrl-C those that were until then."""
    measured: List[Case] = []
    try:
        for case in cases:
            case.check()
            measured.append(case)
            case.measure(blocks)
    except KeyboardInterrupt:
        pass
    return measured


def main() -> None:
    """Measure as the file says that is named on the command line."""
    settings: Dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    node = open_node('turns')
    torch.set_num_threads(1)
    with torch.inference_mode():
        measured = measure(all_cases(), settings['blocks'])
    Path(settings['result']).write_text(json.dumps({
        case.name: {'block': case.block, 'samples_us': case.samples_us} for case in measured}))
    close_node(node)


if __name__ == '__main__':
    main()
