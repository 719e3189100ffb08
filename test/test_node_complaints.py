# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Bad input gets one clear error, on the log as the user sees it."""

from pathlib import Path
import sys
from threading import enumerate as enumerate_threads
from typing import Any, Dict, List

from dg_pytorch_ros import deployment
from dg_pytorch_ros.checking.verdict import judge, Verdict
from parameter_files import FIRST_LINE, write_parameters
import pytest
from rclpy.context import Context
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
import small_models
from std_msgs.msg import Float32MultiArray, Float64MultiArray


def error_lines(text: str) -> List[str]:
    return [line for line in text.splitlines() if line.startswith('[ERROR]')]


CASES: List[Any] = [
    # What the file says, and what the one error must name.
    (small_models.Double, {'model_path': ''}, ['model_path is not set']),
    (small_models.Double, {'model_path': 'no/such.pt'},
     ['/no/such.pt does not exist', "'no/such"]),
    (small_models.Double, {'model_path': 'package://no_such_package/m.pt'}, ["'no_such_package'"]),
    (small_models.Double, {'model_sha256': 'a' * 64}, ['aaaaaaaa', 'sha256']),
    (small_models.Double, {'model_sha256': 'abc'}, ["model_sha256 is 'abc'"]),
    (small_models.Double, {'device': 'cuda'}, ["device is 'cuda'", 'cpu']),
    (small_models.Double, {'num_threads': 0}, ['num_threads']),
    (small_models.Double, {'num_threads': 'many'}, ["num_threads is 'many'", 'whole number']),
    (small_models.Double, {'warmup_runs': 2}, ['warmup_runs', '3']),
    (small_models.Double, {'autostart': 1}, ['autostart is 1', 'true or false']),
    (small_models.Double, {'inputs.x.initial': [float('nan')]}, ["input 'x'", 'finite']),
    (small_models.Double, {'trigger': 'tick'}, ["trigger is 'tick'", 'timer, message']),
    (small_models.Double, {'trigger': 'timer', 'rate_hz': 0.0}, ['rate_hz']),
    (small_models.Double, {'trigger': 'timer', 'rate_hz': float('nan')}, ['rate_hz', 'nan']),
    (small_models.Double, {'trigger': 'timer', 'rate_hz': float('inf')}, ['rate_hz']),
    (small_models.Double, {'trigger_inputs': ['y']}, ["'y'", 'subscribed: x']),
    (small_models.Double, {'trigger': 'timer', 'trigger_inputs': ['x']}, ['trigger_inputs']),
    (small_models.Double, {'inputs.x.constant': [1.0]}, ['no input is subscribed', 'timer']),
    (small_models.Double, {'realtime.priority': 0}, ['realtime.priority is 0', '1 to 99']),
    (small_models.Double, {'realtime.priority': 200}, ['realtime.priority is 200', '1 to 99']),
    (small_models.Double, {'realtime.priority': 'high'}, ["realtime.priority is 'high'", 'whole']),
    (small_models.Double, {'realtime.cpu_affinity': []}, ['realtime.cpu_affinity is []', 'core']),
    (small_models.Double, {'realtime.cpu_affinity': True}, ['realtime.cpu_affinity', 'list of']),
    (small_models.Double, {'realtime.cpu_affinity': [0.5]}, ['realtime.cpu_affinity', 'whole']),
    (small_models.Double, {'realtime.cpu_affinity': [0, -1]}, ['realtime.cpu_affinity holds -1']),
    (small_models.Double, {'realtime.cpu_affinity': 4096},
     ['realtime.cpu_affinity holds 4096', 'allowed: ']),
    (small_models.Double, {'realtime.cpu_affinity': [0, 0], 'num_threads': 2},
     ['num_threads is 2', 'realtime.cpu_affinity is [0, 0]', 'at least as many cores']),
    (small_models.Double, {'realtime.lock_memory': 1}, ['realtime.lock_memory is 1', 'true or']),
    (small_models.Double, {'trigger': 'timer', 'rate_hz': 1000.0, 'realtime.spin_us': 600},
     ['realtime.spin_us is 600', 'half of the period']),
    (small_models.Double, {'realtime.spin_us': 0.5}, ['realtime.spin_us is 0.5', 'whole']),
    (small_models.Double, {'realtime.prio': 80}, ['realtime.prio ', "mean 'realtime.priority'?"]),
    (small_models.Double, {'realtime': 80}, ['realtime is not known', 'realtime.lock_memory']),
    (small_models.Double, {'on_error': 'stop'},
     ["on_error is 'stop'", 'skip, hold, fallback, deactivate']),
    (small_models.Double, {'on_overrun': 'skip'}, ["on_overrun is 'skip'", 'deadline_ms']),
    (small_models.Double, {'on_stale': 'fallback', 'inputs.x.max_age_ms': 10.0},
     ["on_stale is 'fallback'", 'outputs.output.fallback is not set']),
    (small_models.Double, {'on_stale': 'skip', 'inputs.x.max_age_ms': 0.0},
     ["input 'x'", 'max_age_ms is 0.0', 'above 0']),
    (small_models.Double, {'on_stale': 'hold'}, ["on_stale is 'hold'", 'max_age_ms']),
    (small_models.Double, {'inputs.x.age_from': 'stamp'},
     ["input 'x'", "age_from is 'stamp'", 'Float64MultiArray does not begin with a header',
      "'arrival'"]),
    (small_models.Double, {'inputs.x.feedback': 'output', 'trigger': 'timer'},
     ["input 'x'", "feedback is 'output'", 'initial']),
    (small_models.Double,
     {'inputs.x.feedback': 'action', 'inputs.x.initial': [0.0], 'trigger': 'timer'},
     ["inputs.x.feedback is 'action'", 'no output', 'outputs: output']),
    (small_models.Double,
     {'inputs.x.feedback': 'output', 'inputs.x.initial': [0.0], 'inputs.x.topic': 'x',
      'trigger': 'timer'}, ['inputs.x.topic', 'beside inputs.x.feedback']),
    (small_models.Double, {'outputs.output.min': [1.0], 'outputs.output.max': [0.0]},
     ["output 'output'", 'min', 'max']),
    (small_models.Double, {'outputs.output.max_rate': [0.0]},
     ["output 'output'", 'max_rate', '0']),
    (small_models.Double, {'outputs.output.max': [1.0, 2.0, 3.0], 'inputs.x.shape': [2]},
     ["output 'output'", 'max has 3 numbers', '2 elements']),
    (small_models.Double, {'fade_in_s': 1.0}, ['fade_in_s is 1', "output 'output'", '.fallback']),
    (small_models.Double, {'outputs.output.fade_in_from': 'x'}, ['fade_in_from', 'fade_in_s']),
    (small_models.Double, {'outputs.output.fade_in_from': 'q', 'fade_in_s': 1.0},
     ["fade_in_from is 'q'", 'inputs: x']),
    (small_models.Double, {'enable_max_age_ms': 100.0}, ['enable_max_age_ms', 'enable_topic']),
    (small_models.Double, {'enable_topic': 'no good'}, ['enable topic', "'no good'"]),
    (small_models.Double, {'input_names': ['x', 'x']}, ["'x' more than once"]),
    (small_models.Double, {'input_names': ['']}, ["input_names holds ''"]),
    (small_models.Double, {'input_names': ['a/b']}, ["input_names holds 'a/b'"]),
    (small_models.Double, {'input_names': 'x'}, ["input_names is 'x'", 'list of names']),
    (small_models.Double, {'input_names': ['x', 'y']}, ['2 names (x, y)', 'takes 1: x']),
    (small_models.Sum, {'input_names': ['x']}, ['1 names (x)', 'takes 2: a, b']),
    (small_models.Sum, {'input_names': ['b', 'a']}, ["'b' in place 1", 'a, b']),
    (small_models.Pair, {'output_names': ['action']}, ['1 names (action)', 'returns 2']),
    (small_models.NamedPair, {'output_names': ['actoin']}, ["'actoin'", 'action, value']),
    (small_models.ListPair, {}, ['output_names is not set', 'List[Tensor]']),
    (small_models.ListPair, {'output_names': ['a'], 'inputs.x.shape': [1]},
     ['returned 2 outputs', 'output_names has 1: a']),
    (small_models.DictPair, {'output_names': ['actoin'], 'inputs.x.shape': [1]},
     ["'actoin'", 'action, value']),
    (small_models.Linear, {'inputs.x.shape': [1, 4]},
     ['x float32[1, 4]', 'mat1 and mat2 shapes cannot be multiplied']),
    (small_models.Linear, {'inputs.x.shape': [1, 3], 'inputs.x.dtype': 'float64'},
     ['x float64[1, 3]', 'dtype']),
    (small_models.Picky, {'inputs.x.initial': [-1.0]}, ['no negative numbers, please']),
    (small_models.Double, {'inputs.y.topic': 'a'}, ["no input 'y'", 'inputs: x']),
    (small_models.Sum, {'inputs.aa.topic': 'a'}, ["no input 'aa'; did you mean 'a'?"]),
    (small_models.Double, {'inputs.x.shpae': [1]}, ['inputs.x.shpae', "did you mean 'shape'?"]),
    (small_models.Double, {'inputs.x': 1}, ['inputs.x is not known']),
    (small_models.Double, {'inputs': ['x']}, ["inputs is ['x']", 'inputs: {x: {topic']),
    (small_models.Double, {'model_path': '$(env HOME)/m.pt'}, ['ros2 launch only']),
    (small_models.Double, {'outputs.output.tpoic': 'a'}, ["did you mean 'topic'?"]),
    (small_models.Double, {'inputs.x.topic': 'not a topic'}, ["input 'x'", "'not a topic'"]),
    (small_models.Double, {'outputs.output.topic': '1st'}, ["output 'output'", "'1st'"]),
    (small_models.Pair, {'outputs.output_1.topic': 'output_0'}, ["'output_0' and 'output_1'"]),
    (small_models.Double, {'inputs.x.type': 'Float64'}, ["input 'x'", 'PACKAGE/msg/NAME']),
    (small_models.Double, {'inputs.x.type': 'no_such_msgs/msg/X'}, ["package 'no_such_msgs'"]),
    (small_models.Double, {'inputs.x.type': 'std_msgs/msg/X'}, ["no message 'X'"]),
    (small_models.Double, {'inputs.x.type': 'std_msgs/msg/String'},
     ['std_msgs/msg/String holds no numbers']),
    (small_models.Double, {'inputs.x.dtype': 'double'}, ["dtype is 'double'", 'float64']),
    (small_models.Double, {'inputs.x.shape': [0]}, ["input 'x'", 'shape is [0]']),
    (small_models.Double, {'inputs.x.shape': [2], 'inputs.x.initial': [1.0]},
     ["input 'x'", 'initial is [1.0]', 'expected 2']),
    (small_models.Double, {'inputs.x.dtype': 'int64', 'inputs.x.initial': [0.5]}, ['int64']),
    (small_models.Double, {'inputs.x.constant': [1.0], 'inputs.x.topic': 'a'}, ['constant']),
    (small_models.Double, {'inputs.x.qos.depth': 0}, ['inputs.x.qos.depth']),
    (small_models.Double, {'inputs.x.qos.reliability': 'sure'}, ["'sure'", 'reliable']),
    (small_models.Double,
     {'inputs.x.shape': [2], 'outputs.output.type': 'std_msgs/msg/Float64'},
     ["output 'output'", 'float64[2]', 'one element']),
    (small_models.Double,
     {'inputs.x.shape': [2], 'outputs.output.type': 'std_msgs/msg/Int32MultiArray'},
     ["output 'output'", 'float64[2]', 'Int32MultiArray']),
]


