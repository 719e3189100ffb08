# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What is written works as it is, and says all that there is to set."""

from pathlib import Path
import re
from typing import Any, List

from dg_pytorch_ros.config.node_config import NodeConfig
from dg_pytorch_ros.contract import Argument, Result, Signature
from dg_pytorch_ros.errors import ContractError
from dg_pytorch_ros.loading import load_model_of
from dg_pytorch_ros.parameter_writing.examples import EXAMPLES
from dg_pytorch_ros.parameter_writing.model_paths import path_to_write
from dg_pytorch_ros.parameter_writing.page import Page, yaml_text
from dg_pytorch_ros.parameter_writing.parameter_file_text import parameter_file_text
from dg_pytorch_ros.parameter_writing.wishes import Wishes
from dg_pytorch_ros.parameters.file_declarations import FileDeclarations
from dg_pytorch_ros.parameters.node_parameters import Parameters
from dg_pytorch_ros.parameters.node_specs import NODE_SPECS
from dg_pytorch_ros.parameters.parameter_file import read_parameter_file
from dg_pytorch_ros.parameters.topic_specs import input_specs, output_specs
from dg_pytorch_ros.probing.outcome import Result as Produced
from dg_pytorch_ros.probing.probed import Probed, ProbedArgument
from golden_files import FOLDER, golden_text, MODELS
import probed_modules as modules
from probing_desk import Desk, probe_module
import pytest
import scripted_modules
import small_models
import torch

ROOT = Path(__file__).parents[1]
NAMES = sorted(MODELS)
WISHES = Wishes(model_path='/models/m.pt', sha256='0' * 64, file_name='m.yaml')
LEFT_OUT = re.compile(r'^ *#([\w.]+): (.*?)(?:  # .*)?$', re.MULTILINE)


def values_of(path: Path, **others: Any) -> Any:
    return {**read_parameter_file(path).values, **others}


def configuration(values: Any) -> NodeConfig:
    """Read parameters as the node does, the model included."""
    parameters = Parameters(FileDeclarations(values))
    model = load_model_of(parameters.read_model())
    return parameters.read_node(model.signature)


def written(text: str, directory: Path) -> Path:
    path = directory / 'written.yaml'
    path.write_text(text, encoding='utf-8')
    return path


@pytest.mark.parametrize('name', NAMES)
def test_the_file_of_a_model_is_the_one_that_is_known(name: str, tmp_path: Path) -> None:
    golden = (FOLDER / f'{name}.yaml').read_text(encoding='utf-8')
    assert golden_text(name, tmp_path).splitlines() == golden.splitlines()


@pytest.mark.parametrize('name', NAMES)
def test_the_node_configures_with_the_file_as_it_is(
        name: str, run_node: Any, tmp_path: Path) -> None:
    values = values_of(
        FOLDER / f'{name}.yaml', model_path=MODELS[name](tmp_path))
    assert run_node(**values).started
    config = configuration(values)
    assert [input_config.name for input_config in config.inputs] == values['input_names']
    assert [output.name for output in config.outputs] == values['output_names']


@pytest.mark.parametrize('path', sorted(FOLDER.glob('*.yaml')), ids=lambda path: path.stem)
def test_no_line_is_long_and_none_ends_with_a_blank(path: Path) -> None:
    lines = path.read_text(encoding='utf-8').splitlines()
    assert max(map(len, lines)) < 99
    assert [line for line in lines if line != line.rstrip()] == []


def test_there_is_a_known_file_for_each_model_and_no_other() -> None:
    assert sorted(path.stem for path in FOLDER.glob('*')) == NAMES


