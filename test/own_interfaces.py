# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A package of messages of one's own, generated and compiled as in a workspace."""

from inspect import cleandoc
import os
from pathlib import Path
import shutil
import subprocess
import sys
import sysconfig
from typing import Any, List

from ament_index_python.packages import get_package_prefix
import numpy as np
import pytest

_PACKAGE = 'gait_msgs'
_MESSAGES = {
    'Leg': """
        string name
        float64[3] foot
        bool in_contact
    """,
    'Gait': """
        std_msgs/Header header
        float32 phase
        Leg[] legs
        int16[<=4] codes
        geometry_msgs/Vector3 push
    """}
_USED = ('std_msgs', 'geometry_msgs')
_SUPPORTS = ('rosidl_typesupport_fastrtps_c', 'rosidl_typesupport_introspection_c')


def build(workspace: Path) -> None:
    """Make the package gait_msgs, for Python, in a folder; skip the test if nobody can here."""
    for name in ('rosidl_generator_py', 'rosidl_generator_type_description'):
        pytest.importorskip(name, reason='the generators of interfaces are not installed')
    if shutil.which('cc') is None:
        pytest.skip('there is no C compiler')
    python = Path(sysconfig.get_path('include'))
    package = workspace / _PACKAGE
    # Two of the generators would write files of the same names.
    introspection = workspace / 'introspection' / _PACKAGE
    for folder in (package, introspection):
        (folder / 'msg').mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        # Wheels of ROS 2 have no setup script that would say where they are.
        patch.setenv('AMENT_PREFIX_PATH', os.pathsep.join([
            sys.prefix, os.environ.get('AMENT_PREFIX_PATH', '')]))
        patch.chdir(package)  # there the generators look for the files
        prefix = Path(get_package_prefix('rosidl_runtime_c'))
        for header in (python / 'Python.h', prefix / 'include/rosidl_runtime_c'):
            if not header.exists():
                pytest.skip(f'{header} is not installed')
        _generate(package, introspection, prefix)
        _compile(package, introspection, prefix, python)


def _generate(package: Path, introspection: Path, prefix: Path) -> None:
    from rosidl_adapter.cli import TranslateMsgToIDL
    from rosidl_generator_c.cli import GenerateC
    from rosidl_generator_py.cli import GeneratePython
    from rosidl_generator_type_description.cli import HashTypeDescription
    from rosidl_typesupport_c.cli import GenerateCTypesupport
    from rosidl_typesupport_fastrtps_c.cli import GenerateFastRTPSCTypesupport
    from rosidl_typesupport_introspection_c.cli import GenerateIntrospectionCTypesupport
    (package / '__init__.py').touch()
    for name, definition in _MESSAGES.items():
        (package / f'msg/{name}.msg').write_text(cleandoc(definition))
    share = [str(prefix / 'share')]
    files = TranslateMsgToIDL('idl').translate(
        _PACKAGE, [f'msg/{name}.msg' for name in _MESSAGES], share, package)
    hashes = HashTypeDescription('hash').generate_type_hashes(_PACKAGE, files, share, package)
    GenerateC('c').generate(_PACKAGE, files, share, package, type_description_files=hashes)
    for generator, target in (
            (GeneratePython('py', typesupport_implementations=['rosidl_typesupport_c']), package),
            (GenerateCTypesupport('c', typesupport_implementations=list(_SUPPORTS)), package),
            (GenerateFastRTPSCTypesupport('fastrtps_c'), package),
            (GenerateIntrospectionCTypesupport('introspection_c'), introspection)):
        generator.generate(_PACKAGE, files, share, target)


def _compile(package: Path, introspection: Path, prefix: Path, python: Path) -> None:
    include = prefix / 'include'
    folders = [
        package.parent, introspection.parent, python, np.get_include(), include,
        *include.iterdir()]
    options = ['cc', '-shared', '-fPIC', '-w', *(f'-I{folder}' for folder in folders)]
    kinds = ('generator_c', 'generator_py', 'typesupport_c', *(
        support.removeprefix('rosidl_') for support in _SUPPORTS))
    libraries = [f'-l{used}__rosidl_{kind}' for used in _USED for kind in kinds] + [
        f'-l{library}' for library in (
            'rosidl_runtime_c', 'rosidl_typesupport_c', 'rosidl_typesupport_fastrtps_cpp',
            *_SUPPORTS, 'fastcdr', 'rmw', 'rcutils', 'stdc++')]
    libraries += [
        f'-L{prefix}/lib', f'-Wl,-rpath,{prefix}/lib', f'-L{package}', '-Wl,-rpath,$ORIGIN']
    own: List[str] = []
    for support, folder in zip(_SUPPORTS, (package, introspection)):
        library = f'lib{_PACKAGE}__{support}.so'
        sources = [*folder.glob('msg/detail/*.c'), *folder.glob('msg/detail/*.cpp')]
        _run(
            *options, f'-Wl,-soname,{library}', *sources, *own, *libraries,
            '-o', package / library)
        # Loaded with the package, as the support that is asked for later is not searched for.
        own += ['-Wl,--no-as-needed', f'-l:{library}']
    sources = [
        *package.glob('*typesupport_c.c'), *package.glob('msg/*_s.c'), *package.glob('msg/*.cpp')]
    _run(
        *options, *sources, *own, *libraries,
        '-o', package / f'{_PACKAGE}_s__rosidl_typesupport_c.so')


def _run(*command: Any) -> None:
    subprocess.run([str(word) for word in command], check=True)