JOINTS, IMU, TWIST = (
    'sensor_msgs/msg/JointState', 'sensor_msgs/msg/Imu', 'geometry_msgs/msg/Twist')
IMAGE, STAMPED = 'sensor_msgs/msg/Image', 'geometry_msgs/msg/TwistStamped'
TRAJECTORY = 'trajectory_msgs/msg/JointTrajectory'
JOINT_FIELDS = 'header.stamp.sec, header.stamp.nanosec, position, velocity, effort'
Q = {'type': JOINTS, 'field': 'position', 'select': ['a', 'b']}
GYRO = {'type': IMU, 'field': 'angular_velocity'}


def source(**values: Any) -> Dict[str, Any]:
    """Return parameters of the input x."""
    return {f'inputs.x.{name.replace("__", ".")}': value for name, value in values.items()}


def parts(*, beside: Dict[str, Any] = {}, **named: Dict[str, Any]) -> Dict[str, Any]:
    """Return parameters of the parts of x."""
    return {
        'inputs.x.part_names': list(named), **source(**beside),
        **{f'inputs.x.parts.{name}.{field}': value
           for name, values in named.items() for field, value in values.items()}}


def target(*shape: int, **values: Any) -> Dict[str, Any]:
    """Return parameters of the output, and its shape, which is that of x."""
    return {
        'inputs.x.shape': list(shape or [2]), **{
            f'outputs.output.{name}': value for name, value in values.items()}}


