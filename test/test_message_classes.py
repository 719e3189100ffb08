# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Classes of messages come from any package that there is; what stands in the way is told."""

from pathlib import Path

from dg_pytorch_ros.errors import ConfigError
from dg_pytorch_ros.messages.classes import import_message_class
import pytest


@pytest.mark.parametrize('package, code, why', [
    ('msgs_a', 'class X:\n    pass', ''),
    ('msgs_b', 'self.lambda = 1', 'the messages of msgs_b cannot be imported: SyntaxError'),
    ('msgs_c', 'raise ValueError(3)', 'the messages of msgs_c cannot be imported: ValueError'),
    ('msgs_d', 'import not_there', "there is no package 'msgs_d' with messages in this"),
    ('msgs_e', 'Y = 1', "msgs_e has no message 'X'")])
def test_class_is_imported_or_told_why_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, code: str, why: str
) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / 'msg.py').write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    if not why:
        assert import_message_class(f'{package}/msg/X').__name__ == 'X'
        return
    with pytest.raises(ConfigError, match=f"type is '{package}/msg/X', but {why}"):
        import_message_class(f'{package}/msg/X')
