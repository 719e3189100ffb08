# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Start one TorchScript node with a parameter file."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile
from launch_ros.parameter_descriptions import ParameterValue


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and the node; the node configures and activates itself."""
    return LaunchDescription([
        DeclareLaunchArgument(
            'params_file',
            description='Path of the YAML file with the parameters of the node; its values may '
                        'hold launch substitutions such as $(find-pkg-share my_package).'),
        DeclareLaunchArgument(
            'name', default_value='pytorch_node',
            description='Name of the node.'),
        DeclareLaunchArgument(
            'namespace', default_value='',
            description='Namespace of the node and of its relative topics.'),
        DeclareLaunchArgument(
            'log_level', default_value='info',
            description='Lowest severity that is logged (debug, info, warn, error or fatal), '
                        'or logger:=severity.'),
        DeclareLaunchArgument(
            'use_sim_time', default_value='false', choices=['true', 'false'],
            description='Take the time from the /clock topic.'),
        Node(
            package='dg_pytorch_ros',
            executable='pytorch_node',
            name=LaunchConfiguration('name'),
            namespace=LaunchConfiguration('namespace'),
            parameters=[
                ParameterFile(LaunchConfiguration('params_file'), allow_substs=True),
                {'use_sim_time': ParameterValue(
                    LaunchConfiguration('use_sim_time'), value_type=bool)},
            ],
            ros_arguments=['--log-level', LaunchConfiguration('log_level')],
            output='screen',
            emulate_tty=True,
        ),
    ])