# Of what the messages of robots are read and written by: parameters, and what the error must name.
MESSAGES: List[Any] = [
    # Fields.
    (source(type=JOINTS, field='positions'),
     ["input 'x': field is 'positions'", f'{JOINTS} has no such', "did you mean 'position'?",
      JOINT_FIELDS]),
    (source(type='nav_msgs/msg/Odometry', field='twist.linear'),
     ["field is 'twist.linear'", "did you mean 'twist.twist.linear'?", 'pose.pose.position.x']),
    (source(type=IMU, field='angular_velocity_covariance[9]'),
     ["field is 'angular_velocity_covariance[9]'", 'angular_velocity.x']),
    (source(type=JOINTS, field='name'), ["field is 'name'", 'no numbers there', JOINT_FIELDS]),
    (source(type=TWIST, field='linear..x'), ["field is 'linear..x'", 'for example']),
    (source(type=TWIST, field=3), ['inputs.x.field is 3', 'text or a list of texts']),
    (source(type=JOINTS), [f'{JOINTS} does not say', 'set field to', JOINT_FIELDS]),
    (source(type='rcl_interfaces/msg/ParameterValue', field=['double_value', 'integer_value']),
     ["field is 'double_value', 'integer_value'", 'integer_value', 'int64', 'float64']),
    (source(type=IMAGE, field='data'), ['field is set', f'{IMAGE} is read as a whole']),
    (target(type=JOINTS, field='postion'),
     ["output 'output': field is 'postion'", "did you mean 'position'?", JOINT_FIELDS]),
    (target(type=JOINTS), [f"output 'output': {JOINTS} does not say", JOINT_FIELDS]),
    (target(3, type=TWIST, field=['linear.x', 'angular.z']),
     ["output 'output' is float64[3]", f'linear.x, angular.z of {TWIST} holds 2']),
    (target(4, 4, 3, type=IMAGE, field='data', encoding='rgb8'),
     ['field is set', f'{IMAGE} is written as a whole']),
    # Names.
    (source(type=TWIST, field='linear', select=['a']),
     [f'{TWIST} has neither name nor joint_names', 'name_field', 'fields of texts: none']),
    (source(type=IMU, field='angular_velocity_covariance', select=['a']),
     [f'{IMU} has neither name nor joint_names', 'fields of texts: header.frame_id']),
    (source(type=JOINTS, field='position', select=['a', 'b', 'a']),
     ["input 'x': select holds 'a' more than once"]),
    (source(type=JOINTS, field='position', select='a'),
     ["inputs.x.select is 'a'", 'list of names']),
    (source(type=JOINTS, field='header.stamp.sec', select=['a']),
     ["field is 'header.stamp.sec'", 'no array', 'select takes']),
    (source(type=JOINTS, field='position', name_field='name'),
     ["name_field is 'name'", 'select is not set']),
    (source(type=JOINTS, field='position', name_field='names', select=['a']),
     ["name_field is 'names'", f'no list of names in {JOINTS}', 'header.frame_id, name']),
    (source(type=JOINTS, field='position', name_field='velocity', select=['a']),
     ["name_field is 'velocity'", f'no list of names in {JOINTS}', 'header.frame_id, name']),
    (source(type=IMAGE, select=['red']), ['select is set', f'{IMAGE} is read as a whole']),
    (target(type=JOINTS, field='position', names=['a', 'b', 'c']),
     ["output 'output' is float64[2]", f'position of {JOINTS} holds 3', '3 names']),
    (target(type=JOINTS, field='position', names=['a', 'a']),
     ["output 'output': names holds 'a' more than once"]),
    (target(type=JOINTS, field='position', name_field='name'),
     ["name_field is 'name'", 'names is not set']),
    (target(type=JOINTS, field='position', names=['a', 'b'], name_field='nam'),
     ["output 'output': name_field is 'nam'", 'header.frame_id, name']),
    (target(6, type=TWIST, names=['a']), [f"output 'output': {TWIST} has neither name nor"]),
    # Parts.
    (parts(gyro=GYRO, q=Q, beside={'shape': [1, 6]}),
     ["input 'x': shape is [1, 6]", '6 numbers', '5 together: gyro 3, q 2']),
    (parts(gyro=GYRO, q=Q, beside={'shape': [1, 12], 'history': 2}),
     ["input 'x': shape is [1, 12]", '6 numbers', 'history is 2', '5 together: gyro 3, q 2']),
    (parts(gyro=GYRO, q={'type': JOINTS, 'field': 'effort'}, beside={'shape': [1, 3]}),
     ["input 'x': shape is [1, 3]", '4 or more together: gyro 3, q 1 or more']),
    (parts(q=Q, beside={'topic': 'joints'}),
     ['inputs.x.topic is set beside inputs.x.part_names', 'an input with parts']),
    (parts(q=Q, beside={'scale': 2.0}),
     ['inputs.x.scale is set beside inputs.x.part_names', 'an input with parts']),
    (parts(q=Q, beside={'constant': [2.0]}),
     ['inputs.x.constant is set beside inputs.x.part_names', 'an input with parts']),
    (parts(q=Q, beside={'feedback': 'output'}),
     ['inputs.x.feedback is set beside inputs.x.part_names', 'an input with parts']),
    ({**parts(q=Q), 'inputs.x.parts.p.scale': 2.0},
     ["inputs.x.parts.p is set, but there is no part 'p'", 'parts: q']),
    (parts(q={**Q, 'scael': 2.0}),
     ['inputs.x.parts.q.scael is not known', "did you mean 'scale'?",
      'known under inputs.x.parts.q: age_from, clip, color, constant']),
    (parts(q={**Q, 'history': 2}), ['inputs.x.parts.q.history is not known', 'max_age_ms']),
    ({'inputs.x.parts.q.type': JOINTS},
     ['inputs.x.parts is set', 'inputs.x.part_names is not']),
    (parts(), ['inputs.x.part_names is []', 'name of each part']),
    (source(part_names=['a', 'a']), ["inputs.x.part_names holds 'a' more than once"]),
    (source(part_names=['a.b']), ["inputs.x.part_names holds 'a.b'", 'letters, digits']),
    (parts(c={'constant': [1.0], 'topic': 'c'}, q=Q),
     ['inputs.x.parts.c.topic is set beside inputs.x.parts.c.constant']),
    (parts(q=Q, last={'feedback': 'output'}),
     ['nothing says how many numbers the feedback x.last has', 'shape',
      'inputs.x.parts.last.initial']),
    (parts(q=Q, last={'feedback': 'action'}, beside={'shape': [4]}),
     ["inputs.x.parts.last.feedback is 'action'", 'no output', 'outputs: output']),
    (parts(q={**Q, 'topic': 'joints'}, dq={**GYRO, 'topic': 'joints'}),
     ['x.q and x.dq are both from joints', 'type differs', JOINTS, IMU]),
    (parts(q={**Q, 'topic': 'joints'}, dq={**Q, 'topic': 'joints', 'qos.depth': 5}),
     ['x.q and x.dq are both from joints', 'qos differs', 'depth 1', 'depth 5']),
    ({**parts(q=Q), 'trigger_inputs': ['x.p']},
     ["trigger_inputs names 'x.p'", 'subscribed: x, x.q']),
    ({**parts(q=Q, c={'constant': [1.0]}), 'trigger_inputs': ['x.c']},
     ["trigger_inputs names 'x.c'", 'not a subscribed input', 'subscribed: x, x.q']),
    ({**parts(q=Q), 'fade_in_s': 1.0, 'outputs.output.fade_in_from': 'x'},
     ["outputs.output.fade_in_from is 'x'", 'inputs: x.q']),
    (parts(q={**Q, 'topic': '1st'}), ["input 'x.q'", "'1st'"]),
    (parts(q={**Q, 'type': 'JointState'}),
     ["input 'x': part 'q': type is 'JointState'", 'PACKAGE/msg/NAME']),
    # Conversions.
    (source(type=TWIST, field='linear', scale=[1.0, 2.0]),
     [f'a {TWIST} does not fit', '3 elements', 'scale has 2 numbers', '1 or 3']),
    (parts(q={**Q, 'offset': [1.0, 2.0, 3.0]}),
     ["input 'x': part 'q'", '2 elements', 'offset has 3 numbers', '1 or 2']),
    (source(scale=0.0), ["input 'x': scale is [0.0]", 'other than 0']),
    (source(scale=[]), ['inputs.x.scale is []', 'a number or a list of numbers']),
    (source(scale='big'), ["inputs.x.scale is 'big'", 'a number or a list of numbers']),
    (source(offset=float('inf')), ['offset is [inf]', 'finite']),
    (source(clip=[1.0, -1.0]), ['clip is [1.0, -1.0]', '[low, high], with low <= high']),
    (parts(q={**Q, 'clip': 1.0}), ["part 'q': clip is [1.0]", '[low, high]']),
    (source(replace__nan='zero'), ["inputs.x.replace.nan is 'zero'", 'a number']),
    (source(replace__inf=1.0), ['inputs.x.replace.inf is not known', "mean 'replace.posinf'?"]),
    (target(scale=[1.0, 2.0, 3.0]),
     ["output 'output': scale has 3 numbers", '2 elements', '1 or 2']),
    (target(scale=0.0), ["output 'output': scale is [0.0]", 'other than 0']),
    (target(offset=float('nan')), ["output 'output': offset is [nan]", 'finite']),
    # Histories.
    (source(type=IMU, field='angular_velocity', shape=[1, 10], history=3),
     ["input 'x': shape is [1, 10], which is 10 numbers", 'history is 3', 'multiple']),
    (source(history=0), ['inputs.x.history is 0', 'expected 1 to']),
    (source(history='six'), ["inputs.x.history is 'six'", 'whole number']),
    (source(history=2, history_order='newest'),
     ["history_order is 'newest'", 'newest_first, oldest_first']),
    (source(history=2, history_fill='ones'), ["history_fill is 'ones'", 'repeat, zeros']),
    # Stamps.
    (source(type=IMU, field='orientation', age_from='header'),
     ["age_from is 'header'", 'arrival, stamp']),
    (parts(v={'type': TWIST, 'age_from': 'stamp'}),
     ["input 'x': part 'v': age_from is 'stamp'", f'{TWIST} does not begin with a header',
      "'arrival'"]),
    (target(6, type=TWIST, frame_id='base'),
     ["output 'output': frame_id is 'base'", f'{TWIST} does not begin with a header']),
    (target(6, type=STAMPED, stamp_from='y'),
     ["outputs.output.stamp_from is 'y'", 'no subscribed input', 'subscribed: x']),
    (target(6, type=TWIST, stamp_from='x'),
     ["stamp_from is 'x'", f'{TWIST} does not begin with a header']),
    (target(6, type=STAMPED, stamp_from='x'),
     ["output 'output': stamp_from is 'x'",
      'std_msgs/msg/Float64MultiArray does not begin with a header']),
    (target(type=JOINTS, field='position', time_from_start_ms=10.0),
     ['time_from_start_ms is set', f'{JOINTS} has no points']),
    (target(type=TRAJECTORY, field='points[0].positions', time_from_start_ms=-1.0),
     ['time_from_start_ms is -1.0', 'above 0']),
    # Pictures.
    (source(type=IMAGE, layout='nchw'), ["input 'x': layout is 'nchw'", 'hwc, chw']),
    (source(type=IMAGE, color='yuv'), ["color is 'yuv'", "'', rgb, bgr, gray"]),
    (source(type=IMAGE, resize=[4]), ['resize is [4]', 'height and width']),
    (source(type=IMAGE, resize=4), ['inputs.x.resize is 4', 'list of whole numbers']),
    (source(type=IMAGE, std=0.0), ['std is [0.0]', 'no 0']),
    (source(type=JOINTS, field='position', mean=0.5),
     ['mean is set', f'{JOINTS} is no picture', IMAGE]),
    (source(type=JOINTS, field='position', resize=[2, 2]),
     ['resize is set', f'{JOINTS} is no picture', IMAGE]),
    (parts(q={**Q, 'layout': 'chw'}), ["part 'q': layout is set", f'{JOINTS} is no picture']),
    (target(4, 4, 3, type=IMAGE), ["output 'output': encoding is ''", 'rgb8, bgr8, rgba8']),
    (target(4, 4, 3, type=IMAGE, encoding='rgb'), ["encoding is 'rgb'", 'rgb8, bgr8, rgba8']),
    (target(4, 4, 3, type=IMAGE, encoding='rgb8'),
     ["output 'output' is float64[4, 4, 3]", 'rgb8 would cut down', 'to(torch.uint8)']),
    (target(4, 4, type=IMAGE, encoding='32FC1', layout='wh'), ["layout is 'wh'", 'hwc, chw']),
    (target(4, 4, 2, type=IMAGE, encoding='32FC1'),
     ["output 'output' is float64[4, 4, 2]", 'no image of encoding 32FC1', '[height, width, 1]']),
    (target(type=JOINTS, field='position', encoding='rgb8'),
     ['encoding is set', f'{JOINTS} is no picture', IMAGE]),
]
CASES += [(small_models.Double, *case) for case in MESSAGES]


