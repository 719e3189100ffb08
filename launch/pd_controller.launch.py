# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Start the PD controller example; no argument is needed."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch.substitutions import PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare


def generate_launch_description() -> LaunchDescription:
    """Include the general launch file with the parameter file of the example."""
    share = FindPackageShare('dg_pytorch_ros')
    return LaunchDescription([
        DeclareLaunchArgument(
            'params_file',
            default_value=PathJoinSubstitution([share, 'config', 'pd_controller.yaml']),
            description='Path of the YAML file with the parameters of the node.'),
        DeclareLaunchArgument(
            'name', default_value='pd_controller',
            description='Name of the node.'),
        DeclareLaunchArgument(
            'namespace', default_value='',
            description='Namespace of the node and of its relative topics.'),
        DeclareLaunchArgument(
            'log_level', default_value='info',
            description='Lowest severity that is logged (debug, info, warn, error or fatal), '
                        'or logger:=severity.'),
        DeclareLaunchArgument(
            'use_sim_time', default_value='', choices=['', 'true', 'false'],
            description='Whether to take the time from the /clock topic; left out, the parameter '
                        'file decides.'),
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(
                PathJoinSubstitution([share, 'launch', 'pytorch_node.launch.py'])),
            launch_arguments={
                argument: LaunchConfiguration(argument)
                for argument in (
                    'params_file', 'name', 'namespace', 'log_level', 'use_sim_time')
            }.items(),
        ),
    ])
