# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The library that runs ONNX models, which not everybody has installed."""

import os
from typing import Any

from dg_pytorch_ros.errors import ModelFileError

_NO_TELEMETRY = 'ORT_DISABLE_TELEMETRY'


def refuse_telemetry() -> None:
    """
    Keep onnxruntime from reporting to its makers, unless the user has said otherwise.

    It must be said before the library is imported: that starts the thread that reports, and
    writes an identifier of the machine into the user's cache.
    """
    os.environ.setdefault(_NO_TELEMETRY, '1')


def import_runtime() -> Any:
    """Return onnxruntime; raise ModelFileError if it is not there or does not work."""
    refuse_telemetry()
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        if error.name != 'onnxruntime':
            raise _failure(error) from error
        raise ModelFileError(
            'is an ONNX model, which onnxruntime runs; that is not installed for the Python that '
            'runs the node: pip install onnxruntime (in a virtual environment, or with '
            '--break-system-packages where pip asks for it)') from error
    except Exception as error:  # a library that does not fit numpy or the system
        raise _failure(error) from error
    return onnxruntime


def _failure(error: Exception) -> ModelFileError:
    reason = ' '.join(str(error).split())
    return ModelFileError(
        'is an ONNX model, which onnxruntime runs; that is installed, but cannot be imported: '
        f'{type(error).__name__}: {reason}')
