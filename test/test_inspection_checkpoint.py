# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""A checkpoint tells its tensors, and what to do with it; nothing in it is run."""

import io
import json
import os
from pathlib import Path
import pickle
import struct
from typing import Any, Dict, List
import zipfile

from dg_pytorch_ros.inspection.facts import Facts
from dg_pytorch_ros.inspection.formats import read_facts
from dg_pytorch_ros.inspection.pickles import PickleError, read_pickles
from hypothesis import given, settings, strategies
import numpy as np
import pytest
import torch

HOW_TO_SCRIPT = "torch.jit.script(module.eval()).save('policy.pt')"


class ActorCritic(torch.nn.Module):

    def __init__(self) -> None:
        super().__init__()
        self.actor = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ELU())
        self.critic = torch.nn.Linear(4, 1)
        self.register_buffer('runs', torch.zeros(1, dtype=torch.int64))


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (self._path,)


def saved(content: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream, **options)
    return stream.getvalue()


def facts_of(content: bytes) -> Facts:
    facts = read_facts(Path('run/model_1500.pt'), content)
    assert facts is not None
    json.dumps([one.content for one in facts.sections])
    return facts


def section(facts: Facts, key: str) -> Any:
    (found,) = [section.content for section in facts.sections if section.key == key]
    return found


def types(facts: Facts) -> Dict[str, str]:
    return {row['name']: row['type'] for row in section(facts, 'weights')}


def expected_types(module: torch.nn.Module) -> Dict[str, str]:
    return {
        name: f'{str(tensor.dtype).removeprefix("torch.")}{list(tensor.shape)}'
        for name, tensor in module.state_dict().items()}


@pytest.mark.parametrize('is_zip', [True, False])
def test_state_dict_tells_its_tensors(is_zip: bool) -> None:
    module = ActorCritic()
    facts = facts_of(saved(module.state_dict(), _use_new_zipfile_serialization=is_zip))
    assert facts.kind == (
        'checkpoint of torch.save (state_dict)' if is_zip
        else 'checkpoint of torch.save, in the layout before torch 1.6 (state_dict)')
    assert not facts.is_model and facts.graph is None
    assert types(facts) == expected_types(module)
    assert section(facts, 'tensors')['weights'] == {
        'count': 5, 'elements': 21, 'bytes': 88, 'dtypes': {'float32': 20, 'int64': 1}}
    assert facts.warnings[0] == (
        'it holds weights, but not the module that uses them: build the module in Python, call '
        f"module.load_state_dict(torch.load('model_1500.pt')), then {HOW_TO_SCRIPT}")
    assert 'most likely actor: the module to script needs no critic' in facts.warnings[1]


def test_weights_are_found_among_what_a_trainer_saves() -> None:
    module = ActorCritic()
    optimizer = {  # as that of torch.optim.Adam
        'state': {
            index: {'step': torch.tensor(1.0), 'exp_avg': torch.zeros_like(parameter),
                    'exp_avg_sq': torch.zeros_like(parameter)}
            for index, parameter in enumerate(module.parameters())},
        'param_groups': [{'lr': 0.001, 'betas': (0.9, 0.999), 'params': [0, 1, 2, 3]}]}
    facts = facts_of(saved({
        'optimizer_state_dict': optimizer, 'model_state_dict': module.state_dict(),
        'obs_norm_state_dict': torch.nn.BatchNorm1d(4).state_dict(), 'iter': 1500,
        'infos': None, 'comment': 'x' * 100}))
    assert facts.kind == "checkpoint of torch.save (state_dict in 'model_state_dict')"
    assert types(facts) == expected_types(module)
    rows = {row['key']: row for row in section(facts, 'content')}
    assert rows['iter']['what'] == '1500' and rows['infos']['what'] == 'None'
    assert rows['comment']['what'] == repr('x' * 60) + '…'
    assert rows['optimizer_state_dict']['what'] == 'dict of 2'
    assert rows['optimizer_state_dict']['tensors'] == 12
    assert rows['model_state_dict'] == {
        'key': 'model_state_dict', 'what': 'state_dict', 'tensors': 5, 'bytes': 88}
    assert section(facts, 'tensors')['others']['count'] == 17
    warnings = ' '.join(facts.warnings)
    assert "load_state_dict(torch.load('model_1500.pt')['model_state_dict'])" in warnings
    assert 'obs_norm_state_dict stands beside them: if observations were normalised' in warnings


