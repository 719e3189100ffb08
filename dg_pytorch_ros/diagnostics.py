# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Tell everyone how the node is doing, on /diagnostics."""

from typing import Iterable, List, Optional, Tuple

from dg_pytorch_ros.deployment import Deployment
from dg_pytorch_ros.health import Activity, Verdict
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node


class Diagnostics:
    """The publisher of one status."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._name = node.get_fully_qualified_name().lstrip('/')
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 10)

    def publish(self, verdict: Verdict, values: Iterable[Tuple[str, str]]) -> None:
        """Publish a verdict and what it rests on."""
        message = DiagnosticArray()
        message.header.stamp = self._node.get_clock().now().to_msg()
        message.status = [DiagnosticStatus(
            level=bytes([verdict.level]), name=self._name, message=verdict.message,
            values=[KeyValue(key=key, value=value) for key, value in values])]
        self._publisher.publish(message)


def describe_deployment(
    deployment: Deployment, activity: Optional[Activity]
) -> List[Tuple[str, str]]:
    """Write what is known of a model at work; `activity` is that since the last look."""
    description, totals = deployment.model.description, deployment.totals()
    lateness = deployment.counters.lateness
    values: List[Tuple[str, object]] = [
        ('model', description.path), ('sha256', description.sha256),
        ('ticks', totals.ticks), ('evaluations', totals.evaluations)]
    if activity is not None:
        values.append(('rate_hz', f'{activity.rate_hz:.1f}'))
        if activity.durations is not None:
            values += [
                (f'duration_{name}', f'{value:.3f}')
                for name, value in activity.durations._asdict().items()]
    if lateness.count:
        values += [
            ('tick_late_p50_us', f'{lateness.percentile_us(50):.0f}'),
            ('tick_late_p99_us', f'{lateness.percentile_us(99):.0f}'),
            ('tick_late_max_us', f'{lateness.max_ns / 1e3:.0f}')]
    values += [('missed_ticks', totals.missed_ticks), ('overruns', totals.overruns)]
    for name, age_ms in deployment.ages_ms().items():
        values.append((f'age_ms: {name}', 'none' if age_ms is None else f'{age_ms:.1f}'))
    for title, counts in (
            ('dropped', totals.dropped), ('guard', totals.refusals), ('guard', totals.limited)):
        values += [(f'{title}: {what}', count) for what, count in counts.items()]
    if activity is not None:
        values += [
            (f'other_writers: {name}', ', '.join(writers))
            for name, writers in activity.other_writers.items()]
    values.append(('last_error', deployment.counters.last_error or 'none'))
    return [(key, str(value)) for key, value in values]
