# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the node does when the cable to another host is cut: rows of docs/reliability.md."""

from pathlib import Path
import signal
from typing import Any, Iterator, List

from fault_rig import assert_trustworthy, FALLBACK, longest_repetition, OK, STALE, wait_for_line
from listening import Listening
from node_process import NodeProcess, parameters
import pytest
import small_models
from two_hosts import ENVIRONMENT, NotPermitted, TwoHosts, wait_until

# At most as many outputs of the same message as there are ticks until it is too old; two more
# because a message comes between two ticks, and the last tick may be early.
MAX_AGE_MS, PERIOD_MS = 100.0, 10.0
MOST_REPETITIONS = MAX_AGE_MS / PERIOD_MS + 2
AGING = {
    'inputs__x__max_age_ms': MAX_AGE_MS, 'on_stale': 'fallback',
    'outputs__output__fallback': FALLBACK}


@pytest.fixture
def hosts(tmp_path: Path, domain: int) -> Iterator[TwoHosts]:
    """Make two hosts with a cable between them."""
    try:
        two_hosts = TwoHosts(tmp_path, domain)
    except (NotPermitted, FileNotFoundError) as error:
        pytest.skip(f'no network namespaces here: {error}')
    yield two_hosts
    two_hosts.close()


@pytest.fixture
def start(hosts: TwoHosts, tmp_path: Path, domain: int) -> Iterator[Any]:
    """Return a function that starts a node on the near host, with a listener on each."""
    nodes: List[NodeProcess] = []

    def start_one(**values: Any) -> Any:
        path = small_models.save(small_models.Identity(), tmp_path)
        nodes.append(NodeProcess(
            tmp_path / 'node.log', domain, *parameters(model_path=path, **AGING, **values),
            environment=ENVIRONMENT, preexec_fn=hosts.near.enter))
        listeners = [hosts.listen(host, 'output') for host in (hosts.near, hosts.far)]
        hosts.send(hosts.far, 'x')
        for listener in listeners:
            wait_for_level(listener, OK)
            wait_until(listener.numbers, 'outputs')
        return nodes[-1], *listeners
    yield start_one
    for node in nodes:
        node.close()


def wait_for_level(listener: Listening, level: bytes) -> Any:
    wait_until(
        lambda: listener.status()['level'] == level[0],
        lambda: f'level {level!r}; last: {listener.status()}')
    return listener.status()


def numbers_of_messages(heard: List[List[float]]) -> List[float]:
    return [number for number, _ in heard if number != FALLBACK[0]]


@pytest.mark.parametrize('trigger, cut', [('timer', 'far'), ('message', 'near')])
def test_a_cut_cable_brings_the_fallback_and_its_return_the_loop_back(
        trigger: str, cut: str, hosts: TwoHosts, start: Any) -> None:
    node, near, far = start(trigger=trigger, rate_hz=1000.0 / PERIOD_MS)
    host = getattr(hosts, cut)
    host.ip('link', 'set', 'cable', 'down')
    wait_until(lambda: near.numbers()[-1] == FALLBACK, 'the fallback')
    status = wait_for_level(near, STALE)
    assert 'stale x' in status['message']
    assert float(status['values']['age_ms: x']) > MAX_AGE_MS
    wait_until(lambda: "fallback published: input 'x' is " in node.output, 'a line in the log')
    heard_far = len(far.numbers())
    last = max(numbers_of_messages(near.numbers()))
    count = len(near.numbers())
    wait_until(lambda: len(near.numbers()) > count + 5, 'more fallbacks')
    # One side hears fallbacks and nothing else, the other nothing.
    assert near.numbers()[count:count + 5] == 5 * [FALLBACK]
    assert len(far.numbers()) == heard_far
    host.ip('link', 'set', 'cable', 'up')
    wait_until(lambda: near.numbers()[-1][0] > last, 'new outputs')
    wait_until(lambda: far.numbers()[-1][0] > last, 'new outputs on the other host')
    for listener in near, far:
        wait_for_level(listener, OK)
        heard = listener.numbers()
        assert_trustworthy(heard)
        assert longest_repetition(heard) <= MOST_REPETITIONS
        numbers = numbers_of_messages(heard)
        assert numbers == sorted(numbers)  # nothing from before the cut comes late
    # What was sent meanwhile is lost, and not made up for.
    assert min(number for number in numbers if number > last) > last + 5
    wait_for_line('outputs are published again, after ', lambda: node.output)
    assert 'Traceback' not in node.output


def test_a_node_whose_cable_is_cut_leaves_in_order_and_says_who_may_not_know(
        hosts: TwoHosts, start: Any) -> None:
    node, near, far = start(trigger='timer', rate_hz=1000.0 / PERIOD_MS)
    hosts.far.ip('link', 'set', 'cable', 'down')
    heard_far = len(far.numbers())
    node.interrupt(signal.SIGTERM)
    assert node.exit_code() == 0
    wait_for_line('somebody has not acknowledged it within 0.5 s', lambda: node.output)
    wait_until(lambda: near.numbers()[-1] == FALLBACK, 'the fallback as the last message')
    assert near.numbers().count(FALLBACK) >= 1
    # The last that the other host has heard is an output: its own timeout has to help it.
    assert len(far.numbers()) - heard_far <= 1
    assert FALLBACK not in far.numbers()
    assert near.status()['message'] == 'active'
    assert_trustworthy(near.numbers())
