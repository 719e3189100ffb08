# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What a bag must hold, what is said of it, and when the answer is no."""

from pathlib import Path
from typing import Any, Callable, List, Optional

from builtin_interfaces.msg import Time
import pytest
from recordings import BEGIN, MS, read_raw, S, write_bag, write_raw
from replaying import account, complaint, outputs, parameter_file, replay
from rosgraph_msgs.msg import Clock
import small_models
from std_msgs.msg import Bool, Float64, Float64MultiArray
import torch
import yaml

MULTI = 'std_msgs/msg/Float64MultiArray'


def floats(*values: float) -> Any:
    return Float64MultiArray(data=[float(value) for value in values])


@pytest.fixture(scope='module')
def adding(tmp_path_factory: pytest.TempPathFactory) -> str:
    return small_models.save(small_models.Sum(), tmp_path_factory.mktemp('model'))


@pytest.fixture
def node(adding: str, tmp_path: Path) -> Callable[..., str]:
    """Return what writes the parameters of a node that adds a and b."""
    def write(inputs: Any = None, **others: Any) -> str:
        each = {'a': {'shape': [1]}, 'b': {'shape': [1]}, **(inputs or {})}
        return parameter_file(
            tmp_path, model_path=adding, output_names=['sum'], inputs=each, **others)
    return write


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """Return a bag of a and b, each 0, 1, 2, 3, 4, every second."""
    return write_bag(tmp_path / 'bag', [
        (topic, index * S, floats(index)) for index in range(5) for topic in ('/a', '/b')])


def sums(path: Path, topic: str = '/sum') -> List[float]:
    return [message.data[0] for _, message in outputs(path, Float64MultiArray, topic)]


def test_the_summary_says_what_was_read_and_what_came_of_it(
    node: Callable[..., str], bag: Path, capsys: Any
) -> None:
    capsys.readouterr()
    assert replay(node(), bag) == 0
    printed = capsys.readouterr()
    assert printed.err == ''
    heading, *lines = printed.out.splitlines()
    assert heading.startswith(f'{bag} (sqlite3): 4.000 s in ')
    assert heading.endswith(' times real time')
    assert lines == [
        '',
        'topic  type                            read  in the bag',
        f'/a     {MULTI}     5           5',
        f'/b     {MULTI}     5           5',
        '',
        '5 evaluations',
        'output  topic  published',
        'sum     /sum           5',
        '',
        'refused: none',
        'messages dropped: none']


def test_json_is_all_that_is_printed(node: Callable[..., str], bag: Path, capsys: Any) -> None:
    printed = account(capsys, node(), bag, '--start', '1', '--end', '3')
    assert printed.pop('wall_s') > 0
    assert printed.pop('speed') > 0
    assert printed == {
        'bag': str(bag), 'storage': 'sqlite3', 'begin_ns': BEGIN + S, 'end_ns': BEGIN + 3 * S,
        'topics': {
            name: {'types': [MULTI], 'read': 2, 'in_bag': 5} for name in ('/a', '/b')},
        'evaluations': 2, 'acted': True, 'missed_ticks': 0,
        'outputs': {'sum': {'topic': '/sum', 'published': 2}}, 'refused': {}, 'dropped': [],
        'inputs_without_value': [], 'deactivated': None, 'written': [], 'comparison': None,
        'good': True}


@pytest.mark.parametrize('limits, expected', [
    ([], [0, 2, 4, 6, 8]), (['--start', '1'], [2, 4, 6, 8]), (['--end', '2'], [0, 2]),
    (['--start', '0.5', '--end', '3.5'], [2, 4, 6]), (['--end', '99'], [0, 2, 4, 6, 8])])
def test_only_the_chosen_stretch_is_replayed(
    limits: List[str], expected: List[float], node: Callable[..., str], bag: Path, tmp_path: Path
) -> None:
    assert replay(node(), bag, '--output', tmp_path / 'out', *limits) == 0
    assert sums(tmp_path / 'out') == expected