def check(path: Path, values: Dict[str, Any]) -> Verdict:
    return judge(str(write_parameters(path, values)), node='', overrides=(), runs=True)


@pytest.mark.parametrize('module, parameters, named', CASES)
def test_one_error_names_what_is_wrong_and_check_says_the_same(
        module: Any, parameters: Dict[str, Any], named: List[str],
        run_node: Any, tmp_path: Path, capfd: Any) -> None:
    given = {'model_path': small_models.save(module(), tmp_path), **parameters}
    running = run_node(**given)
    assert running.started is False
    (line,) = error_lines(capfd.readouterr().err)
    said = line.partition('cannot configure: ')[2]
    for words in named:
        assert words in said
    if [] not in given.values():  # a file cannot say so
        findings = check(tmp_path / 'x.yaml', given).findings
        # Once the field is left out, the next thing is seen.
        texts = [finding.text for finding in findings
                 if 'field is set' not in said or finding.text in said]
        assert sorted('; '.join(texts).split('; ')) == sorted(said.split('; '))
        names = list(given)
        for finding in findings:
            assert parameters.keys() & {finding.name} or finding.name in ('model_path',) or [
                name for name in parameters if name.startswith(f'{finding.name}.')]
            assert finding.line == FIRST_LINE + min(
                names.index(name) for name in names if f'{name}.'.startswith(f'{finding.name}.'))
    assert running.state() == 'unconfigured'
    assert 'evaluation' not in [thread.name for thread in enumerate_threads()]
    assert not running.node.get_subscriptions_info_by_topic('/x')