@pytest.mark.parametrize('content, key', [
    ({'epoch': 3, 'state_dict': {'w': torch.zeros(2)}, 'ema': {'w': torch.zeros(9)}},
     'state_dict'),
    ({'policy': {'w': torch.zeros(1)}, 'value': {'w': torch.zeros(9)}}, 'policy'),
    ({'small': {'w': torch.zeros(1)}, 'large': {'w': torch.zeros(2)},
      'optimizer': [torch.zeros(9)]}, 'large'),
    ({'model': None, 'other': [[{'w': torch.zeros(1)}]]}, 'other'),
    ({'epoch': 3, 'optimizer': {'w': torch.zeros(1)}}, None)])
def test_usual_keys_are_preferred_then_the_largest_that_is_no_optimizer(
    content: Any, key: Any
) -> None:
    facts = facts_of(saved(content))
    if key is None:
        assert 'no weights were found in it' in facts.warnings
    else:
        assert f'in {key!r})' in facts.kind


@pytest.mark.parametrize('is_zip', [True, False])
def test_whole_module_tells_its_class_and_its_tensors(is_zip: bool) -> None:
    module = ActorCritic()
    facts = facts_of(saved(module, _use_new_zipfile_serialization=is_zip))
    name = f'{ActorCritic.__module__}.ActorCritic'
    assert facts.kind.endswith(f'(object of {name})')
    assert types(facts) == expected_types(module)
    assert f'it is a Python object of {name}: where this class is installed, ' in facts.warnings[0]
    assert "torch.load('model_1500.pt', weights_only=False).eval()" in facts.warnings[0]
    assert 'torch.nn.modules.container.Sequential' in facts.warnings[1]
    assert 'torch.load refuses by default' in facts.warnings[1]


@pytest.mark.parametrize('dtype', [
    torch.float64, torch.float16, torch.bfloat16, torch.int8, torch.uint8, torch.int16,
    torch.int32, torch.bool, torch.complex64, torch.complex128, torch.float8_e4m3fn])
def test_tensors_of_any_dtype_are_told(dtype: torch.dtype) -> None:
    facts = facts_of(saved({'w': torch.zeros(2, 3).to(dtype)}))
    assert types(facts) == {'w': f'{str(dtype).removeprefix("torch.")}[2, 3]'}
    assert section(facts, 'weights')[0]['bytes'] == 6 * dtype.itemsize


def test_single_tensor_is_told() -> None:
    facts = facts_of(saved(torch.zeros(2)))
    assert facts.kind == 'checkpoint of torch.save (float32[2])'
    assert facts.warnings == ('it is a single tensor',)


def test_arrays_of_numpy_are_named() -> None:
    facts = facts_of(saved({'mean': np.zeros(3), 'model': {'w': torch.zeros(1)}}))
    assert any('numpy.ndarray' in warning for warning in facts.warnings)
    assert "weights_only=False)['model']" in facts.warnings[0]


def test_nothing_in_a_checkpoint_is_run(tmp_path: Path) -> None:
    path = tmp_path / 'folder'
    content = pickle.dumps({'model': [1], 'trap': Trap(str(path))})
    facts = facts_of(content)
    assert section(facts, 'content')[1]['what'].endswith('.mkdir')
    assert any('.mkdir, which torch.load refuses' in warning for warning in facts.warnings)
    assert not path.exists()
    pickle.loads(content)
    assert path.is_dir()


def test_plain_pickle_is_told() -> None:
    facts = facts_of(pickle.dumps({'gains': [1, 2]}))
    assert facts.kind == 'pickle (dict of 1)'
    assert section(facts, 'content')[0]['what'] == 'list of 2'