def test_a_timer_does_not_tick_at_the_end_any_more(
    node: Callable[..., str], bag: Path, capsys: Any
) -> None:
    parameters = node(trigger='timer', rate_hz=2.0)
    assert account(capsys, parameters, bag)['evaluations'] == 8
    assert account(capsys, parameters, bag, '--end', '2')['evaluations'] == 3


@pytest.mark.parametrize('limits, text', [
    (['--start', '4.1'], 'nothing from 4.1 s to the end in the bag'),
    (['--start', '-1'], 'nothing from -1 s'),
    (['--start', '2', '--end', '2'], 'nothing from 2 s to 2 s'),
    (['--start', 'nan'], 'nothing from nan s'), (['--end', 'nan'], 'to nan s')])
def test_a_stretch_without_time_is_an_error(
    limits: List[str], text: str, node: Callable[..., str], bag: Path, capsys: Any
) -> None:
    found = complaint(capsys, node(), bag, *limits)
    assert text in found
    assert found.endswith(f'in the bag {bag}, which is 4.000 s long')


def test_what_is_latched_is_heard_by_who_starts_later(
    node: Callable[..., str], tmp_path: Path
) -> None:
    bag = write_bag(tmp_path / 'bag', [
        ('/b', 0, floats(100)), ('/b', 1 * S, floats(200)),
        *(('/a', index * S, floats(index)) for index in range(5))])
    latched = {'durability': 'transient_local', 'reliability': 'reliable'}
    parameters = node({'b': {'shape': [1], 'qos': latched}}, trigger_inputs=['a'])
    assert replay(parameters, bag, '--start', '2.5', '--output', tmp_path / 'out') == 0
    assert sums(tmp_path / 'out') == [203, 204]
    assert replay(node(trigger_inputs=['a']), bag, '--start', '2.5') == 1


def test_missing_topics_are_listed_with_what_there_is(
    node: Callable[..., str], tmp_path: Path, capsys: Any
) -> None:
    bag = write_bag(tmp_path / 'bag', [
        ('/a', 0, floats(1)), ('/robot/b', 1, floats(1)), ('/robot/bb2', 1, Float64(data=1.0))])
    text = complaint(capsys, node({'b': {'topic': 'robot/bb'}}), bag)
    lines = text.splitlines()
    assert lines[0] == 'not in the bag:'
    assert lines[1] == (
        "  input 'b': /robot/bb; did you mean /robot/b? Then add -r /robot/bb:=/robot/b")
    assert '--allow-missing' in lines[2]
    assert lines[3:] == [
        'the bag has:', f'  /a          {MULTI}  1', f'  /robot/b    {MULTI}  1',
        '  /robot/bb2  std_msgs/msg/Float64            1']


def test_another_namespace_is_guessed(
    node: Callable[..., str], tmp_path: Path, capsys: Any
) -> None:
    bag = write_bag(tmp_path / 'bag', [
        ('/left/a', 0, floats(1)), ('/left/b', 0, floats(1)), ('/ab', 0, floats(1))])
    text = complaint(capsys, node(), bag)
    assert "  input 'a': /a; did you mean /left/a? Then add -r /a:=/left/a\n" in text
    assert "  input 'b': /b; did you mean /left/b? Then add -r /b:=/left/b\n" in text


@pytest.mark.parametrize('options, advice', [
    (['-r', 'b:=bb'], '-r b:=/b instead of -r b:=bb'),
    (['-r', '/b:=bb', '-r', 'b:=c'], '-r /b:=/b instead of -r /b:=bb'),
    (['-r', 'c:=bb', '-p', 'inputs.b.topic:=bb'], None)])
def test_who_has_renamed_a_topic_is_told_to_rename_it_otherwise(
    options: List[str], advice: Optional[str], node: Callable[..., str], tmp_path: Path,
    capsys: Any
) -> None:
    bag = write_bag(tmp_path / 'bag', [('/a', 0, floats(1)), ('/b', 0, floats(1))])
    then = 'add -r /bb:=/b' if advice is None else f'give {advice}'
    assert complaint(capsys, node(), bag, *options).splitlines()[1] == (
        f"  input 'b': /bb; did you mean /b? Then {then}")


