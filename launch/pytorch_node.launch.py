# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Start one TorchScript node with a parameter file."""

from typing import List

from launch import LaunchContext
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.actions import OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile


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
            'use_sim_time', default_value='', choices=['', 'true', 'false'],
            description='Whether to take the time from the /clock topic; left out, the parameter '
                        'file decides.'),
        OpaqueFunction(function=make_node),
    ])


def make_node(context: LaunchContext) -> List[Node]:
    """Make the node; only what is decided by an argument overrides the parameter file."""
    parameters = [ParameterFile(LaunchConfiguration('params_file'), allow_substs=True)]
    use_sim_time = LaunchConfiguration('use_sim_time').perform(context)
    if use_sim_time:
        parameters.append({'use_sim_time': use_sim_time == 'true'})
    return [Node(
        package='dg_pytorch_ros',
        executable='pytorch_node',
        name=LaunchConfiguration('name'),
        namespace=LaunchConfiguration('namespace'),
        parameters=parameters,
        ros_arguments=['--log-level', LaunchConfiguration('log_level')],
        output='screen',
        emulate_tty=True,
    )]
