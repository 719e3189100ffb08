# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A parameter file means to the tools what it means to a node, and its lines are known."""

from math import isnan
from pathlib import Path
from typing import Any, Dict, List

from dg_pytorch_ros.errors import ConfigError, PytorchRosError
from dg_pytorch_ros.parameters.parameter_file import (
    COMMAND_LINE, ParameterFile, read_parameter_file, Setting)
import pytest
from rclpy.node import Node
from rclpy.parameter import Parameter

OF_EVERY_NODE = ('use_sim_time', 'start_type_description_service')

SCALARS = [
    '1', '-1', '+5', '0', '-0', '010', '08', '0x1F', '-0x10', '0b11', '1_000',
    '9223372036854775807', '-9223372036854775808', '9223372036854775808', '1.', '.5', '-.5',
    '1.0e3', '1e3', '1E-3', '1e400', 'nan', 'NaN', '.nan', '.NAN', 'inf', '-inf', '.inf', '-.INF',
    '+.inf', 'infinity', 'Infinity', '.Nan', 'y', 'Y', 'n', 'yes', 'No', 'on', 'OFF', 'true',
    'TRUE', 'tRue', 'false', '~', 'null', 'e5', '1e', 'text', 'two words', '"5"', "'yes'", '"nan"',
    '""', '!!str 5', '!!str yes', '!!float 5', '!!int "5"', '|-\n      7', '>-\n      8',
    '&anchor 9', '1:2', '1.2.3', '0x', '+', '.', 'a#b', '5 # five', '[1, 2]', '[1.0, 2.5]',
    '[a, b]', '[yes, no]', '["1", "2"]', '[5]', '[1.0, .nan, -.inf]', '\n      - 1\n      - 2']


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding='utf-8')
    return path


def seen_by_node(context: Any, path: Path, *, name: str = 'policy', namespace: str = '') -> Any:
    node = Node(
        name, namespace=namespace, context=context, cli_args=[
            '--ros-args', '--params-file', str(path)],
        automatically_declare_parameters_from_overrides=True, enable_rosout=False,
        start_parameter_services=False)
    try:
        return {
            name: plain(parameter) for name, parameter in node.get_parameters_by_prefix('').items()
            if name not in OF_EVERY_NODE}
    finally:
        node.destroy_node()


def plain(parameter: Parameter) -> Any:
    value = parameter.value
    return value.tolist() if hasattr(value, 'tolist') else value


def comparable(values: Dict[str, Any]) -> Dict[str, str]:
    """Tell 1 from 1.0 and from true, and have NaN be NaN."""
    return {name: repr(value) for name, value in values.items()}


def test_a_value_means_what_it_means_to_a_node(context: Any, tmp_path: Path) -> None:
    lines = [f'    p{index}: {text}' for index, text in enumerate(SCALARS)]
    path = write(tmp_path / 'x.yaml', '\n'.join(['/**:', '  ros__parameters:', *lines, '']))
    values = read_parameter_file(path).values
    assert comparable(values) == comparable(seen_by_node(context, path))
    assert isnan(values[f'p{SCALARS.index("nan")}'])


SECTIONS = """\
/**: {ros__parameters: {a: 1, b: 1, group: {c: 1}}}
policy: {ros__parameters: {a: 2}}
/left/policy: {ros__parameters: {a: 3, group.c: 3}}
right:
  policy: {ros__parameters: {a: 4}}
  deep: {policy: {ros__parameters: {a: 5}}}
/*/policy: {ros__parameters: {d: 6}}
/**/policy: {ros__parameters: {e: 7}}
/right/*: {ros__parameters: {f: 8}}
/right/**: {ros__parameters: {g: 9}}
/*: {ros__parameters: {h: 10}}
"""


@pytest.mark.parametrize('namespace', ['', 'left', 'right', 'right/deep', 'elsewhere'])
@pytest.mark.parametrize('name', ['policy', 'other'])
def test_sections_are_merged_as_for_a_node_of_that_name(
    name: str, namespace: str, context: Any, tmp_path: Path
) -> None:
    path = write(tmp_path / 'x.yaml', SECTIONS)
    full_name = f'/{namespace}/{name}'.replace('//', '/')
    file = read_parameter_file(path, node=full_name)
    assert (file.node_name, file.namespace) == (name, f'/{namespace}')
    assert file.full_name == full_name
    assert file.values == seen_by_node(context, path, name=name, namespace=namespace)