@pytest.mark.parametrize('detail', ['usual', 'full'])
def test_each_parameter_that_the_node_knows_is_there_with_its_meaning(
        detail: Any, tmp_path: Path) -> None:
    probed = probe_module(modules.Joined(), tmp_path)
    text = parameter_file_text(probed, Wishes(
        model_path='m.pt', sha256='', file_name='m.yaml', detail=detail))
    times = 2 if detail == 'full' else 1
    flat = ' '.join(re.sub(r'^ *# ?', '', line) for line in text.splitlines())
    for specs, count in ((NODE_SPECS, 1), (input_specs('x', 'topic'), times),
                         (output_specs('output'), 1)):
        for name, spec in specs.items():
            assert re.search(rf'^ *#?{re.escape(name)}: ', text, re.MULTILINE), name
            assert flat.count(spec.description) >= count, name


def test_what_is_left_out_can_be_taken_in_line_by_line(tmp_path: Path) -> None:
    text = (FOLDER / 'named.yaml').read_text(encoding='utf-8')
    everything = re.sub(r'^( *)#(?=[\w.]+: )', r'\1', text, flags=re.MULTILINE)
    values = read_parameter_file(written(everything, tmp_path)).values
    specs = {
        **NODE_SPECS,
        **{f'inputs.measurement.{name}': spec
           for name, spec in input_specs('measurement', 'topic').items()},
        **{f'outputs.{output}.{name}': spec for output in ('mean', 'variance')
           for name, spec in output_specs(output).items()}}
    assert values.keys() == specs.keys()
    for name, value in values.items():
        specs[name].parse(name, value)
        short = name.rpartition('.')[2]
        if specs[name].default is not None and f'#{short}: ' in text:
            assert specs[name].read(value) == specs[name].read(specs[name].default) or (
                name == 'model_sha256')


def test_each_parameter_without_a_default_has_an_example_that_means_something() -> None:
    specs = {**NODE_SPECS, **input_specs('', 'topic'), **output_specs('')}
    without_default = {name for name, spec in specs.items() if spec.default is None}
    assert without_default == EXAMPLES.keys()
    for name in without_default:
        specs[name].parse(name, EXAMPLES[name])


def test_a_dtype_is_written_where_the_node_would_choose_another(tmp_path: Path) -> None:
    module = modules.Embeds()
    text = parameter_file_text(probe_module(module, tmp_path), WISHES)
    path = written(text, tmp_path)
    values = values_of(path, model_path=str(tmp_path / 'module.pt'))
    assert values['inputs.gait.dtype'] == 'int64'
    assert 'inputs.x.dtype' not in values
    assert configuration(values).inputs[0].dtype == 'int64'


def test_one_of_a_batch_is_fed_but_any_number_of_points(tmp_path: Path) -> None:
    for module, shape in ((modules.Cell(), [1, 9]), (modules.Points(), [-1, 4]),
                          (modules.ChannelsLast(), [1, -1, -1, 3]),
                          (modules.Joined(), [1, -1])):
        text = parameter_file_text(probe_module(module, tmp_path), WISHES)
        values = values_of(written(text, tmp_path))
        assert next(
            value for name, value in values.items() if name.endswith('.shape')) == shape


def test_what_is_joined_and_what_needs_a_layout_is_told(tmp_path: Path) -> None:
    text = parameter_file_text(probe_module(modules.Joined(), tmp_path), WISHES)
    flat = re.sub(r'\s+# ', ' ', text)
    assert 'Its last size and that of y are 48 together: give each its own.' in flat
    assert 'messages must tell their layout' not in flat
    text = parameter_file_text(probe_module(modules.ChannelsLast(), tmp_path), WISHES)
    assert 'With more than one -1, messages must tell their layout.' in re.sub(r'\s+# ', ' ', text)


def test_a_memory_that_comes_in_and_goes_out_is_pointed_out(tmp_path: Path) -> None:
    text = parameter_file_text(probe_module(modules.OpenMemory(), tmp_path), WISHES)
    assert re.findall('#feedback: (output_.)', text) == ['output_1', 'output_2']
    assert '#feedback: output' not in parameter_file_text(
        probe_module(small_models.Double(), tmp_path), WISHES)


@pytest.mark.parametrize('module, layout', [
    (modules.ChannelsLast(), 'hwc'), (modules.Picture(3, 66, 200), 'chw')],
    ids=lambda value: type(value).__name__)
