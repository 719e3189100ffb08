# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Libraries of operators that are imported before a model that uses them is loaded."""

from importlib import import_module
from typing import Sequence

from dg_pytorch_ros.errors import ModelFileError


def import_libraries(names: Sequence[str]) -> None:
    """Import each; raise ModelFileError if that is not possible."""
    for name in names:
        try:
            import_module(name)
        except ModuleNotFoundError as error:
            if error.name is not None and name.startswith(error.name):
                raise ModelFileError(
                    f'model_imports holds {name!r}, but Python finds no module {error.name!r}; '
                    'is it installed for the Python that runs the node?') from error
            raise _failure(name, error) from error
        except Exception as error:  # a library raises whatever its author chose
            raise _failure(name, error) from error


def _failure(name: str, error: Exception) -> ModelFileError:
    return ModelFileError(
        f'model_imports holds {name!r}, which cannot be imported: '
        f'{type(error).__name__}: {error}')
