# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The classes of messages, by their names."""

from importlib import import_module
import re
from typing import Any

from dg_pytorch_ros.errors import ConfigError

_TYPE = re.compile(r'([A-Za-z]\w*)/msg/([A-Za-z]\w*)')


def import_message_class(type_name: str) -> Any:
    """Return the class of a message type such as std_msgs/msg/Float64, or raise ConfigError."""
    match = _TYPE.fullmatch(type_name)
    if not match:
        raise ConfigError(
            f'type is {type_name!r}; expected PACKAGE/msg/NAME, '
            'for example std_msgs/msg/Float64MultiArray')
    package, name = match.groups()
    try:
        return getattr(import_module(f'{package}.msg'), name)
    except ImportError as error:
        raise ConfigError(
            f'type is {type_name!r}, but there is no package {package!r} with messages in this '
            'environment; is its workspace built and sourced?') from error
    except AttributeError:
        raise ConfigError(
            f'type is {type_name!r}, but {package} has no message {name!r}') from None
    except Exception as error:  # of fields named like words of Python, generated code breaks
        raise ConfigError(
            f'type is {type_name!r}, but the messages of {package} cannot be imported: '
            f'{error!r}') from error
