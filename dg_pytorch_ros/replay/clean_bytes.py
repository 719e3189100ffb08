# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Messages whose bytes are the same whenever what they say is the same."""

from typing import Any

from dg_pytorch_ros.messages.classes import import_message_class
from dg_pytorch_ros.messages.kinds import read_struct
from dg_pytorch_ros.messages.padding import clear_padding
from rclpy.serialization import serialize_message


def serialize_cleanly(message: Any) -> bytes:
    """Serialize a message as the node does, less what the middleware had in its memory."""
    kind = type(message)
    package = kind.__module__.partition('.')[0]
    struct = read_struct(f'{package}/msg/{kind.__name__}', import_message_class)
    return clear_padding(struct, bytes(serialize_message(message)))
