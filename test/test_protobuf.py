# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Messages of Protocol Buffers are read field by field, and broken ones refused."""

import struct
from typing import List

from dg_pytorch_ros.protobuf import fields, Message, ProtobufError
from hypothesis import given, strategies
from onnx_by_hand import data, floating, number, varint
import pytest


def message(*parts: bytes) -> Message:
    return Message(memoryview(b''.join(parts)))


def test_fields_are_found_by_their_numbers() -> None:
    found = message(number(1, 7), data(2, 'ä name'), floating(3, 0.5), number(40, 1))
    assert found.number(1) == 7
    assert found.text(2) == 'ä name'
    assert list(found.floats(3)) == [0.5]
    assert 40 in found and 4 not in found


def test_what_is_not_there_is_empty() -> None:
    nothing = message()
    assert nothing.number(1) == 0 and nothing.number(1, -1) == -1
    assert nothing.text(2) == ''
    assert not list(nothing.numbers(1)) and not list(nothing.floats(1))
    assert nothing.texts(1) == []
    assert list(nothing.messages(3)) == []
    assert nothing.message(3).text(1) == ''


@given(strategies.lists(strategies.integers(-2**63, 2**63 - 1)))
def test_repeated_numbers_are_the_same_packed_or_not(values: List[int]) -> None:
    packed = message(data(1, b''.join(map(varint, values))))
    plain = message(*(number(1, value) for value in values))
    assert list(packed.numbers(1)) == list(plain.numbers(1)) == values


def test_repeated_floats_are_the_same_packed_or_not() -> None:
    assert list(message(data(1, struct.pack('<2f', 1.5, -2))).floats(1)) == [1.5, -2.0]
    assert list(message(floating(1, 1.5), floating(1, -2)).floats(1)) == [1.5, -2.0]


def test_messages_within_are_read_in_order() -> None:
    found = message(data(1, data(2, 'a')), number(3, 1), data(1, data(2, 'b')))
    assert [one.text(2) for one in found.messages(1)] == ['a', 'b']
    assert found.message(1).text(2) == 'b'


def test_text_that_is_no_utf_8_is_replaced() -> None:
    assert message(data(1, b'a\xff')).text(1) == 'a\ufffd'


@pytest.mark.parametrize('content, complaint', [
    (b'\x08', 'the end is missing'),
    (b'\x08' + b'\xff' * 11, 'more than ten bytes'),
    (b'\x0a\x05abc', 'field 1 is said to have 5 bytes, but 3 are left'),
    (b'\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f', r'field 1 is said to have \d{19} bytes'),
    (b'\x0d\x00\x00', 'field 1 is said to have 4 bytes'),
    (b'\x09' + bytes(7), 'field 1 is said to have 8 bytes'),
    (b'\x0b', 'field 1 has the wire type 3'),
])
def test_broken_message_is_refused(content: bytes, complaint: str) -> None:
    with pytest.raises(ProtobufError, match=complaint):
        Message(memoryview(content))


def test_field_of_another_kind_is_refused() -> None:
    with pytest.raises(ProtobufError, match='field 1 holds a number'):
        message(number(1, 5)).texts(1)
    with pytest.raises(ProtobufError, match='field 1 holds no floats'):
        list(message(data(1, b'abc')).floats(1))


def test_message_of_very_many_fields_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('dg_pytorch_ros.protobuf._MOST_FIELDS', 100)
    assert message(number(1, 0) * 100).number(1) == 0
    with pytest.raises(ProtobufError, match='more than 100 fields in one message'):
        message(number(1, 0) * 101)


@given(strategies.binary(max_size=60))
def test_whatever_the_bytes_they_are_read_or_refused(content: bytes) -> None:
    try:
        found = list(fields(memoryview(content)))
    except ProtobufError as error:
        assert str(error)
    else:
        assert all(number >= 0 for number, _, _ in found)