# What is refused, in which lines, and why.
REFUSED: List[Any] = [
    ('/**:\n  ros__parameters:\n    a:\n    b: 1\n', {3: 'a has no value'}),
    ('/**:\n  ros__parameters:\n    a: [1, 2.0]\n', {3: 'a holds 1 and 2.0'}),
    ('/**:\n  ros__parameters:\n    a: [x,\n      y]\n', {4: "a holds 'x' and True"}),
    ('/**:\n  ros__parameters:\n    a: &x 1\n    b: *x\n', {4: 'no aliases such as *x'}),
    ('/**:\n  ros__parameters:\n    a: [[1], [2]]\n', {3: 'a is a list that holds more'}),
    ('/**:\n  ros__parameters:\n    a: [{b: 1, c: 2}]\n', {3: 'a is a list that holds more'}),
    ('/**:\n  ros__parameters:\n    a: [1\n    b: 2\n', {4: 'while parsing a flow'}),
    ('/**:\n  ros__parameters:\n\t  a: 1\n', {3: 'takes no tabs; indent with spaces'}),
    ('/**:\n  ros__parameters:\n    a: 1\n\tb: 2\n', {4: 'takes no tabs; indent with spaces'}),
    ('ros__parameters:\n  a: 1\n', {1: 'no name of a node above ros__parameters; put /**: above'}),
    ('/**:\n  ros_parameters:\n    a: 1\n', {2: 'ros_parameters is not known; did you mean ros'}),
    ('/**:\n  ros__parameters:\n    inputs:\n    x: 1\n', {3: 'inputs has nothing below it; ind'}),
    ('/**:\n  ros__parameters:\n    inputs.x.parts.y:\n', {3: 'inputs.x.parts.y has nothing bel'}),
    ('/**:\n  ros__parameters:\n    a: 1\n   b: 2\n', {4: 'expected <block end>'}),
    ('/**:\n  a: 1\n', {2: 'a value above ros__parameters'}),
    ('a: 1\n', {1: 'a value above ros__parameters'}),
    ('[1, 2]\n', {1: 'a value above ros__parameters'}),
    ('my-node:\n  ros__parameters: {a: 1}\n', {2: "'my-node' is no name of a node"}),
    ('/a//b:\n  ros__parameters: {a: 1}\n', {2: "'/a//b' is no name of a node"}),
    ('/**:\n  ros__parameters:\n    [a]: 1\n', {3: 'a key must be a name'}),
]


@pytest.mark.parametrize('text, lines', REFUSED)
def test_what_ends_a_node_at_its_start_is_refused_with_its_line(
    text: str, lines: Dict[int, str], context: Any, tmp_path: Path
) -> None:
    path = write(tmp_path / 'x.yaml', text)
    with pytest.raises(ConfigError) as caught:
        read_parameter_file(path)
    problems = [str(problem) for problem in caught.value.problems]
    assert len(problems) == len(lines)
    for problem, (line, words) in zip(problems, lines.items()):
        assert problem.startswith(f'{path}:{line}: ') and words in problem
    with pytest.raises(RuntimeError, match='Failed to parse'):
        seen_by_node(context, path)


@pytest.mark.parametrize('text, line, words', [
    ('/**:\n  ros__parameters:\n    a: []\n', 3, 'a is empty; leave it out'),
    ('/**:\n  ros__parameters:\n    a: {}\n', 3, 'a is empty; leave it out'),
    ('/**:\n  ros__parameters:\n    a: {b: {}}\n', 3, 'a.b is empty; leave it out'),
    ('/**:\n  ros__parameters:\n    a: 1\n    a: 2\n', 4, 'a is set in line 3, too'),
    ('/**:\n  ros__parameters:\n    a.b: 1\n    a: {b: 2}\n', 4, 'a.b is set in line 3, too'),
    ('/**: {ros__parameters: {a: 1}}\n/**: {ros__parameters: {a: 1}}\n', 2, 'set in line 1, too'),
    ('/**:\n  ros__parameters: 5\n', 2, 'ros__parameters of /** has no parameters'),
    ('', 1, 'there are no parameters'),
    ('# nothing\n', 1, 'there are no parameters'),
    ('/**:\n', 1, 'a value above ros__parameters'),
    ('/**: {ros__parameters: {a: "\x00"}}\n', 1, 'not allowed'),
])
def test_what_cannot_be_meant_is_refused_with_its_line(
    text: str, line: int, words: str, tmp_path: Path
) -> None:
    path = write(tmp_path / 'x.yaml', text)
    with pytest.raises(ConfigError) as caught:
        read_parameter_file(path)
    problem = str(caught.value.problems[0])
    assert problem.startswith(f'{path}:{line}: ') and words in problem


def test_all_that_is_refused_is_said_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / 'x.yaml', (
        'a/b c:\n  ros__parameters: {x: 1}\n/**:\n  ros__parameters:\n    a:\n    b: [1, x]\n'
        '    c: {d: [], e: }\n'))
    with pytest.raises(ConfigError) as caught:
        read_parameter_file(path)
    assert [str(problem).partition('x.yaml:')[2][:7] for problem in caught.value.problems] == [
        "2: 'a/b", '5: a ha', '6: b ho', '7: c.d ', '7: c.e ']