@pytest.mark.parametrize('kind, named', [
    ('directory', 'is a directory'), ('empty', 'is empty'), ('state_dict', 'torch.jit.script'),
    ('truncated', 'truncated')])
def test_a_file_that_is_no_module_is_called_what_it_is(
        kind: str, named: str, run_node: Any, tmp_path: Path, capfd: Any) -> None:
    import torch
    path = Path(small_models.save(small_models.Linear(), tmp_path))
    if kind == 'directory':
        path = tmp_path
    elif kind == 'empty':
        path.write_bytes(b'')
    elif kind == 'state_dict':
        torch.save(small_models.Linear().state_dict(), path)
    else:
        path.write_bytes(path.read_bytes()[:1000])
    assert run_node(model_path=str(path)).started is False
    (line,) = error_lines(capfd.readouterr().err)
    assert str(path) in line and named in line


def test_a_slip_in_a_top_level_name_is_pointed_out(
        run_node: Any, tmp_path: Path, capfd: Any) -> None:
    running = run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), rate_hx=1.0, unrelated=1,
        input__x__shape=[1])
    assert running.started
    text = capfd.readouterr().err
    assert "'rate_hx' is not known and has no effect; did you mean 'rate_hz'?" in text
    assert "'input.x.shape' is not known and has no effect; did you mean 'inputs'?" in text
    assert 'unrelated' not in text


