# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Fields are found where they stand, in both byte orders, and never outside of the bytes."""

from typing import List, Tuple, Union

from by_hand import Bytes, Encoding
from dg_pytorch_ros.messages.cdr import CdrError, CdrReader, CdrWriter, HEADER, is_plain
from hypothesis import given, strategies
import pytest

Field = Union[int, str, Tuple[int]]

UINT32 = strategies.integers(0, 2 ** 32 - 1)
TEXT = strategies.text(strategies.characters(codec='utf-8'), max_size=9)
ALIGNMENTS = strategies.tuples(strategies.sampled_from([1, 2, 4, 8]))
FIELDS = strategies.lists(strategies.one_of(UINT32, TEXT, ALIGNMENTS), max_size=12)


def written_by_hand(fields: List[Field], encoding: Encoding) -> bytes:
    data = Bytes(encoding)
    for field in fields:
        if isinstance(field, int):
            data.uint32(field)
        elif isinstance(field, str):
            data.string(field)
        else:
            data.align(*field)
    return data.message()


def read(data: bytes, fields: List[Field]) -> int:
    """Walk over the fields, which must hold the right numbers; return where they end."""
    reader = CdrReader(data)
    for field in fields:
        if isinstance(field, int):
            assert reader.uint32() == field
        elif isinstance(field, str):
            reader.skip_string()
        else:
            reader.align(*field)
    reader.skip(0)  # an alignment alone does not look at the end
    return reader.position


@given(FIELDS)
def test_fields_are_written_as_by_hand(fields: List[Field]) -> None:
    writer = CdrWriter()
    for field in fields:
        if isinstance(field, int):
            writer.uint32(field)
        elif isinstance(field, str):
            writer.string(field)
        else:
            writer.align(*field)
    assert bytes(writer.data) == written_by_hand(fields, Encoding('<' if HEADER[1] else '>'))


@given(FIELDS, strategies.sampled_from('<>'), strategies.sampled_from([b'\0', b'\xff']))
def test_fields_are_read_in_both_byte_orders_whatever_is_between_them(
    fields: List[Field], byte_order: str, pad: bytes
) -> None:
    data = written_by_hand(fields, Encoding(byte_order, pad=pad))
    assert CdrReader(data).byte_order == byte_order
    assert read(data, fields) == len(data)
    assert read(data + b'what follows', fields) == len(data)


@given(FIELDS.filter(bool), strategies.sampled_from('<>'))
def test_fields_that_are_cut_off_are_missed(fields: List[Field], byte_order: str) -> None:
    data = written_by_hand(fields, Encoding(byte_order))
    for size in range(len(HEADER), len(data)):
        with pytest.raises(CdrError, match=f'bytes at least, but has {size}'):
            read(data[:size], fields)


@pytest.mark.parametrize('size', [1, 2 ** 31, 2 ** 32 - 1])
def test_string_that_claims_more_than_there_is_is_refused(size: int) -> None:
    data = Bytes(Encoding())
    data.uint32(size)
    with pytest.raises(CdrError, match=f'it needs {8 + size} bytes at least, but has 8'):
        CdrReader(data.message()).skip_string()


@pytest.mark.parametrize('data, plain', [
    (b'\x00\x00\x00\x00', True), (b'\x00\x01\x00\x00', True), (b'\x00\x01\x00\x03', True),
    (b'\x00\x01\xff\xff\x07', True), (b'\x01\x01\x00\x00', False), (b'\x01\x00\x00\x00', False),
    (b'\xff\x00\x00\x00', False), (b'\x00\x01\x00', False), (b'\x00', False), (b'', False),
    *((bytes([0, kind, 0, 0]), False) for kind in (2, 3, 6, 7, 8, 9, 10, 11, 255))])
def test_encoding_is_told_by_the_header(data: bytes, plain: bool) -> None:
    assert is_plain(data) is plain