def test_what_may_be_a_picture_is_pointed_out(
        module: Any, layout: str, tmp_path: Path) -> None:
    text = parameter_file_text(probe_module(module, tmp_path), WISHES)
    assert f'#type: sensor_msgs/msg/Image\n        #layout: {layout}\n' in text
    sizes = '[64, 64]' if layout == 'hwc' else '[66, 200]'
    assert f'#resize: {sizes}\n' in text


def test_an_input_without_a_known_shape_says_how_to_set_it(tmp_path: Path) -> None:
    probed = probe_module(scripted_modules.AlwaysFails(), tmp_path)
    text = parameter_file_text(probed, Wishes(
        model_path='m.pt', sha256='', file_name='m.yaml', detail='brief'))
    assert 'on x [1, 7] it says: this gait is not for stairs.' in text.replace('\n# ', ' ')
    assert '# No shape is known: the first message decides. If you know it, set shape.' in text
    assert '        #shape: [1, 48]  # example\n' in text


def test_an_objection_and_arguments_with_defaults_are_told(tmp_path: Path) -> None:
    text = parameter_file_text(probe_module(small_models.Picky(), tmp_path), WISHES)
    assert 'On negative values it says:' in text.replace('\n# ', ' ')
    text = parameter_file_text(probe_module(scripted_modules.TakesDefaults(), tmp_path), WISHES)
    assert 'Arguments that keep their default: gain, bias;' in text.replace('\n# ', ' ')


def test_a_module_without_arguments_has_no_inputs(tmp_path: Path) -> None:
    text = parameter_file_text(probe_module(modules.Nothing(), tmp_path), Wishes(
        model_path='m.pt', sha256='', file_name='m.yaml', trigger='timer', detail='brief'))
    values = values_of(
        written(text, tmp_path), model_path=str(tmp_path / 'module.pt'))
    assert configuration(values).inputs == ()


def probed_of(arguments: List[str], result: Result, *outputs: Produced) -> Probed:
    taken = tuple(Argument(name) for name in arguments)
    return Probed(
        Signature(taken, result),
        tuple(ProbedArgument(argument, 'float32', 'float32') for argument in taken),
        outputs, outputs, runs=bool(outputs))


def names_in(probed: Probed, directory: Path) -> Any:
    values = values_of(written(parameter_file_text(probed, WISHES), directory))
    return values['input_names'], values['output_names']


def test_names_that_no_parameter_can_have_are_changed_or_left_out(tmp_path: Path) -> None:
    probed = probed_of(
        ['x.1', 'x_1', '1'], Result('Dict[str, Tensor]', is_open=True),
        Produced('action', 'float32', (1,)), Produced('a b', 'float32', (1,)),
        Produced('count', 'int'))
    assert names_in(probed, tmp_path) == (['x_1', 'x_1_', '_1'], ['action'])
    assert 'Not published: a b, count' in parameter_file_text(probed, WISHES)


def test_words_that_yaml_takes_for_something_else_stay_names(tmp_path: Path) -> None:
    probed = probed_of(['y', 'no'], Result('Tensor'), Produced('output', 'float32', (1,)))
    assert names_in(probed, tmp_path)[0] == ['y', 'no']


def test_fields_of_a_named_tuple_that_are_no_tensors_are_left_out(tmp_path: Path) -> None:
    result = Result('Out', ('Tensor', 'int'), ('action', 'count'))
    probed = probed_of(
        ['x'], result, Produced('action', 'float32', (1,)), Produced('count', 'int'))
    assert names_in(probed, tmp_path)[1] == ['action']


def test_a_dict_that_was_not_run_must_be_filled_in() -> None:
    text = parameter_file_text(
        probed_of(['x'], Result('Dict[str, Tensor]', is_open=True)), WISHES)
    assert '# FILL IN: forward returns Dict[str, Tensor], and only a run would tell' in text


