# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""ONNX models, written byte by byte: the tests need no library of ONNX."""

import base64
import struct
from typing import Iterable, Sequence, Union

FLOAT, INT64 = 1, 7

# What torch.onnx.export of torch 2.13 made of Linear(3, 4) and ReLU, with a free batch.
BY_TORCH = base64.b64decode("""
CAkSB3B5dG9yY2gaBjIuMTMuMDq6AgpoCgNvYnMKCDAud2VpZ2h0CgYwLmJpYXMSEC8wL0dlbW1fb3V0cHV0XzAaBy
8wL0dlbW0iBEdlbW0qDwoFYWxwaGEVAACAP6ABASoOCgRiZXRhFQAAgD+gAQEqDQoGdHJhbnNCGAGgAQIKJgoQLzAv
R2VtbV9vdXRwdXRfMBIDYWN0GgcvMS9SZWx1IgRSZWx1EgptYWluX2dyYXBoKkIIBAgDEAFCCDAud2VpZ2h0SjDVIw
0/9QILP6WTkT7cDJ2+HEMnPQAaCL8CJ0q+rfh/vtiefrvdvl2+h7TJPu+EyL0qHggEEAFCBjAuYmlhc0oQ+t2bPWmC
tL4wboK8JmWFvVoaCgNvYnMSEwoRCAESDQoHEgViYXRjaAoCCANiGgoDYWN0EhMKEQgBEg0KBxIFYmF0Y2gKAggEQg
IQFA==""")


def number(field: int, value: int) -> bytes:
    """Write a whole number."""
    return varint(field << 3) + varint(value)


def data(field: int, content: Union[bytes, str]) -> bytes:
    """Write a text, bytes or a message."""
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def floating(field: int, value: float) -> bytes:
    """Write a float."""
    return varint(field << 3 | 5) + struct.pack('<f', value)


def varint(value: int) -> bytes:
    """Write a number of 64 bits at most, seven in a byte."""
    value &= 2**64 - 1
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def value_info(name: str, sizes: Iterable[Union[int, str]], dtype: int = FLOAT) -> bytes:
    """Write an input or output: name, dtype and shape; a free size is a text."""
    dimensions = b''.join(
        data(1, data(2, size) if isinstance(size, str) else number(1, size)) for size in sizes)
    return data(1, name) + data(2, data(1, number(1, dtype) + data(2, dimensions)))


def initializer(
    name: str, sizes: Sequence[int], raw: bytes = b'', dtype: int = FLOAT, further: bytes = b''
) -> bytes:
    """Write a tensor of the file."""
    shape = b''.join(number(1, size) for size in sizes)
    return shape + number(2, dtype) + data(8, name) + (data(9, raw) if raw else b'') + further


def external(location: str, length: int) -> bytes:
    """Write where the numbers of a tensor are."""
    entries = {'location': location, 'offset': '0', 'length': str(length)}
    return number(14, 1) + b''.join(
        data(13, data(1, key) + data(2, text)) for key, text in entries.items())


def node(
    kind: str, inputs: Sequence[str], outputs: Sequence[str], *attributes: bytes, domain: str = ''
) -> bytes:
    """Write an operation."""
    return (
        b''.join(data(1, name) for name in inputs) + b''.join(data(2, name) for name in outputs)
        + data(4, kind) + b''.join(data(5, attribute) for attribute in attributes)
        + (data(7, domain) if domain else b''))


def attribute(name: str, content: bytes) -> bytes:
    """Write an attribute."""
    return data(1, name) + content


def graph(
    nodes: Sequence[bytes], inputs: Sequence[bytes] = (), outputs: Sequence[bytes] = (),
    initializers: Sequence[bytes] = (), name: str = 'policy'
) -> bytes:
    """Write a graph."""
    parts = (*(data(1, one) for one in nodes), data(2, name),
             *(data(5, one) for one in initializers), *(data(11, one) for one in inputs),
             *(data(12, one) for one in outputs))
    return b''.join(parts)


def model(content: bytes, *opsets: bytes, further: bytes = b'') -> bytes:
    """Write a whole model."""
    opsets = opsets or (number(2, 17),)
    return (
        number(1, 8) + data(2, 'by hand') + data(7, content)
        + b''.join(data(8, one) for one in opsets) + further)