def test_the_configure_block_shows_what_was_understood(
        run_node: Any, tmp_path: Path, capfd: Any) -> None:
    path = small_models.save(small_models.Linear(), tmp_path)
    run_node(model_path=path, trigger='timer', rate_hz=50.0, inputs__x__shape=[1, 3],
             inputs__x__topic='observation', outputs__output__topic='action')
    text = capfd.readouterr().err
    for words in [
            'Linear', path, 'sha256 ', '8 parameters of float32', 'argument x', '/observation',
            'std_msgs/msg/Float64MultiArray', 'float32 [1, 3]', 'best_effort, volatile, depth 1',
            '/action', 'float32[1, 2]', 'reliable, volatile, depth 1', 'timer, 50 Hz',
            '10 runs, first ']:
        assert words in text


class Heard:
    """Collects what a node writes to its log."""

    def __init__(self, capfd: Any) -> None:
        self._capfd = capfd
        self.text = ''

    def has(self, words: str) -> bool:
        self.text += self._capfd.readouterr().err
        return words in self.text


def test_missing_inputs_are_named_with_the_reason(
        run_node: Any, peer: Any, context: Context, tmp_path: Path, capfd: Any) -> None:
    run_node(
        model_path=small_models.save(small_models.Sum(), tmp_path),
        inputs__a__qos__reliability='reliable')
    log = Heard(capfd)
    peer.wait_until(lambda: log.has('waiting for /a (no publisher), /b (no publisher)'))
    peer.node.create_publisher(
        Float64MultiArray, 'a', QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT))
    stranger = Context()
    stranger.init(domain_id=context.get_domain_id())
    node = Node('stranger', context=stranger)
    node.create_publisher(Float32MultiArray, 'b', 1)
    peer.wait_until(lambda: log.has('/a (incompatible QoS of /peer: '))
    peer.wait_until(lambda: log.has(
        '/b (published as std_msgs/msg/Float32MultiArray by /stranger, '
        'not std_msgs/msg/Float64MultiArray)'))
    node.destroy_node()
    stranger.shutdown()


