# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""From a parameter file and a bag to an account of what the node would have done."""

from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import Callable, ContextManager, Iterable, Iterator, Optional, Protocol

from dg_pytorch_ros.errors import BagError
from dg_pytorch_ros.figures.canvas import check_picture
from dg_pytorch_ros.figures.differences import draw_differences
from dg_pytorch_ros.messages.classes import import_message_class
from dg_pytorch_ros.replay.account import Account
from dg_pytorch_ros.replay.bag_writer import BagWriter, check_bag_path
from dg_pytorch_ros.replay.bags import Bag
from dg_pytorch_ros.replay.comparison import Comparison, recorded_topics
from dg_pytorch_ros.replay.csv_writer import check_csv_folder, csv_paths, CsvWriter
from dg_pytorch_ros.replay.event_log import Event
from dg_pytorch_ros.replay.excerpt import choose_excerpt, Excerpt, read_excerpt
from dg_pytorch_ros.replay.hearing import find_topics
from dg_pytorch_ros.replay.order import Order
from dg_pytorch_ros.replay.replay import Published, Recorded, Replay
from dg_pytorch_ros.replay.subject import load_subject, Subject
from dg_pytorch_ros.replay.verdict import Verdict
from dg_pytorch_ros.terminal.progress import Progress


class Writer(Protocol):
    """Puts what is replayed into a file."""

    def write(self, published: Published) -> None:
        """Write a message."""


def carry_out(order: Order, tell: Callable[[str], None]) -> Account:
    """Replay a bag; `tell` hears what should not wait for the end. Raise PytorchRosError."""
    with Bag(order.bag) as bag:
        _check_places(order)
        excerpt = choose_excerpt(bag, order.begin_s, order.end_s)
        subject = load_subject(order, tell)
        if order.csv is not None:
            check_csv_folder(order.csv, subject.readouts, force=order.force)
        comparison = _prepare_comparison(order, subject, bag, excerpt)
        replay = Replay(
            subject.config, subject.model, node=subject.node,
            use_sim_time=subject.clock is not None,
            tick_times_ns=None if comparison is None else comparison.tick_times_ns,
            on_event=lambda event: _pass_on(event, excerpt, tell))
        topics = find_topics(
            replay, bag.topics, clock=subject.clock, rule_for=subject.rule_for,
            may_miss=order.may_miss, tell=tell)
        account = Account(
            str(bag), bag.storage, excerpt, {name: bag.topics[name] for name in topics},
            {output.name: output.topic for output in replay.circuit.wiring.outputs})
        _run(order, subject, replay, bag, account, comparison)
        if account.deactivated is None and (order.begin_s, order.end_s) == (None, None):
            _tell_losses(account, tell)
    _conclude(order, subject, account, comparison, tell)
    return account


def _check_places(order: Order) -> None:
    """Raise an error if what will be written cannot be, before any time is spent."""
    if order.plot is not None:
        check_picture(order.plot)
        if order.plot.exists() and not order.force:
            raise BagError(f'{order.plot} exists; add --force to replace it')
    if order.output is None:
        return
    # One file of a bag may be what is read, too.
    if _is_within(order.output, order.bag) or _is_within(order.bag, order.output):
        raise BagError(f'{order.output} is the bag that is read; give another folder')
    if order.csv is not None and _is_within(order.csv, order.output):
        raise BagError(
            f'{order.csv}, for the tables, is in the bag that is written; give another folder')
    check_bag_path(order.output, force=order.force)


def _is_within(path: Path, folder: Path) -> bool:
    return folder.resolve() in (path.resolve(), *path.resolve().parents)


def _prepare_comparison(
    order: Order, subject: Subject, bag: Bag, excerpt: Excerpt
) -> Optional[Comparison]:
    if not order.compare:
        return None
    comparison = Comparison(subject.config, subject.readouts, recorded_topics(
        subject.config.outputs, subject.node.resolve_topic_name, order.recorded_as))
    comparison.check(bag.topics)
    comparison.read(bag, excerpt)
    return comparison


