# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Checkpoints: weights without the module that uses them; read without running anything."""

import re
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

from dg_pytorch_ros.archive import Archive
from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.inspection.facts import Facts, Row, Section
from dg_pytorch_ros.inspection.pickles import Pickled, PickleError, read_pickles
from dg_pytorch_ros.inspection.stored import check_numbers, StoredObject, StoredTensor
from dg_pytorch_ros.inspection.totals import totals_section

# Before the object itself: a magic number, the version, and what the machine was like.
_LEGACY_PICKLES = 4
# What torch.load takes from anybody, as far as it is usual.
_HARMLESS = re.compile(
    r'(torch\._utils\._rebuild_|torch\.(storage\.)?\w+Storage$|torch\.(Size|device|[a-z]+\d\w*)$|'
    r'torch\.nn\.parameter\.Parameter$|collections\.(OrderedDict|defaultdict)$|'
    r'builtins\.(bytearray|complex|dict|set)$|_codecs\.encode$)')
# What trainers call the weights, the likeliest first.
_USUAL_KEYS = (
    'model_state_dict', 'actor_state_dict', 'state_dict', 'model', 'policy', 'actor', 'net')
_OTHER_KEYS = re.compile(r'optim|sched|norm|running_mean', re.IGNORECASE)
_NORMALIZERS = re.compile(r'norm|running_mean', re.IGNORECASE)
# Of an actor and a critic that were trained together, what computes the action.
_ACTOR = re.compile(r'(actor|policy|pi|mlp_extractor\.policy_net|action_net)[._]')
_CRITIC = re.compile(r'(critic|value|vf|mlp_extractor\.value_net|value_net)[._]')
_OF_MODULES = ('_parameters', '_buffers', '_modules')
_LONGEST_TEXT = 60
_LONGEST_PATH = 1000

Tensors = Dict[str, StoredTensor]


def checkpoint_facts(archive: Archive, load: str) -> Facts:
    """
    Return what is in a checkpoint.

    `load` is the Python that loads it, for the advice.
    """
    pickled = _read(archive.read('data.pkl'))
    check_numbers(archive, 'data', tensors_in(pickled.content).values())
    return _facts('checkpoint of torch.save', pickled, load)


def legacy_checkpoint_facts(content: bytes, load: str) -> Facts:
    """Return what is in a checkpoint in the layout before torch 1.6."""
    return _facts(
        'checkpoint of torch.save, in the layout before torch 1.6',
        _read(content, _LEGACY_PICKLES), load)


def pickle_facts(content: bytes) -> Facts:
    """Return what is in a pickle that torch has not written."""
    return _facts('pickle', _read(content), "pickle.load(open(..., 'rb'))")


def weights_advice(load: str) -> str:
    """Say how a module comes out of weights; `load` is the Python that gives a state_dict."""
    return (
        'it holds weights, but not the module that uses them: build the module in Python, call '
        f'module.load_state_dict({load}), then '
        "torch.jit.script(module.eval()).save('policy.pt')")


def tensor_rows(tensors: Tensors) -> List[Row]:
    """Return a line for each tensor."""
    return [
        {'name': name, 'type': str(tensor), 'bytes': tensor.size}
        for name, tensor in tensors.items()]


def _read(content: bytes, count: int = 1) -> Pickled:
    try:
        return read_pickles(content, count)
    except PickleError as error:
        raise ModelFileError(f'is a checkpoint whose pickle is broken: {error}') from error


def _facts(kind: str, pickled: Pickled, load: str) -> Facts:
    root = pickled.content
    strange = [name for name in pickled.imports if not _HARMLESS.match(name)]
    key = None
    sections = []
    parts = {None: tensors_in(root)}
    if isinstance(root, dict) and not _is_state_dict(root):
        passed: Set[int] = set()
        parts = {name: tensors_in(content, passed) for name, content in root.items()}
        key = _find_weights(parts)
        sections.append(Section('content', 'What it holds', [
            _row(name, content, parts[name]) for name, content in root.items()]))
    weights = parts.pop(key, {})
    if weights:
        tensors = {'weights': list(weights.values())}
        others = [tensor for part in parts.values() for tensor in part.values()]
        if others:
            tensors['others'] = others
        title = 'Weights' if key is None else f'Weights in {key}'
        sections += [totals_section(tensors), Section('weights', title, tensor_rows(weights))]
    what = _what(root if key is None else root[key])
    return Facts(
        f'{kind} ({what})' if key is None else f'{kind} ({what} in {key!r})', tuple(sections),
        tuple(_warnings(root, key, weights, strange, load)), is_model=False,
        no_graph='weights alone have no graph')


