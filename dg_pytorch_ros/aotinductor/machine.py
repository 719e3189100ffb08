# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Whether compiled code is for this machine; on another one it would end the process."""

from pathlib import Path
import platform
import re
import sys
from typing import FrozenSet, Iterator, Mapping

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.errors import ModelFileError

_DEVICES = ('cpu', 'cuda')
_CPU_INFO = Path('/proc/cpuinfo')
# The compiler notes in its debugging information what `-march=native` meant.
_TUNED_FOR = re.compile(rb'GNU C\+\+[\w. ]{1,40} -march=[^\0]{1,4000}')
_SWITCH = re.compile(r' -m([\w.-]+)')
# These the compiler uses by itself, where it may; others only if a program asks for them.
_USED_UNASKED = re.compile(r'avx(?!512vp2intersect)\w*|fma|f16c|bmi2?|lzcnt|movbe|popcnt')
_STATED = re.compile(r'(avx|amx|asimd|neon)\w*')
_NAMES_IN_CPUINFO = {'avx512': 'avx512f', 'neon': 'asimd', 'bmi': 'bmi1', 'lzcnt': 'abm'}


def check_machine(metadata: Mapping[str, str], library: bytes, device: str) -> None:
    """
    Refuse code that was compiled for another kind of machine or device.

    `library` is the compiled code. Raise ModelFileError; its text goes behind the file's name.
    """
    _check_platform(metadata)
    _check_device(metadata, device)
    available = _available()
    missing = sorted(_needed(metadata, library) - available)
    if available and missing:
        raise ModelFileError(
            f'was compiled for a CPU with {enumeration(missing)}, which this one has not; '
            'compile it on this machine, or for one like it')


def _check_platform(metadata: Mapping[str, str]) -> None:
    built = f'{metadata.get("AOTI_PLATFORM", "")} on {metadata.get("AOTI_MACHINE", "")}'
    here = f'{sys.platform} on {platform.machine()}'
    if built != here and 'AOTI_MACHINE' in metadata:
        raise ModelFileError(
            f'was compiled for {built}, but this is {here}; compile it on this machine')


def _check_device(metadata: Mapping[str, str], device: str) -> None:
    built, wanted = metadata.get('AOTI_DEVICE_KEY', ''), device.partition(':')[0]
    if built == wanted:
        return
    if not built:
        raise ModelFileError(
            'does not say for which device it was compiled: it was made by a torch that is too '
            'old; compile it with torch 2.8 or later')
    choice = f'set device: {built}, or ' if built in _DEVICES else ''
    raise ModelFileError(
        f'was compiled for {built}, but device is {device!r}; {choice}compile it for {wanted}')


def _needed(metadata: Mapping[str, str], library: bytes) -> FrozenSet[str]:
    stated = metadata.get('AOTI_CPU_ISA', '').lower().split()
    units = {unit for unit in stated if _STATED.fullmatch(unit)}
    return frozenset(map(_plain, units | set(_tuned_for(library))))


def _tuned_for(library: bytes) -> Iterator[str]:
    for match in set(_TUNED_FOR.findall(library)):
        for switch in _SWITCH.findall(match.decode('ascii', 'replace')):
            if _USED_UNASKED.fullmatch(switch):
                yield switch


def _available() -> FrozenSet[str]:
    """Return what this CPU can do; nothing if the system does not say it."""
    try:
        text = _CPU_INFO.read_text()
    except OSError:
        return frozenset()
    flags = re.search(r'^(?:flags|Features)\s*: (.*)$', text, re.MULTILINE)
    return frozenset(map(_plain, flags[1].split())) if flags else frozenset()


def _plain(unit: str) -> str:
    """Write the same unit the same way: `avx512vnni`, `AVX512_VNNI` and `avx512_vnni` are one."""
    unit = _NAMES_IN_CPUINFO.get(unit, unit)
    return re.sub(r'[_.-]', '', unit)