def _pass_on(event: Event, excerpt: Excerpt, tell: Callable[[str], None]) -> None:
    """Say what the node would have warned of."""
    if event.severity != 'info':
        tell(f'{excerpt.seconds(event.time_ns):.3f} s, {event.severity}: {event.text}')


def _run(
    order: Order, subject: Subject, replay: Replay, bag: Bag, account: Account,
    comparison: Optional[Comparison]
) -> None:
    excerpt = account.excerpt
    latched = [
        subscriber.topic for subscriber in replay.circuit.wiring.subscribers
        if subscriber.config.qos.durability == 'transient_local']
    sinks = [] if comparison is None else [comparison.add]
    with ExitStack() as stack:
        sinks += [stack.enter_context(writer).write for writer in _writers(
            order, subject, replay, bag, excerpt)]
        progress = stack.enter_context(Progress(excerpt.duration_s, 'replaying'))
        begin_s = monotonic()
        for published in replay.run(
                _watched(read_excerpt(bag, excerpt, account.topics, latched), account, progress),
                begin_ns=excerpt.begin_ns, end_ns=excerpt.end_ns - 1):
            account.published[published.output_name] += 1
            for sink in sinks:
                sink(published)
        account.wall_s = monotonic() - begin_s
    _take_over(replay, account)


def _writers(
    order: Order, subject: Subject, replay: Replay, bag: Bag, excerpt: Excerpt
) -> Iterator[ContextManager[Writer]]:
    """Make what writes the outputs into files, as far as it is asked for."""
    if order.output is not None:
        outputs = {output.topic: output.config for output in replay.circuit.wiring.outputs}
        yield BagWriter(
            order.output, order.storage or bag.storage, outputs, import_message_class)
    if order.csv is not None:
        yield CsvWriter(order.csv, subject.readouts, excerpt.bag_begin_ns)


def _watched(
    messages: Iterable[Recorded], account: Account, progress: Progress
) -> Iterator[Recorded]:
    for message in messages:
        account.read[message.topic] += 1
        progress.to(max(1e-9 * (message.time_ns - account.excerpt.begin_ns), 0.0))
        yield message


def _tell_losses(account: Account, tell: Callable[[str], None]) -> None:
    for name, topic in account.topics.items():
        if account.read[name] < topic.messages:
            tell(
                f'{name}: of {topic.messages} messages that the bag says it has, '
                f'{account.read[name]} were found; it may be damaged')


def _take_over(replay: Replay, account: Account) -> None:
    counters = replay.circuit.counters
    account.evaluations = counters.evaluations
    account.has_acted = replay.has_acted
    account.missed_ticks = counters.missed_ticks
    account.refused = dict(counters.refusals)
    account.dropped = dict(counters.dropped_messages)
    # Only what has all its values can fail; then it forgets first ones, which may have been wrong.
    had_all = replay.ended or 'failed evaluation' in counters.refusals
    account.without_value = [] if had_all else [
        slot.name for subscriber in replay.circuit.wiring.subscribers
        for slot in subscriber.slots if slot.value is None]
    account.deactivated = replay.ended


def _conclude(
    order: Order, subject: Subject, account: Account, comparison: Optional[Comparison],
    tell: Callable[[str], None]
) -> None:
    """Compare, draw, and say what was written."""
    if order.output is not None:
        account.written.append(str(order.output))
    if order.csv is not None:
        account.written.extend(
            str(path) for path in csv_paths(order.csv, subject.readouts).values())
    if comparison is None:
        return
    differences = comparison.differences()
    account.verdict = Verdict(
        differences, subject.readouts, comparison.topics,
        [name for name in subject.readouts if name not in differences],
        account.excerpt, order.tolerance, order.max_unpaired)
    if order.plot is None:
        return
    rows = account.verdict.rows()
    if rows:
        account.written.append(str(draw_differences(rows, order.plot)))
    else:
        tell(f'no picture {order.plot}: there is no pair of messages that can be compared')
