# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the soak writes says whether it passed; its messages are those that ROS knows."""

import json
from pathlib import Path

from dg_pytorch_ros.messages.multi_arrays import ArrayEncoder
import numpy as np
from rclpy.serialization import deserialize_message
from soak.account import Account
from soak.life import Life
from soak.message import decode, encode
from soak.module import Controller
from soak.promises import FALLBACK, FOREIGN, JOINTS, SIZE
from std_msgs.msg import Float64MultiArray
import torch


def test_report_says_what_was_found(tmp_path: Path) -> None:
    account = Account(seed=7, minutes=2.0, machine={})
    account.note('reset', 0.5)
    account.note('reset', 1.5)
    account.note('huge', None)
    json_file, text_file = account.write(tmp_path)
    written = json.loads(json_file.read_text())
    assert written['passed'] and written['seed'] == 7
    assert written['faults'] == {
        'huge': {'count': 1, 'recovered': 0, 'slowest_recovery_s': 0.0},
        'reset': {'count': 2, 'recovered': 2, 'slowest_recovery_s': 1.5}}
    assert 'passed' in text_file.read_text()


def test_complaint_or_growth_fails_the_report(tmp_path: Path) -> None:
    for account in (
            Account(7, 2.0, {}, complaints=['not finite']),
            Account(7, 2.0, {}, lives=[Life(0.0, 100.0, 9, 60.0, 1000.0, 9)])):
        json_file, text_file = account.write(tmp_path)
        assert json.loads(json_file.read_text())['passed'] is False
        assert 'FAILED' in text_file.read_text()


def test_messages_are_those_that_others_see() -> None:
    message = deserialize_message(encode([1.0, 2.5]), Float64MultiArray)
    assert list(message.data) == [1.0, 2.5]
    encoder = ArrayEncoder(np.dtype('float64'), 'std_msgs/msg/Float64MultiArray')
    assert decode(encoder.encode(np.array(FALLBACK))) == FALLBACK
    assert decode(encode(FOREIGN)) == FOREIGN
    for size in (0, SIZE - 1, SIZE + 1):
        assert decode(encoder.encode(np.zeros(size))) is None


def test_controller_says_which_messages_it_used() -> None:
    position, velocity = torch.full((JOINTS + 1,), 11.0), torch.full((JOINTS + 1,), 12.0)
    values = Controller(0.1)(torch.tensor([3.0]), position, velocity)
    assert values.shape == (SIZE,) and values[JOINTS:].tolist() == [11.0, 12.0]
