# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Topics without a middleware: what a test sends waits to be taken, what goes out is kept."""

from collections import deque
from time import time_ns
from types import SimpleNamespace
from typing import Any, Deque, List


class Wire:
    """Stands for the node: its topics end here."""

    def __init__(self) -> None:
        self.waiting: Deque[bytes] = deque()
        self.published: List[bytes] = []
        self.subscribed: List[str] = []
        self.advertised: List[str] = []

    def create_subscription(self, kind: Any, topic: str, *_: Any, **options: Any) -> Any:
        self.subscribed.append(topic)
        return SimpleNamespace(topic_name=topic, handle=SimpleNamespace(take_message=self._take))

    def create_publisher(self, kind: Any, topic: str, *_: Any, **options: Any) -> Any:
        self.advertised.append(topic)
        return SimpleNamespace(
            topic_name=topic, handle=SimpleNamespace(publish_raw=self.published.append))

    def resolve_topic_name(self, topic: str) -> str:
        return topic if topic.startswith('/') else f'/{topic}'

    def destroy_subscription(self, subscription: Any) -> None:
        self.subscribed.remove(subscription.topic_name)

    def destroy_publisher(self, publisher: Any) -> None:
        self.advertised.remove(publisher.topic_name)

    def _take(self, kind: Any, raw: bool) -> Any:
        if not self.waiting:
            return None
        return self.waiting.popleft(), {'received_timestamp': time_ns(), 'source_timestamp': 0}
