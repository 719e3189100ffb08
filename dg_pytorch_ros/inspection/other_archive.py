# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Zip archives that are no model themselves, but may have one in them."""

from dataclasses import replace
from typing import List

from dg_pytorch_ros.archive import Archive
from dg_pytorch_ros.inspection.checkpoint import checkpoint_facts
from dg_pytorch_ros.inspection.facts import Facts, Row, Section

_BASELINES = '_stable_baselines3_version'
_POLICY = 'policy.pth'
_LARGEST = 20


def other_archive_facts(archive: Archive) -> Facts:
    """Return what is in an archive; the weights in one that stable-baselines3 has written."""
    if _BASELINES in archive and _POLICY in archive:
        return _of_baselines(archive)
    return Facts(
        'zip archive', (Section('archive', 'Largest files in the archive', _files(archive)),),
        ('it is no model; if one of these files is, unpack it first',), is_model=False)


def _of_baselines(archive: Archive) -> Facts:
    version = str(archive.read(_BASELINES), 'utf-8', 'replace').strip()
    facts = checkpoint_facts(Archive(archive.read(_POLICY)), '')
    advice = (
        'load it with the class of stable-baselines3 that saved it (model = PPO.load(...) or '
        'the like), put what computes the action from an observation into a module of its own, '
        "then torch.jit.script(module.eval()).save('policy.pt')")
    return replace(
        facts, kind=f'model of stable-baselines3 {version}, weights in {_POLICY}',
        warnings=(advice, *facts.warnings[1:]))


def _files(archive: Archive) -> List[Row]:
    paths = sorted(archive.paths, key=archive.size, reverse=True)
    return [{'file': path, 'bytes': archive.size(path)} for path in paths[:_LARGEST]]