def test_a_file_that_is_no_text_or_not_there_is_called_that(tmp_path: Path) -> None:
    (tmp_path / 'x.yaml').write_bytes(b'/**:\n  \xff\xfe')
    with pytest.raises(ConfigError, match=r'x.yaml:2: this is no text in UTF-8'):
        read_parameter_file(tmp_path / 'x.yaml')
    with pytest.raises(PytorchRosError, match='y.yaml cannot be read: No such file') as caught:
        read_parameter_file(tmp_path / 'y.yaml')
    assert not isinstance(caught.value, ConfigError)


@pytest.mark.parametrize('beginning', [b'PK\x03\x04', b'\x80\x02'])
def test_a_model_file_is_called_that(beginning: bytes, tmp_path: Path) -> None:
    path = tmp_path / 'policy.pt'
    path.write_bytes(beginning + b'\x00\xff')
    with pytest.raises(PytorchRosError) as caught:
        read_parameter_file(path)
    assert str(caught.value) == (
        f'{path} is a model file, not a parameter file; pytorch_model params {path} writes one')


def test_lines_are_those_of_names_and_of_what_they_begin_with(tmp_path: Path) -> None:
    file = read_parameter_file(write(tmp_path / 'x.yaml', (
        '# a comment\n'
        '/**:\n'
        '  ros__parameters:\n'
        '    inputs:\n'
        '      obs: {topic: a,\n'
        '            shape: [1,\n'
        '                    2]}\n'
        '    outputs.y.type: z\n')))
    assert file.settings['inputs.obs.topic'] == Setting('a', 5)
    assert file.settings['inputs.obs.shape'] == Setting([1, 2], 6)
    assert [file.line_of(name) for name in (
        'inputs', 'inputs.obs', 'outputs', 'outputs.y', 'outputs.y.type', 'outputs.x')] == [
            4, 5, 8, 8, 8, None]
    assert file.line == 3


def test_the_only_node_is_chosen_and_others_must_be_named(tmp_path: Path) -> None:
    alone = write(tmp_path / 'x.yaml', '/**: {ros__parameters: {a: 1}}')
    assert read_parameter_file(alone).full_name == '/pytorch_node'
    one = write(
        tmp_path / 'y.yaml', '/**: {ros__parameters: {a: 1}}\n/l/p: {ros__parameters: {b: 1}}')
    assert read_parameter_file(one).full_name == '/l/p'
    assert read_parameter_file(one).values == {'a': 1, 'b': 1}
    assert read_parameter_file(one, node='p').full_name == '/l/p'
    assert read_parameter_file(one, node='/p').values == {'a': 1}
    several = write(tmp_path / 'z.yaml', SECTIONS.partition('/**: ')[2].partition('\n')[2])
    with pytest.raises(PytorchRosError, match=(
            '4 nodes: /policy, /left/policy, .*; say which one, such as --node /policy')):
        read_parameter_file(several)
    assert read_parameter_file(several, node='left/policy').values['a'] == 3
    with pytest.raises(PytorchRosError, match='no parameters for a node /a/b/c; it has some for'):
        read_parameter_file(several, node='a/b/c')


def file_of(tmp_path: Path) -> ParameterFile:
    return read_parameter_file(write(tmp_path / 'x.yaml', (
        '/**: {ros__parameters: {rate_hz: 1.0, '
        'inputs: {x: {topic: a, shape: [1]}, xy: {topic: b}}}}')))


def test_the_command_line_sets_parameters_by_the_same_rules(tmp_path: Path) -> None:
    file = file_of(tmp_path).override([
        'rate_hz:=5', 'inputs.x.topic:=a:=b', 'new:=[1.0, 2.0]', 'on:=y', "text:='y'"])
    assert file.values == {
        'rate_hz': 5, 'inputs.x.topic': 'a:=b', 'inputs.x.shape': [1], 'inputs.xy.topic': 'b',
        'new': [1.0, 2.0], 'on': True, 'text': 'y'}
    assert file.line_of('rate_hz') == COMMAND_LINE and file.line_of('inputs.x.shape') == 1


@pytest.mark.parametrize('assignment, words', [
    ('rate_hz', 'expected NAME:=VALUE'), ('rate_hz=5', 'expected NAME:=VALUE'),
    (':=5', 'expected NAME:=VALUE'), ('a:=[1, 2.0]', 'a holds 1 and 2.0'), ('a:=[1', 'expected'),
    ('a:={b: 1}', 'a is a mapping'), ('a:=', 'expected one value'), ('a:=[]', 'a is empty')])
def test_what_sets_nothing_is_refused(assignment: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(PytorchRosError) as caught:
        file_of(tmp_path).override([assignment])
    assert str(caught.value).startswith(repr(assignment)) and words in str(caught.value)


def test_a_parameter_or_a_group_can_be_left_out(tmp_path: Path) -> None:
    file = file_of(tmp_path)
    assert set(file.without('inputs.x').values) == {'rate_hz', 'inputs.xy.topic'}
    assert set(file.without('inputs.x.topic').values) == {
        'rate_hz', 'inputs.x.shape', 'inputs.xy.topic'}
    assert file.without('inputs').line_of('inputs.x') is None
    assert file.without('inputs.x').line_of('inputs.xy') == 1