def test_a_latched_input_of_a_volatile_publisher_is_named(
        run_node: Any, peer: Any, tmp_path: Path, capfd: Any) -> None:
    run_node(
        model_path=small_models.save(small_models.Double(), tmp_path),
        inputs__x__qos__durability='transient_local', inputs__x__qos__reliability='reliable')
    log = Heard(capfd)
    peer.node.create_publisher(
        Float64MultiArray, 'x', QoSProfile(depth=1, durability=DurabilityPolicy.VOLATILE))
    peer.wait_until(lambda: log.has('/x (incompatible QoS of /peer: '))


def test_a_trigger_that_never_comes_is_named_though_its_input_has_a_value(
        run_node: Any, peer: Any, tmp_path: Path, capfd: Any) -> None:
    run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), inputs__x__initial=[1.0])
    log = Heard(capfd)
    peer.wait_until(lambda: log.has('waiting for /x (no publisher)'))


def test_complaints_of_all_kinds_leave_the_loop_running(
        run_node: Any, peer: Any, tmp_path: Path, capfd: Any) -> None:
    """Warnings and errors in turn, through the logger of rclpy."""
    running = run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), inputs__x__shape=[1],
        inputs__x__qos__reliability='reliable', inputs__x__qos__depth=20)
    heard = peer.listen('output')
    for values in ([1.0, 2.0], [float('nan')], [1.0, 2.0], [float('nan')], [1.0]):
        peer.send(x=values)
    peer.wait_until(lambda: heard)
    assert running.counters.refusals == {'not finite: input x': 2}
    log = Heard(capfd)
    assert log.has("input 'x': message dropped") and log.has("input 'x' is not finite")