def test_a_clock_that_was_renamed_is_renamed_otherwise(
    node: Callable[..., str], tmp_path: Path, capsys: Any
) -> None:
    bag = write_bag(tmp_path / 'bag', [
        ('/a', 0, floats(1)), ('/b', 0, floats(1)), ('/clock', 0, Clock())])
    assert '? Then give -r clock:=/clock instead of -r clock:=time\n' in complaint(
        capsys, node(use_sim_time=True), bag, '-r', 'clock:=time')


def test_a_topic_of_another_type_is_an_error(
    node: Callable[..., str], tmp_path: Path, capsys: Any
) -> None:
    bag = write_bag(tmp_path / 'bag', [('/a', 0, floats(1)), ('/b', 0, Float64(data=1.0))])
    for options in ([], ['--allow-missing']):
        assert complaint(capsys, node(), bag, *options).splitlines()[:3] == [
            'of another type in the bag:',
            f"  input 'b': /b is {MULTI}, in the bag std_msgs/msg/Float64", 'the bag has:']


def test_who_allows_it_replays_without_a_topic(
    node: Callable[..., str], tmp_path: Path, capsys: Any
) -> None:
    bag = write_bag(tmp_path / 'bag', [('/a', 0, floats(1)), ('/a', S, floats(2))])
    parameters = node({'b': {'initial': [10.0]}}, trigger_inputs=['a'])
    assert complaint(capsys, parameters, bag).startswith('not in the bag:')
    assert replay(parameters, bag, '--allow-missing', '--output', tmp_path / 'out') == 0
    assert capsys.readouterr().err == "input 'b': /b is not in the bag\n"
    assert sums(tmp_path / 'out') == [11, 12]


@pytest.mark.parametrize('options, names', [
    (['-r', 'a:=/x', '-r', '/b:=y', '-r', 'sum:=z'], ['/x', '/y', '/z']),
    (['--namespace', 'left'], ['/left/a', '/left/b', '/left/sum']),
    (['--namespace', '/left', '-r', 'b:=/b', '--remap', 'sum:=deep/sum'],
     ['/left/a', '/b', '/left/deep/sum'])])
def test_topics_are_renamed_as_on_the_command_line_of_ros(
    options: List[str], names: List[str], node: Callable[..., str], tmp_path: Path
) -> None:
    bag = write_bag(tmp_path / 'bag', [(names[0], 0, floats(1)), (names[1], 1, floats(2))])
    assert replay(node(), bag, '--output', tmp_path / 'out', *options) == 0
    assert sums(tmp_path / 'out', names[2]) == [3]


def test_the_name_of_the_node_is_that_of_the_file_unless_given(
    node: Callable[..., str], tmp_path: Path
) -> None:
    private = {'a': {'topic': '~/a'}}
    path = Path(node(private))
    path.write_text(path.read_text().replace('/**', 'policy'))
    bag = write_bag(tmp_path / 'bag', [('/policy/a', 0, floats(1)), ('/b', 1, floats(2))])
    assert replay(path, bag) == 0
    other = write_bag(tmp_path / 'other', [('/left/p/a', 0, floats(1)), ('/left/b', 1, floats(2))])
    assert replay(node(private), other, '--node', 'p', '--namespace', 'left') == 0
    path.write_text(path.read_text().replace('/**', '/left/p'))
    assert replay(path, other, '--namespace', 'left') == 0


def test_parameters_can_be_set_on_the_command_line(
    node: Callable[..., str], tmp_path: Path
) -> None:
    bag = write_bag(tmp_path / 'bag', [('/a', 0, floats(1)), ('/a', 1, floats(2))])
    assert replay(
        node(), bag, '-p', 'inputs.b.constant:=[5.0]', '--output', tmp_path / 'out') == 0
    assert sums(tmp_path / 'out') == [6, 7]


