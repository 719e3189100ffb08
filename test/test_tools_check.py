# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""`pytorch_model check` says all that configure would, with lines, and nothing else."""

import json
from pathlib import Path
import re
from typing import Any, Dict, List, NamedTuple

from dg_pytorch_ros.tools.main import main
from parameter_files import write_parameters
import pytest
import small_models
import torch
from torch import nn, Tensor

ROOT = Path(__file__).parents[1]
TWO_INPUTS = small_models.Sum


class Talker(nn.Module):
    """Prints what it gets."""

    def forward(self, x: Tensor) -> Tensor:
        print('x is', x.sum())
        return x


class Outcome(NamedTuple):
    """What a call of the command gave."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> List[str]:
        return self.out.splitlines()

    @property
    def problems(self) -> Dict[int, List[str]]:
        """The problems by their lines."""
        found: Dict[int, List[str]] = {}
        for line in self.lines:
            match = re.match(r'.*?\.yaml:(\d+): (?!warning: )(.*)', line)
            if match:
                found.setdefault(int(match[1]), []).append(match[2])
        return found


@pytest.fixture
def check(capfd: Any) -> Any:
    """Return a function that runs the command."""
    def run(*arguments: Any) -> Outcome:
        code = main(['check', *map(str, arguments)])
        return Outcome(code, *capfd.readouterr())
    return run


@pytest.fixture
def model(tmp_path: Path) -> str:
    """Return the path of a module with two arguments, a and b, and one result."""
    return small_models.save(TWO_INPUTS(), tmp_path)


def annotated(path: Path, text: str, **given: str) -> Dict[int, List[str]]:
    """Write a file; return what its comments `#: words | words` say about its lines."""
    text = text.format(**given)
    path.write_text(text, encoding='utf-8')
    return {
        number: line.partition('#: ')[2].split(' | ')
        for number, line in enumerate(text.splitlines(), 1) if '#: ' in line}


def assert_said(outcome: Outcome, expected: Dict[int, List[str]]) -> None:
    problems = outcome.problems
    for line, words in expected.items():
        texts = problems.pop(line, [])
        assert len(texts) == len(words), f'line {line}: {texts}'
        for text, word in zip(texts, words):
            assert word in text
    assert problems == {}
    assert outcome.code == (1 if expected else 0)


MANY = """\
/**:
  ros__parameters:
    model_path: {model}
    num_threads: 0                     #: num_threads is 0; expected 1 to 1024
    warmup_runs: ten                   #: warmup_runs is 'ten'; expected a whole number
    trigger: tick                      #: trigger is 'tick'; expected one of timer
    rate_hz: -1.0                      #: rate_hz is -1.0
    on_error: stop                     #: on_error is 'stop'
    on_stale: fallback                 #: no input has max_age_ms | .first.fallback is not set
    enable_max_age_ms: 10.0            #: enable_topic is not; set both
    realtime:
      priorty: 5                       #: realtime.priorty is not known; did you mean
      cpu_affinity: [-1]               #: realtime.cpu_affinity holds -1
    input_names: [a, b]
    output_names: [first]
    inputs:
      a:
        type: sensor_msgs/msg/JointStat  #: no message 'JointStat'
        shpae: [1]                     #: inputs.a.shpae is not known; did you mean 'shape'?
        qos:
          depth: 0                     #: inputs.a.qos.depth is 0
          reliability: sure            #: qos.reliability is 'sure'
      b:
        part_names: [q, gain, last]
        shape: [3, -2]                 #: shape is [3, -2]; each size must be positive
        parts:
          q:
            type: sensor_msgs/msg/Imu
            field: angular_velocty     #: did you mean 'angular_velocity'?
            clip: [1.0, 0.0]           #: clip is [1.0, 0.0]
          gain:
            constant: [1.0]
            topic: gain                #: a constant has no such thing
          last:
            feedback: frist            #: feedback is 'frist', which is no output
          other:                       #: there is no part 'other'
            topic: x
            shape: [1]
      c:                               #: there is no input 'c'; inputs: a, b
        topic: x
        type: std_msgs/msg/Float32
    outputs:
      first:
        min: [1.0]
        max: [0.0, 0.5]                #: max is [0.0, 0.5], but min is [1.0]
        topic: 1st                     #: '1st', which is no valid name
        stamp_from: q                  #: stamp_from is 'q', which is no subscribed input
"""


def test_all_problems_are_shown_at_once_each_with_its_line(
    check: Any, model: str, tmp_path: Path
) -> None:
    path = tmp_path / 'x.yaml'
    expected = annotated(path, MANY, model=model)
    outcome = check(path)
    assert_said(outcome, expected)
    count = sum(map(len, expected.values()))
    assert outcome.lines[-1] == f'{path}: {count} problems'
    assert outcome.lines == sorted(
        outcome.lines[:count], key=lambda line: int(line.split(':')[1])) + outcome.lines[count:]
    assert outcome.err == ''


WITHOUT_MODEL = """\
/**:
  ros__parameters:
    model_path: {model}                #: {complaint}
    {pin}
    trigger_inputs: [position]
    max_failures: many                 #: max_failures is 'many'
    inputs:
      gain: {{constant: [.nan]}}       #: constant is [nan]
      position: {{type: Float64}}      #: type is 'Float64'; expected PACKAGE/msg/NAME
      hidden: {{feedback: state, initial: [0.0], shape: [4]}}
    outputs:
      action:
        frame_id: base                 #: frame_id is 'base'
        stamp_from: position           #: Float64MultiArray does not begin with a header
      next: {{type: geometry_msgs/msg/TwistStamped, stamp_from: position}}
"""


@pytest.mark.parametrize('content, complaint', [
    (None, 'does not exist'), (b'', 'is empty'), (b'PK', 'truncated'),
    (b'nonsense', 'is not a TorchScript module')])
def test_without_a_model_the_rest_is_checked_all_the_same(
    content: Any, complaint: str, check: Any, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / 'm.pt').write_bytes(content)
    path = tmp_path / 'x.yaml'
    expected = annotated(
        path, WITHOUT_MODEL, model=str(tmp_path / 'm.pt'), complaint=complaint, pin='')
    assert_said(check(path), expected)


@pytest.mark.parametrize('digest, complaint', [
    ('a' * 64, 'it is not loaded'), ('abc', '64 hexadecimal digits')])
def test_a_model_that_is_not_the_pinned_one_is_never_loaded(
    digest: str, complaint: str, check: Any, model: str, tmp_path: Path, monkeypatch: Any
) -> None:
    def load(*arguments: Any, **options: Any) -> None:
        raise AssertionError('it was loaded')
    monkeypatch.setattr(torch.jit, 'load', load)
    path = tmp_path / 'x.yaml'
    path.write_text(
        f'/**:\n  ros__parameters:\n    model_path: {model}\n    model_sha256: {digest}\n'
        '    on_error: x\n', encoding='utf-8')
    assert_said(check(path), {4: [complaint], 5: ["on_error is 'x'"]})


@pytest.mark.parametrize('given, expected', [
    # Not the shape that the module takes, beside something that has nothing to do with it.
    ({'inputs.x.shape': [1, 4], 'on_error': 'x', 'inputs.x.max_age_ms': -1.0},
     ['inputs.x.shape', 'on_error', 'inputs.x.max_age_ms']),
    ({'inputs.x.shape': [1, 3], 'inputs.x.dtype': 'float64'}, ['inputs.x.shape']),
    ({'inputs.x.topic': 'x', 'inputs.x.initial': [1.0]}, ['inputs.x']),
    ({'inputs.x.shape': [1, 3], 'output_names': ['y', 'z']}, ['output_names']),
    ({'inputs.x.shape': [1, 3], 'outputs.output.type': 'std_msgs/msg/Int8',
      'outputs.output.max': [1.0, 2.0, 3.0]}, ['outputs.output']),
])
def test_the_model_is_run_on_what_the_file_says(
    given: Dict[str, Any], expected: List[str], check: Any, tmp_path: Path
) -> None:
    path = write_parameters(tmp_path / 'x.yaml', {
        'model_path': small_models.save(small_models.Linear(), tmp_path), **given})
    outcome = check(path, '--json')
    problems = json.loads(outcome.out)['files'][0]['problems']
    assert sorted(problem['parameter'] for problem in problems) == sorted(expected)
    assert outcome.code == 1


def test_a_model_that_refuses_its_inputs_is_the_only_problem(
    check: Any, model: str, tmp_path: Path
) -> None:
    path = write_parameters(tmp_path / 'x.yaml', {
        'model_path': model, 'on_stale': 'hold', 'inputs.a.shape': [3], 'inputs.a.max_age_ms': 5.0,
        'inputs.b.shape': [4]})
    outcome = check(path)
    assert outcome.lines[-1] == f'{path}: 1 problem' and 'note' not in outcome.out
    assert_said(outcome, {5: ['forward failed on a float64[3], b float64[4]: The size of tensor']})
    outcome = check(path, '--no-run')
    assert outcome.code == 0


def test_what_only_follows_from_a_problem_is_not_said(
    check: Any, model: str, tmp_path: Path
) -> None:
    path = tmp_path / 'x.yaml'
    for text in (
            'trigger: 5                   #: trigger is 5\n    inputs: {a: {constant: [1.0]}, '
            'b: {constant: [1.0]}}\n    outputs.output.type: no_msgs/msg/X  #: no package',
            'trigger: 5  #: trigger is 5\n    inputs: {a: {constant: [1.0, 2.0]}, '
            'b: {constant: [1.0, 2.0, 3.0]}}  #: forward failed on',
            'fade_in_s: 1.0\n    outputs.output.fade_in_from: q  #: which is no input',
            'on_stale: hold\n    inputs.a.max_age_ms: soon  #: inputs.a.max_age_ms is',
            'outputs.output: {type: sensor_msgs/msg/JointState,\n'
            '      field: positon}  #: did you mean',
            'input_names: [a, c, d]  #: forward takes 2\n    inputs: {c: {topic: x}, d: {shape: '
            '[1]}}',
            'input_names: a  #: list of names\n    inputs: {a: {constant: [1.0]}}'):
        expected = annotated(path, '/**:\n  ros__parameters:\n    model_path: ' + model
                             + '\n    ' + text.replace('{', '{{').replace('}', '}}') + '\n')
        assert_said(check(path), expected)


def test_a_good_file_gives_what_the_node_would_say(
    check: Any, model: str, tmp_path: Path, run_node: Any, capfd: Any
) -> None:
    given = {
        'model_path': model, 'trigger': 'timer', 'inputs.a.shape': [2], 'inputs.b.constant': [1.0],
        'on_error': 'hold', 'outputs.output.topic': 'action', 'realtime.spin_us': 10}
    path = write_parameters(tmp_path / 'x.yaml', given, node='node')
    outcome = check(path)
    assert outcome.code == 0 and outcome.lines[0] == f'{path}: /node configures'
    run_node(**given)
    log = capfd.readouterr().err.partition('configured\n')[2]
    understood = [line for line in log.splitlines() if line.startswith('  ')]
    warm_up = understood.index([line for line in understood if 'warm-up' in line][0])
    assert outcome.lines[1:warm_up + 1] == understood[:warm_up]
    assert len(outcome.lines) == len(understood), 'a title here, the time of loading there'
    assert re.fullmatch(r'  warm-up  10 runs, first .* ms, settled .* ms', outcome.lines[-1])


def test_unknown_shapes_and_what_is_not_run_are_said(
    check: Any, model: str, tmp_path: Path
) -> None:
    path = write_parameters(tmp_path / 'x.yaml', {'model_path': model, 'inputs.b.shape': [1]})
    outcome = check(path)
    assert outcome.code == 0
    assert outcome.lines[-2:] == [
        '  warm-up  on the first complete set of values',
        f'{path}: note: nothing tells the shape of a: only the first messages tell whether the '
        'model takes its inputs; set inputs.a.shape to check it now']
    outcome = check(path, '--no-run', '-p', 'inputs.a.shape:=[1]')
    assert outcome.code == 0
    assert 'note: the model was not run' in outcome.lines[-1]
    assert 'warm-up  on the first' in outcome.lines[-2]
    outcome = check(path, '-p', 'inputs.a.shape:=[0]')
    assert outcome.lines[-2] == (
        f'{path}: note: whether the model takes its inputs can be checked when these are mended')


def test_the_command_line_sets_what_the_file_does_not(
    check: Any, model: str, tmp_path: Path
) -> None:
    path = write_parameters(tmp_path / 'x.yaml', {'model_path': '/no/such.pt', 'rate_hz': 'x'})
    assert check(path, '-p', f'model_path:={model}', '--param', 'rate_hz:=5.0').code == 0
    outcome = check(path, '-p', f'model_path:={model}', '-p', 'on_error:=x')
    assert outcome.lines[0] == (
        f"{path}: command line: on_error is 'x'; expected one of skip, hold, fallback, deactivate")
    assert outcome.problems == {4: ["rate_hz is 'x'; expected a number"]}
    assert check(path, '-p', 'rate_hz').code == 2


def test_slips_that_have_no_effect_are_warnings(check: Any, model: str, tmp_path: Path) -> None:
    path = write_parameters(tmp_path / 'x.yaml', {'model_path': model, 'rate_hx': 5.0, 'mine': 1})
    outcome = check(path)
    assert outcome.code == 0
    assert outcome.lines[0] == (
        f"{path}:4: warning: parameter 'rate_hx' is not known and has no effect; did you mean "
        "'rate_hz'?")
    assert 'mine' not in outcome.out


def test_one_node_of_several_is_checked(check: Any, model: str, tmp_path: Path) -> None:
    path = tmp_path / 'x.yaml'
    path.write_text(
        f'/**: {{ros__parameters: {{model_path: {model}}}}}\n'
        '/left/leg: {ros__parameters: {inputs.a.topic: ~/a}}\n'
        '/right/leg: {ros__parameters: {rate_hz: fast}}\n', encoding='utf-8')
    outcome = check(path)
    assert outcome.code == 2 and 'has parameters of 2 nodes: /left/leg, /right/leg' in outcome.err
    outcome = check(path, '--node', 'left/leg')
    assert outcome.code == 0 and 'from /left/leg/a (' in outcome.out
    assert check(path, '--node', '/right/leg').problems == {3: [
        "rate_hz is 'fast'; expected a number"]}


def test_several_files_are_checked_and_one_bad_one_decides(
    check: Any, model: str, tmp_path: Path
) -> None:
    good = write_parameters(tmp_path / 'good.yaml', {'model_path': model})
    bad = write_parameters(tmp_path / 'bad.yaml', {'model_path': model, 'trigger': 'x'})
    broken = tmp_path / 'broken.yaml'
    broken.write_text('/**:\n  ros__parameters: [1\n', encoding='utf-8')
    outcome = check(good, bad, broken, '--json')
    assert outcome.code == 1
    files = json.loads(outcome.out)['files']
    assert [file['is_good'] for file in files] == [True, False, False]
    assert files[1]['problems'] == [{
        'line': 4, 'parameter': 'trigger',
        'text': "trigger is 'x'; expected one of timer, message"}]
    assert [problem['line'] for problem in files[2]['problems']] == [3]
    assert files[0]['description'][0].startswith('model    TorchScript module Sum')
    assert check(good, good).code == 0


def test_a_file_that_cannot_be_read_is_no_answer(check: Any, tmp_path: Path) -> None:
    outcome = check(tmp_path / 'x.yaml')
    assert (outcome.code, outcome.out) == (2, '')
    assert outcome.err == (
        f'pytorch_model check: {tmp_path / "x.yaml"} cannot be read: No such file or directory\n')


def test_the_other_files_are_checked_if_one_cannot_be(
    check: Any, model: str, tmp_path: Path
) -> None:
    good = write_parameters(tmp_path / 'good.yaml', {'model_path': model})
    bad = write_parameters(tmp_path / 'bad.yaml', {'model_path': model, 'trigger': 'x'})
    none = tmp_path / 'none.yaml'
    two = tmp_path / 'two.yaml'
    two.write_text(
        'left: {ros__parameters: {a: 1}}\nright: {ros__parameters: {a: 1}}\n', encoding='utf-8')
    errors = [
        f'{two} has parameters of 2 nodes: /left, /right; say which one, such as --node /left',
        f'{none} cannot be read: No such file or directory']
    outcome = check(two, bad, none, good)
    assert outcome.code == 2
    assert outcome.err.splitlines() == [f'pytorch_model check: {error}' for error in errors]
    assert f'{bad}: 1 problem' in outcome.lines
    assert f'{good}: /pytorch_node configures' in outcome.lines
    outcome = check(two, bad, none, good, '--json')
    assert outcome.code == 2
    files = json.loads(outcome.out)['files']
    assert [file['path'] for file in files] == [str(path) for path in (two, bad, none, good)]
    assert [file.get('error') for file in files] == [errors[0], None, errors[1], None]


def test_sizes_that_only_a_message_tells_are_named(
    check: Any, model: str, tmp_path: Path
) -> None:
    path = write_parameters(tmp_path / 'x.yaml', {'model_path': model, 'inputs.b.shape': [-1, 3]})
    outcome = check(path)
    assert outcome.code == 0
    assert outcome.lines[-2:] == [
        f'{path}: note: nothing tells the shape of a: only the first messages tell whether the '
        'model takes its inputs; set inputs.a.shape to check it now',
        f'{path}: note: the sizes of -1 in the shape of b are known with the first message only, '
        "and so is whether the model takes its inputs; add -p 'inputs.b.shape:=[…]' with sizes to "
        'check it on those']
    outcome = check(path, '-p', 'inputs.a.shape:=[3]', '-p', 'inputs.b.shape:=[2, 3]')
    assert outcome.code == 0 and 'note' not in outcome.out


def test_outputs_that_are_not_finite_are_named(check: Any, tmp_path: Path) -> None:
    path = write_parameters(tmp_path / 'x.yaml', {
        'model_path': small_models.save(small_models.Reciprocal(), tmp_path),
        'trigger': 'timer', 'output_names': ['torque'], 'inputs.x.constant': [0.0]})
    outcome = check(path)
    assert outcome.code == 0
    assert outcome.lines[-1].startswith(
        f'{path}: note: NaN or infinity is in torque on the values that the model was tried on')
    assert 'note' not in check(path, '-p', 'inputs.x.constant:=[1.0]').out


def test_what_a_module_prints_is_no_result(check: Any, tmp_path: Path) -> None:
    path = write_parameters(tmp_path / 'x.yaml', {
        'model_path': small_models.save(Talker(), tmp_path), 'inputs.x.shape': [1]})
    outcome = check(path, '--json')
    assert json.loads(outcome.out)['files'][0]['is_good']
    assert 'x is' in outcome.err


@pytest.mark.parametrize('name', sorted(path.name for path in ROOT.glob('config/*.yaml')))
def test_the_files_of_the_package_are_good(name: str, check: Any) -> None:
    path = ROOT / 'config' / name
    models, = re.findall(
        r'package://dg_pytorch_ros/(models/\w+\.pt)', path.read_text(encoding='utf-8'))
    outcome = check(path, '-p', f'model_path:={ROOT / models}')
    assert outcome.code == 0
    assert 'warning' not in outcome.out and 'note' not in outcome.out
