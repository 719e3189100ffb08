# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Domain ids that no other test on this machine uses at the same time."""

from contextlib import contextmanager
import os
import socket
from typing import Iterator

# Up to 101, the ports of a domain stay below those that the system gives to others.
_DOMAINS = range(1, 102)
_PORT_BEFORE = 22810


@contextmanager
def own_domain() -> Iterator[int]:
    """Reserve a domain id: as long as its port is bound, it belongs to this test."""
    first = os.getpid() % len(_DOMAINS)
    for domain in [*_DOMAINS[first:], *_DOMAINS[:first]]:
        with socket.socket() as reservation:
            try:
                reservation.bind(('127.0.0.1', _PORT_BEFORE + domain))
            except OSError:
                continue
            yield domain
            return
    raise RuntimeError('all domain ids are in use')