def _warnings(
    root: Any, key: Any, weights: Tensors, strange: List[str], load: str
) -> Iterator[str]:
    found = root if key is None else root[key]
    if strange:
        load = load.replace(')', ', weights_only=False)')
    expression = load if key is None else f'{load}[{key!r}]'
    if isinstance(found, StoredObject):
        yield (
            f'it is a Python object of {found.class_name}: where this class is installed, '
            f"torch.jit.script({expression}.eval()).save('policy.pt') makes a module of it")
    elif isinstance(found, StoredTensor):
        yield 'it is a single tensor'
    elif weights:
        yield weights_advice(expression)
    else:
        yield 'no weights were found in it'
    if strange:
        yield (
            f'it names {enumeration(strange[:8])}{" and more" if len(strange) > 8 else ""}, which '
            'torch.load refuses by default; with weights_only=False it runs what the file says: '
            'do that with a file that you trust only')
    if any(map(_ACTOR.match, weights)) and any(map(_CRITIC.match, weights)):
        actor = sorted({name.partition('.')[0] for name in filter(_ACTOR.match, weights)})
        yield (
            f'only a part of the weights computes the action, most likely {enumeration(actor)}: '
            'the module to script needs no critic')
    normalizers = [
        str(name) for name in (root if isinstance(root, dict) and key is not None else {})
        if _NORMALIZERS.search(str(name))]
    if normalizers:
        yield (
            f'{enumeration(normalizers)} stands beside them: if observations were normalised in '
            'training, the module must do it, too')


def _find_weights(parts: Dict[Any, Tensors]) -> Any:
    """Return the key that most likely holds the weights of the model, or None."""
    usual = [key for key in _USUAL_KEYS if parts.get(key)]
    if usual:
        return usual[0]
    sizes = {
        key: sum(tensor.size for tensor in tensors.values())
        for key, tensors in parts.items() if not _OTHER_KEYS.search(str(key))}
    best = max(sizes, key=sizes.__getitem__, default=None)
    return best if best is not None and sizes[best] else None


def tensors_in(root: Any, passed: Optional[Set[int]] = None) -> Tensors:
    """
    Find all tensors, by their paths; what is shared is found once.

    `passed` is what was found before; what is found now is put into it.
    """
    tensors: Tensors = {}
    passed = set() if passed is None else passed
    if id(root) in passed:
        return tensors
    passed.add(id(root))
    waiting: List[Tuple[str, Any]] = [('', root)]
    while waiting:
        path, value = waiting.pop()
        if len(path) > _LONGEST_PATH:
            raise ModelFileError('is a checkpoint that is nested too deeply to be read')
        if isinstance(value, StoredTensor):
            tensors[path] = value
        parts = [
            (path if key in _OF_MODULES else f'{path}.{key}' if path else str(key), part)
            for key, part in _parts(value) if id(part) not in passed]
        passed |= {id(part) for _, part in parts if not isinstance(part, StoredTensor)}
        waiting += reversed(parts)
    return tensors


def _parts(value: Any) -> Iterator[Tuple[Any, Any]]:
    """Return what is in a value that may hold tensors."""
    if isinstance(value, StoredObject):
        yield from _parts(value.state)
        yield from _parts(getattr(value, 'items', ()))
    else:
        pairs = value.items() if isinstance(value, dict) else (
            enumerate(value) if isinstance(value, (list, tuple)) else ())
        for key, part in pairs:
            if isinstance(part, (dict, list, tuple, StoredObject, StoredTensor)):
                yield key, part


def _is_state_dict(value: Any) -> bool:
    return isinstance(value, dict) and any(
        isinstance(part, StoredTensor) for part in value.values())


def _row(key: Any, content: Any, tensors: Tensors) -> Row:
    return {
        'key': str(key), 'what': _what(content), 'tensors': len(tensors),
        'bytes': sum(tensor.size for tensor in tensors.values())}


def _what(value: Any) -> str:
    if isinstance(value, StoredTensor):
        return str(value)
    if isinstance(value, StoredObject):
        return f'object of {value.class_name}'
    if _is_state_dict(value):
        return 'state_dict'
    if isinstance(value, (dict, list, tuple)):
        return f'{type(value).__name__} of {len(value)}'
    is_long = isinstance(value, (bytes, str)) and len(value) > _LONGEST_TEXT
    return f'{value[:_LONGEST_TEXT]!r}…' if is_long else repr(value)
