# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The extra that decodes and resizes pictures."""

from dg_pytorch_ros.errors import ConfigError


def require_pillow() -> None:
    """Import Pillow and what reads files; raise ConfigError if it is not installed."""
    try:
        from PIL import Image
    except ImportError as error:
        raise ConfigError(
            'resize and sensor_msgs/msg/CompressedImage need Pillow, which cannot be imported '
            f'({error}); install it with pip install "dg_pytorch_ros[image]", or as the rosdep '
            'key python3-pil') from error
    Image.preinit()  # else the first picture would wait for it