@pytest.mark.parametrize('result, outputs, complaint', [
    (Result('float', ('float',)), [Produced('output', 'float')], 'expected a Tensor'),
    (Result('Dict[str, int]', is_open=True), [Produced('a', 'int')], 'nothing of it is a Tensor')])
def test_a_module_that_nothing_can_be_published_of_is_refused(
        result: Result, outputs: Any, complaint: str) -> None:
    with pytest.raises(ContractError, match=complaint):
        parameter_file_text(probed_of(['x'], result, *outputs), WISHES)


def test_an_argument_that_no_message_feeds_is_refused() -> None:
    probed = Probed(
        Signature((Argument('x', 'List[Tensor]'),), Result('Tensor')),
        (ProbedArgument(Argument('x', 'List[Tensor]'), 'float32', 'float32'),))
    with pytest.raises(ContractError, match='forward takes List'):
        parameter_file_text(probed, WISHES)


@pytest.mark.parametrize('value, text', [
    (True, 'true'), (1e-06, '1e-06'), (3, '3'), ('no', "'no'"), ('Y', "'Y'"), ('', "''"),
    ('a b', "'a b'"), ("it's", "'it''s'"), ('package://a/b.pt', 'package://a/b.pt'),
    ('/a/b-c.pt', '/a/b-c.pt'), ('~/x', '~/x'), ('~', "'~'"), ('1', "'1'"), ('a: b', "'a: b'"),
    ([1.0, 2.0], '[1.0, 2.0]'), (('y', 'x'), "['y', x]"), ([], '[]')])
def test_a_value_is_written_so_that_it_is_read_as_the_same(
        value: Any, text: str, tmp_path: Path) -> None:
    assert yaml_text(value) == text
    page = Page()
    page.begin('/**', level=0)
    page.begin('ros__parameters', level=1)
    page.put('name', value, level=2)
    if value != []:
        read = values_of(written(page.text, tmp_path))['name']
        assert read == (list(value) if isinstance(value, tuple) else value)


def test_a_long_list_goes_over_several_lines(tmp_path: Path) -> None:
    names = [f'joint_number_{index}' for index in range(20)]
    page = Page()
    page.begin('/**', level=0)
    page.begin('ros__parameters', level=1)
    page.put('names', names, level=2)
    assert max(map(len, page.text.splitlines())) < 99
    assert values_of(written(page.text, tmp_path))['names'] == names


def test_what_a_package_shares_is_named_by_the_package(tmp_path: Path) -> None:
    share = tmp_path / 'install' / 'share' / 'my_robot'
    model = share / 'models' / 'policy.pt'

    def find(package: str) -> Any:
        return str(share) if package == 'my_robot' else None
    assert path_to_write(str(model), model, find_share=find) == (
        'package://my_robot/models/policy.pt')
    assert path_to_write('package://a/b.pt', model, find_share=find) == 'package://a/b.pt'
    elsewhere = tmp_path / 'share' / 'my_robot' / 'policy.pt'
    assert path_to_write(str(elsewhere), elsewhere, find_share=find) == str(elsewhere)


def test_the_page_about_it_shows_what_is_written() -> None:
    page = (ROOT / 'docs' / 'params.md').read_text(encoding='utf-8')
    probed = Desk(ROOT / 'models' / 'quadruped_policy.pt').probe()
    path = '/home/me/policy.pt'
    brief = parameter_file_text(probed, Wishes(
        model_path=path, sha256='0' * 64, file_name='policy.yaml', trigger='timer', rate_hz=50.0,
        detail='brief'))
    assert f'```yaml\n{brief}```' in page
    usual = parameter_file_text(probed, Wishes(
        model_path=path, sha256='0' * 64, file_name='policy.yaml'))
    assert f'there are {len(usual.splitlines())} lines' in page
    excerpt = page.split('```yaml\n')[2].partition('```')[0]
    assert excerpt in usual


def test_the_same_threads_are_there_after_probing(tmp_path: Path) -> None:
    before = torch.get_num_threads()
    probe_module(modules.Times(), tmp_path)
    assert torch.get_num_threads() == before
