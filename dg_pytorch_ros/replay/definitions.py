# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The definitions of messages that a bag carries, so that it can be read where nobody has them."""

import re
from typing import Any, Collection, Dict, List

from dg_pytorch_ros.errors import BagError
from dg_pytorch_ros.messages.kinds import ImportClass

# Where a class says it otherwise than a .msg file.
_NAMES = {'double': 'float64', 'float': 'float32', 'boolean': 'bool', 'octet': 'byte'}
_SEQUENCE = re.compile(r'sequence<(.+?)(?:, *(\d+))?>')
_FIXED_ARRAY = re.compile(r'(.+)(\[\d+\])')
_BOUNDED_TEXT = re.compile(r'(w?string)<(\d+)>')
_NESTED = re.compile(r'(\w+)/(?:msg/)?(\w+)')


def type_store(type_name: str, import_class: ImportClass) -> Any:
    """
    Return what rosbags must know of a message type.

    It is made from the message's class: whichever workspace that comes from, it is at hand.
    """
    from rosbags.typesys import get_types_from_msg, get_typestore, Stores
    store = get_typestore(Stores.EMPTY)
    texts: Dict[str, str] = {}
    waiting = [type_name]
    while waiting:
        name = waiting.pop()
        if name not in texts:
            texts[name] = _definition(import_class(name), waiting)
    if re.search('^wstring', '\n'.join(texts.values()), re.MULTILINE):
        raise BagError(
            f'{type_name} holds wide strings, whose definition rosbags cannot write into a bag; '
            'write a CSV instead')
    for name, text in texts.items():
        store.register(get_types_from_msg(text, name))
    return store


def has_other_definition(
    type_name: str, hashes: Collection[str], import_class: ImportClass
) -> bool:
    """Return whether a bag says that it was recorded with another definition of a type."""
    try:
        return bool(hashes) and type_store(
            type_name, import_class).hash_rihs01(type_name) not in hashes
    except BagError:
        return False  # nobody can tell


def _definition(message_class: Any, used: List[str]) -> str:
    """Write a class as a .msg file; add the messages within it to those that are used."""
    fields: Dict[str, str] = message_class.get_fields_and_field_types()
    return ''.join(f'{_kind(kind, used)} {name}\n' for name, kind in fields.items())


def _kind(kind: str, used: List[str]) -> str:
    sequence = _SEQUENCE.fullmatch(kind)
    if sequence:
        return _kind(sequence[1], used) + (f'[<={sequence[2]}]' if sequence[2] else '[]')
    fixed = _FIXED_ARRAY.fullmatch(kind)
    if fixed:
        return _kind(fixed[1], used) + fixed[2]
    text = _BOUNDED_TEXT.fullmatch(kind)
    if text:
        return f'{text[1]}<={text[2]}'
    nested = _NESTED.fullmatch(kind)
    if nested:
        used.append(f'{nested[1]}/msg/{nested[2]}')
        return f'{nested[1]}/{nested[2]}'
    return _NAMES.get(kind, kind)