@pytest.mark.parametrize('protocol', range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize('content', [
    [1, -5, 2**40, -2**70, 1.5, True, None, 'text ä', b'bytes', (), (1,), (1, 2), (1, 2, 3)],
    {'a': [1, [2, {'b': (3, 4, 5, 6)}]], 7: {}, ('x', 1): 'flat'},
    ['x' * 300, b'y' * 300, list(range(3000))],
    (lambda shared: [shared, 'text', shared, {'key': shared}, 'text'])([1, 'one'])])
def test_plain_values_are_what_they_were_in_every_protocol(protocol: int, content: Any) -> None:
    data = pickle.dumps(content, protocol)
    if protocol < 3 and b'_codecs' in data:
        data = pickle.dumps(without_bytes := [
            one for one in content if not isinstance(one, bytes)], protocol)
        content = without_bytes
    assert read_pickles(data).content == content


def test_numbers_that_are_missing_are_told() -> None:
    content = saved({'w': torch.zeros(100)})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        pickled = archive.read('archive/data.pkl')
    facts = facts_of(checkpoint_with(pickled))
    assert facts.warnings == ('it holds 0 bytes at data/0, where 400 belong',)


def test_what_is_shared_is_found_once() -> None:
    tensor = torch.zeros(2)
    inner = {'w': tensor}
    facts = facts_of(saved({'a': inner, 'b': inner, 'c': [inner]}))
    assert [row['tensors'] for row in section(facts, 'content')] == [1, 0, 0]


def test_stable_baselines_is_recognised() -> None:
    policy = {'mlp_extractor.policy_net.0.weight': torch.zeros(3, 4),
              'mlp_extractor.value_net.0.weight': torch.zeros(3, 4)}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, 'w') as archive:
        archive.writestr('data', '{}')
        archive.writestr('policy.pth', saved(policy))
        archive.writestr('_stable_baselines3_version', '2.3.2\n')
    facts = facts_of(stream.getvalue())
    assert facts.kind == 'model of stable-baselines3 2.3.2, weights in policy.pth'
    assert list(types(facts)) == list(policy)
    assert 'PPO.load' in facts.warnings[0] and HOW_TO_SCRIPT in facts.warnings[0]
    assert 'critic' in facts.warnings[1]


def safetensors(head: Any, data: bytes = b'') -> bytes:
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack('<Q', len(text)) + text + data


def test_safetensors_tell_their_tensors() -> None:
    facts = facts_of(safetensors({
        '__metadata__': {'format': 'pt'},
        'w': {'dtype': 'F32', 'shape': [2, 3], 'data_offsets': [0, 24]},
        'b': {'dtype': 'BF16', 'shape': [3], 'data_offsets': [24, 30]}}, bytes(30)))
    assert facts.kind == 'safetensors' and not facts.is_model
    assert types(facts) == {'w': 'float32[2, 3]', 'b': 'bfloat16[3]'}
    assert section(facts, 'metadata') == {'format': 'pt'}
    assert "safetensors.torch.load_file('model_1500.pt')" in facts.warnings[0]


@pytest.mark.parametrize('content, complaint', [
    (safetensors({'w': {'dtype': 'F32', 'shape': [9], 'data_offsets': [0, 36]}}, bytes(30)),
     'whose last 6 bytes are missing'),
    (safetensors(b'{"w": 5}'), 'its head is broken'), (safetensors(b'{nonsense'), 'broken'),
    (safetensors(b'{"a":' * 100_000), 'broken'),
    (safetensors({'w': {'dtype': 'F32', 'shape': 'x', 'data_offsets': [0, 0]}}), 'broken'),
    (safetensors({'w': {'dtype': 'F32', 'shape': [-1], 'data_offsets': [0, 0]}}), 'broken')])
def test_broken_safetensors_are_told(content: bytes, complaint: str) -> None:
    facts = facts_of(content)
    assert facts.kind == 'safetensors, broken' and complaint in facts.warnings[0]


def checkpoint_with(pickled: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, 'w') as archive:
        archive.writestr('m/data.pkl', pickled)
        archive.writestr('m/version', '3')
    return stream.getvalue()


