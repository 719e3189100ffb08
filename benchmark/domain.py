# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A ROS domain that nobody else on this machine uses at the same time."""

from contextlib import contextmanager
import os
import socket
from typing import Iterator

from benchmark.processes import Unmeasured

# Up to 101, the ports of a domain stay below those that the system gives to others. The tests of
# the package reserve their domains with the same ports.
_DOMAINS = range(1, 102)
_PORT_BEFORE = 22810


@contextmanager
def own_domain() -> Iterator[int]:
    """Take ROS_DOMAIN_ID if it is set, or reserve one for as long as its port is bound."""
    given = os.environ.get('ROS_DOMAIN_ID')
    if given:
        yield int(given)
        return
    first = os.getpid() % len(_DOMAINS)
    for domain in [*_DOMAINS[first:], *_DOMAINS[:first]]:
        with socket.socket() as reservation:
            try:
                reservation.bind(('127.0.0.1', _PORT_BEFORE + domain))
            except OSError:
                continue
            yield domain
            return
    raise Unmeasured('all domain ids are in use')