def test_simulated_time_comes_from_the_bag(
    node: Callable[..., str], tmp_path: Path, capsys: Any
) -> None:
    sent = [('/a', 0, floats(1)), ('/b', 0, floats(1))]
    parameters = node(trigger='timer', rate_hz=10.0, use_sim_time=True)
    text = complaint(capsys, parameters, write_bag(tmp_path / 'without', sent))
    assert '  the clock of use_sim_time: /clock' in text
    bag = write_bag(tmp_path / 'bag', sent + [
        ('/clock', index * MS, Clock(clock=Time(sec=50, nanosec=50 * MS * index)))
        for index in range(21)])
    printed = account(capsys, parameters, bag)
    assert printed['topics']['/clock']['read'] == 21
    assert printed['evaluations'] == 10
    simulator = write_raw(tmp_path / 'simulator', [
        each._replace(topic='/sim/clock') if each.topic == '/clock' else each
        for each in read_raw(bag)])
    assert 'Then add -r /clock:=/sim/clock' in complaint(capsys, parameters, simulator)
    assert account(
        capsys, parameters, simulator, '-r', '/clock:=/sim/clock')['evaluations'] == 10


def test_what_was_refused_and_dropped_is_counted_with_its_cause(
    node: Callable[..., str], tmp_path: Path, capsys: Any
) -> None:
    bag = write_bag(tmp_path / 'bag', [
        ('/a', 0, floats(1)), ('/b', 0, floats(1)), ('/b', 1, floats(1, 2)),
        ('/a', 2, floats(float('nan'))), ('/b', 2, floats(1)),
        ('/a', 3, floats(3)), ('/b', 3, floats(1))])
    printed = account(capsys, node(), bag)
    assert printed['dropped'] == [{'input': 'b', 'cause': 'size', 'count': 1}]
    assert printed['refused'] == {'not finite: input a': 1}
    assert printed['evaluations'] == printed['outputs']['sum']['published'] == 2
    assert replay(node(), bag) == 0
    printed_text = capsys.readouterr()
    assert 'refused: not finite: input a 1\nmessages dropped: b 1 (size)' in printed_text.out
    assert '0.000 s, warning: ' in printed_text.err
    assert 'info' not in printed_text.err


def test_without_permission_there_is_nothing_but_fallbacks(
    node: Callable[..., str], tmp_path: Path
) -> None:
    bag = write_bag(tmp_path / 'bag', [
        ('/a', 0, floats(1)), ('/b', 0, floats(1)), ('/enable', 2 * MS, Bool(data=True)),
        ('/a', 4 * MS, floats(2)), ('/b', 4 * MS, floats(2)),
        ('/enable', 6 * MS, Bool(data=False))])
    parameters = node(
        enable_topic='/enable', outputs={'sum': {'fallback': [-1.0]}})
    assert replay(parameters, bag, '--output', tmp_path / 'out') == 0
    assert sums(tmp_path / 'out').count(4.0) == 1
    assert set(sums(tmp_path / 'out')) == {-1.0, 4.0}


def test_a_node_that_deactivates_itself_is_no_good(
    node: Callable[..., str], bag: Path, tmp_path: Path, capsys: Any
) -> None:
    parameters = node(
        {'a': {'shape': [1], 'max_age_ms': 1500.0}}, trigger='timer', rate_hz=2.0,
        on_stale='deactivate')
    gap = write_bag(tmp_path / 'gap', [
        *((topic, index * S, floats(index)) for index in range(3) for topic in ('/a', '/b')),
        ('/b', 9 * S, floats(1))])
    printed = account(capsys, parameters, gap, code=1)
    assert printed['deactivated']['time_s'] == pytest.approx(4.0)
    assert printed['deactivated']['reason'].startswith("input 'a' is ")
    assert not printed['good']
    assert replay(parameters, gap) == 1
    text = capsys.readouterr().out
    assert text.startswith(f'{gap} (sqlite3): 4.000 s in ')
    assert "deactivated itself at 4.000 s: input 'a' is " in text


@pytest.mark.parametrize('reaction, published', [
    ('skip', 0), ('hold', 0), ('fallback', 2)])
