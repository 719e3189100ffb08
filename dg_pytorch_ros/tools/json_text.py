# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Answers for programs."""

import json
import math
from typing import Any


def json_text(answer: Any) -> str:
    """Write an answer as JSON, which knows no NaN and no infinities: they are texts there."""
    return json.dumps(_speakable(answer), indent=2, allow_nan=False)


def _speakable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _speakable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_speakable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
