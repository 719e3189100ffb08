# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Start the image classifier; no argument is needed."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.actions import IncludeLaunchDescription
from launch.substitutions import LaunchConfiguration
from launch.substitutions import PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare


def generate_launch_description() -> LaunchDescription:
    """Include the general launch file, whose other arguments can be given, too."""
    share = FindPackageShare('dg_pytorch_ros')
    return LaunchDescription([
        DeclareLaunchArgument(
            'params_file',
            default_value=PathJoinSubstitution([share, 'config', 'image_classifier.yaml']),
            description='Path of the YAML file with the parameters of the node.'),
        DeclareLaunchArgument(
            'name', default_value='image_classifier',
            description='Name of the node.'),
        IncludeLaunchDescription(
            PathJoinSubstitution([share, 'launch', 'pytorch_node.launch.py']),
            launch_arguments={'params_file': LaunchConfiguration('params_file')}.items()),
    ])