def test_a_node_whose_every_output_is_refused_is_no_good(
    reaction: str, published: int, node: Callable[..., str], tmp_path: Path, capsys: Any
) -> None:
    bag = write_bag(tmp_path / 'bag', [
        (topic, index * MS, floats(1e308)) for index in range(2) for topic in ('/a', '/b')])
    double = {'shape': [1], 'dtype': 'float64'}
    parameters = node(
        {'a': double, 'b': double}, on_nonfinite=reaction,
        outputs={'sum': {'fallback': [0.0]}})
    printed = account(capsys, parameters, bag, code=1)
    assert (printed['evaluations'], printed['acted'], printed['good']) == (2, False, False)
    assert printed['outputs']['sum']['published'] == published
    assert replay(parameters, bag) == 1
    assert 'every output of the model was refused: none was ever published' in (
        capsys.readouterr().out)


class Stubborn(torch.nn.Module):
    """Takes no values but zeros of seven elements."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + torch.zeros(7)


@pytest.mark.parametrize('reaction', ['skip', 'deactivate'])
def test_an_input_whose_values_fail_was_not_without_a_value(
    reaction: str, tmp_path: Path, capsys: Any
) -> None:
    parameters = parameter_file(
        tmp_path, model_path=small_models.save(Stubborn(), tmp_path), output_names=['y'],
        on_error=reaction)
    bag = write_bag(tmp_path / 'bag', [
        ('/x', index * MS, floats(1, 2)) for index in range(3)])
    printed = account(capsys, parameters, bag, code=1)
    assert (printed['deactivated'] is not None) == (reaction == 'deactivate')
    assert printed['inputs_without_value'] == []


def test_a_bag_that_lacks_a_value_to_the_end_is_no_good(
    node: Callable[..., str], tmp_path: Path, capsys: Any
) -> None:
    bag = write_bag(tmp_path / 'bag', [('/a', 0, floats(1)), ('/b', 1, floats(1, 2))])
    printed = account(capsys, node(), bag, code=1)
    assert (printed['evaluations'], printed['inputs_without_value']) == (0, ['b'])
    assert replay(node(), bag) == 1
    assert 'without a value to the end: b\n' in capsys.readouterr().out


def test_a_truncated_bag_ends_without_a_traceback(
    node: Callable[..., str], bag: Path, capsys: Any
) -> None:
    file = bag / 'bag.db3'
    file.write_bytes(file.read_bytes()[:9000])
    text = complaint(capsys, node(), bag)
    assert text.startswith(f'the bag {bag} cannot be read: ')
    assert 'Traceback' not in text


@pytest.mark.parametrize('arguments, text', [
    (['-r', 'a=b'], "'a=b' renames nothing; expected FROM:=TO"),
    (['-r', '__ns:=/left'], "'__ns:=/left' is no topic; use --node or --namespace"),
    (['--tolerance', '-1'], "'-1' is no amount; expected a finite number from 0"),
    (['--tolerance', 'nan'], "'nan' is no amount"),
    (['--storage', 'rosbag'], 'invalid choice')])
def test_options_that_make_no_sense_are_refused(
    arguments: List[str], text: str, capsys: Any
) -> None:
    with pytest.raises(SystemExit) as ended:
        replay('x.yaml', 'bag', *arguments)
    assert ended.value.code == 2
    assert text in capsys.readouterr().err


def test_names_that_ros_would_not_take_are_an_error(
    node: Callable[..., str], bag: Path, capsys: Any
) -> None:
    for options in (['-r', 'a:=b c'], ['--namespace', 'a b'], ['--node', 'a-b']):
        assert 'name' in complaint(capsys, node(), bag, *options)


def test_storage_without_output_is_an_error(
    node: Callable[..., str], bag: Path, capsys: Any
) -> None:
    assert complaint(capsys, node(), bag, '--storage', 'mcap') == (
        '--storage belongs to --output; add that, or leave it out')


def test_what_the_node_would_not_configure_is_an_error(
    node: Callable[..., str], bag: Path, capsys: Any
) -> None:
    assert "trigger is 'often'" in complaint(capsys, node(trigger='often'), bag)
    assert complaint(capsys, node(use_sim_time='false'), bag) == (
        "use_sim_time is 'false'; expected true or false")
    assert 'no_such.pt' in complaint(capsys, node(), bag, '-p', 'model_path:=/no_such.pt')


def test_an_input_on_an_output_topic_hears_the_bag_alone(
    node: Callable[..., str], tmp_path: Path, capsys: Any
) -> None:
    parameters = node({'b': {'topic': 'sum'}}, trigger_inputs=['a'])
    bag = write_bag(tmp_path / 'bag', [('/a', index * MS, floats(1)) for index in range(3)])
    assert "  input 'b' (the node's own output, as it was recorded): /sum" in complaint(
        capsys, parameters, bag)
    other = write_bag(tmp_path / 'other', [
        ('/sum', 0, floats(10)), *(('/a', (1 + index) * MS, floats(1)) for index in range(3))])
    assert replay(parameters, other, '--output', tmp_path / 'out') == 0
    assert sums(tmp_path / 'out') == [11, 11, 11]


def test_another_definition_of_a_type_is_warned_of(
    node: Callable[..., str], tmp_path: Path, capsys: Any
) -> None:
    bag = write_bag(
        tmp_path / 'bag', [('/a', 0, floats(1)), ('/b', 1, floats(1))], storage='mcap')
    assert replay(node(), bag) == 0
    assert capsys.readouterr().err == ''
    path = bag / 'metadata.yaml'
    content = yaml.safe_load(path.read_text())
    (a, _) = content['rosbag2_bagfile_information']['topics_with_message_count']
    a['topic_metadata']['type_description_hash'] = f'RIHS01_{64 * "1"}'
    path.write_text(yaml.safe_dump(content))
    assert replay(node(), bag) == 0
    assert capsys.readouterr().err == (
        f"input 'a': /a was recorded with another definition of {MULTI} than the one that is "
        'installed here; it may be misread\n')


def test_messages_that_are_not_found_are_missed(
    node: Callable[..., str], bag: Path, capsys: Any
) -> None:
    path = bag / 'metadata.yaml'
    content = yaml.safe_load(path.read_text())
    (a, _) = content['rosbag2_bagfile_information']['topics_with_message_count']
    a['message_count'] = 8
    path.write_text(yaml.safe_dump(content))
    assert replay(node(), bag) == 0
    assert capsys.readouterr().err == (
        '/a: of 8 messages that the bag says it has, 5 were found; it may be damaged\n')
    assert replay(node(), bag, '--end', '3') == 0
    assert capsys.readouterr().err == ''


class Noise(torch.nn.Module):
    """Draws a random number."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + torch.rand(1)


def test_random_numbers_are_the_same_each_time(bag: Path, tmp_path: Path) -> None:
    parameters = parameter_file(
        tmp_path, model_path=small_models.save(Noise(), tmp_path), output_names=['sum'],
        inputs={'x': {'topic': 'a', 'shape': [1]}})
    drawn = []
    for name, seed in (('one', 0), ('two', 0), ('three', 1)):
        assert replay(parameters, bag, '--output', tmp_path / name, '--seed', seed) == 0
        drawn.append(sums(tmp_path / name))
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]


def test_slips_in_the_file_are_told(node: Callable[..., str], bag: Path, capsys: Any) -> None:
    assert replay(node(rate_hzz=5.0), bag) == 0
    assert 'rate_hzz' in capsys.readouterr().err


def test_the_recording_itself_is_never_changed(
    node: Callable[..., str], bag: Path, tmp_path: Path
) -> None:
    before = {path.name: path.read_bytes() for path in bag.iterdir()}
    assert replay(node(), bag, '--output', tmp_path / 'out') == 0
    assert {path.name: path.read_bytes() for path in bag.iterdir()} == before
    assert len(read_raw(bag)) == 10