TENSOR = (
    b'ctorch._utils\n_rebuild_tensor_v2\n((Vstorage\nctorch\nFloatStorage\nV0\nVcpu\nK\x01tQK\x00'
    b'(%stNtR.')


@pytest.mark.parametrize('pickled, complaint', [
    (b'', 'pickle exhausted before seeing STOP'), (b'.', 'the stack is too short'),
    (b'(.', 'the stack is too short'), (b'e.', 'IndexError'), (b'K\x01)R.', "no attribute 'name'"),
    (b'h\x05.', 'KeyError: 5'), (b'X\xff\xff\xff\x7fabc.', 'expected 2147483647 bytes'),
    (b'\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.', 'expected'),
    (b'\x96\xff\xff\xff\xff\xff\xff\xff\x7f.', 'expected'),
    (b'\x8b\xff\xff\x00\x00' + b'\x7f' * 0xffff + b'.', 'a number of hundreds of digits'),
    (b'I' + b'9' * 5000 + b'\n.', 'Exceeds the limit'),
    (b'c' + b'x' * 400 + b'\ny\n.', 'a name of 402 characters'),
    (b'}((((ttttK\x01s.', 'a key of tuples within a tuple'),
    (b'}](K\x01K\x02u.', 'unhashable|AttributeError'),
    (b'\x97.', 'NEXT_BUFFER is not known'), (b'\x82\x01)R.', "no attribute 'name'"),
    (TENSOR % b'J\xff\xff\xff\xff', 'a tensor of an impossible shape'),
    (TENSOR % (b'K\x01' * 70), 'a tensor of an impossible shape')])
def test_broken_pickle_is_told(pickled: bytes, complaint: str) -> None:
    facts = facts_of(checkpoint_with(pickled))
    assert facts.kind == 'checkpoint of torch.save, broken'
    assert 'is a checkpoint whose pickle is broken' in facts.warnings[0]
    with pytest.raises(PickleError, match=complaint):
        read_pickles(pickled)


def test_tensor_of_a_sound_shape_is_read() -> None:
    assert str(read_pickles(TENSOR % b'K\x02K\x03').content) == 'float32[2, 3]'


@pytest.mark.parametrize('pickled', [
    b']' * 50_000 + b'a' * 49_999 + b'.', b'(' * 50_000 + b't' * 50_000 + b'.',
    b'}' + b'K\x01}' * 50_000 + b's' * 50_000 + b'.'], ids=['lists', 'tuples', 'dicts'])
def test_very_deep_checkpoint_ends_nobody(pickled: bytes) -> None:
    facts = facts_of(checkpoint_with(pickled))
    assert 'nested too deeply' in facts.warnings[0]


def test_lists_that_hold_each_other_many_times_take_no_time() -> None:
    """Each of 40 lists holds the one before twenty times: 20**40 elements in all."""
    pickled = b']q\x00' + b''.join(
        b'](' + b'h' + bytes([index]) + (b'h' + bytes([index])) * 19 + b'eq' + bytes([index + 1])
        for index in range(40)) + b'.'
    facts = facts_of(checkpoint_with(pickled))
    assert facts.kind == 'checkpoint of torch.save (list of 20)'


def test_memo_of_any_number_takes_no_room() -> None:
    assert read_pickles(b'K\x05r\xff\xff\xff\xff0j\xff\xff\xff\xff.').content == 5


@settings(max_examples=200, deadline=None)
@given(strategies.lists(strategies.tuples(
    strategies.integers(0, 2000), strategies.integers(0, 255)), min_size=1, max_size=5))
def test_whatever_is_changed_in_a_pickle_it_is_read_or_refused(changes: List[Any]) -> None:
    pickled = bytearray(BASE)
    for position, value in changes:
        pickled[position % len(pickled)] = value
    facts = facts_of(checkpoint_with(bytes(pickled)))
    assert facts.warnings


with zipfile.ZipFile(io.BytesIO(saved({
        'model': ActorCritic(), 'optimizer': [{'lr': 0.1, 'betas': (0.9, 0.99)}]}))) as _archive:
    BASE = _archive.read(
        next(name for name in _archive.namelist() if name.endswith('data.pkl')))