def test_a_module_that_does_not_return_from_its_first_values_is_given_up(
        run_node: Any, peer: Any, tmp_path: Path, capfd: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(deployment, '_FIRST_RUNS_S', 0.1)
    running = run_node(
        model_path=small_models.save(small_models.Endless(), tmp_path), trigger='timer')
    log = Heard(capfd)
    peer.send_until(
        lambda: log.has('the node deactivates: the present evaluation has not ended'), x=[1.0])
    peer.wait_until(lambda: running.state() == 'inactive')
    peer.wait_until(lambda: not running.node.deployment.trouble, 'the end of the evaluation')


def test_a_publisher_that_goes_away_is_missed(
        run_node: Any, peer: Any, tmp_path: Path, capfd: Any) -> None:
    run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), trigger='timer')
    heard = peer.listen('output')
    peer.send_until(lambda: heard, x=[1.0])
    peer.node.destroy_publisher(peer.publisher('x'))
    log = Heard(capfd)
    peer.wait_until(lambda: log.has("input 'x': /x has no publisher any more"))


@pytest.mark.filterwarnings('ignore::pytest.PytestUnhandledThreadExceptionWarning')
def test_a_node_whose_evaluation_thread_dies_says_so_and_leaves_active(
        run_node: Any, peer: Any, tmp_path: Path, capfd: Any, monkeypatch: Any) -> None:
    running = run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), trigger='timer')
    # Nothing known kills the thread; this stands in for what is not.
    monkeypatch.setattr(running.node.deployment._loop, '_tick', sys.exit)
    log = Heard(capfd)
    peer.wait_until(lambda: log.has('the evaluation thread has died'))
    peer.wait_until(lambda: running.state() == 'inactive')
    assert running.change_state('cleanup')


def test_waiting_for_simulated_time_is_said(
        run_node: Any, peer: Any, tmp_path: Path, capfd: Any) -> None:
    run_node(
        model_path=small_models.save(small_models.Double(), tmp_path), use_sim_time=True,
        trigger='timer', inputs__x__constant=[1.0])
    log = Heard(capfd)
    peer.wait_until(lambda: log.has('waiting for /clock'))
    heard = peer.listen('output')
    clock = peer.publisher('/clock', Clock)
    seconds = [100]

    def advance() -> Any:
        seconds[0] += 1
        message = Clock()
        message.clock.sec = seconds[0]
        clock.publish(message)
        return heard
    peer.wait_until(advance)


def test_a_jump_back_of_simulated_time_is_said_and_survived(
        run_node: Any, peer: Any, tmp_path: Path, capfd: Any) -> None:
    run_node(
        model_path=small_models.save(small_models.Count(), tmp_path), use_sim_time=True,
        trigger='timer', rate_hz=1.0, inputs__x__constant=[0.0])
    heard = peer.listen('output')
    clock = peer.publisher('/clock', Clock)

    def run_from(second: int) -> None:
        count = len(heard)
        now = [second]

        def advance() -> Any:
            now[0] += 1
            message = Clock()
            message.clock.sec = now[0]
            clock.publish(message)
            return len(heard) >= count + 3
        peer.wait_until(advance)
    run_from(1000)
    log = Heard(capfd)
    before = len(heard)
    run_from(10)
    assert log.has('ROS time jumped by -')
    # The module's memory went back too: the count begins again at one.
    assert [message.data[0] for message in heard[before:]].count(1.0) == 1


def test_ticks_that_do_not_keep_up_are_counted_and_said(
        run_node: Any, peer: Any, tmp_path: Path, capfd: Any) -> None:
    running = run_node(
        model_path=small_models.save(small_models.Busy(), tmp_path), trigger='timer',
        rate_hz=100_000.0, inputs__x__constant=[1.0])
    log = Heard(capfd)
    peer.wait_until(lambda: log.has(
        'ticks missed at 100000 Hz: the evaluations, or the machine, do not keep up'))
    assert running.counters.missed_ticks > running.counters.ticks
    assert running.change_state('deactivate')
    counters = running.counters
    peer.wait_until(lambda: log.has(
        f'stopped after {counters.evaluations} evaluations, {counters.missed_ticks} ticks missed'))
