# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What an archive of torch.export says of its program, read without torch."""

import json
from typing import Any, Iterator, List, Mapping, Set, Tuple

from dg_pytorch_ros.archive import Archive
from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.exported.leaves import argument_names, result_kind, result_names

OLD_PLACE = 'serialized_exported_program.json'
_MAIN_PLACE = 'models/model.json'
NOT_AS_EXPECTED = (
    AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)

Json = Mapping[str, Any]


def program_places(archive: Archive) -> Tuple[str, ...]:
    """Return the paths of the programs in an archive, the one called `model` first."""
    if OLD_PLACE in archive:
        return (OLD_PLACE,)
    places = [path for path in archive.below('models/') if path.endswith('.json')]
    return tuple(sorted(places, key=lambda path: (path != _MAIN_PLACE, path)))


def read_writing(archive: Archive) -> Json:
    """
    Return what the archive says of the program that torch.export loads from it.

    Raise ModelFileError if there is none; its text goes behind the name of the file.
    """
    places = program_places(archive)
    if not places:
        raise ModelFileError('is a .pt2 archive, but there is no program in it; export it again')
    if places[0] not in (OLD_PLACE, _MAIN_PLACE):
        raise ModelFileError(
            f'holds {", ".join(places)}, but no {_MAIN_PLACE}, which is the program that is run; '
            'save it alone with torch.export.save')
    try:
        writing = json.loads(archive.read(places[0]))
        # Without these it is nothing, whichever torch wrote it.
        writing['graph_module']['graph']['nodes']
    except NOT_AS_EXPECTED as error:
        raise ModelFileError(
            f'holds {places[0]}, which is not what torch.export writes '
            f'({type(error).__name__}: {error})') from error
    return writing  # type: ignore[no-any-return]


def written_by(writing: Json) -> str:
    """Return the version of torch that wrote a program."""
    return str(writing.get('torch_version') or 'before 2.5')


def operators(writing: Json) -> List[str]:
    """Return the names of the operators in a program and all that is nested in it."""
    return sorted({
        str(node['target']).removeprefix('torch.ops.')
        for node in _nodes(writing['graph_module']['graph'])
        if str(node['target']).startswith('torch.ops.')})


def named_tuples(writing: Json) -> Mapping[str, Tuple[str, ...]]:
    """Return the fields of the named tuples among arguments and results, by their names."""
    found = writing['graph_module'].get('treespec_namedtuple_fields') or {}
    return {str(name): tuple(map(str, entry['field_names'])) for name, entry in found.items()}


def names_of_arguments(writing: Json) -> List[str]:
    """Return a name for each tensor in the arguments of forward; none if nothing tells them."""
    signature = _signature(writing)
    names, structure = signature.get('forward_arg_names'), signature.get('in_spec')
    return argument_names(structure, named_tuples(writing), names) if names and structure else []


def names_of_results(writing: Json) -> List[str]:
    """Return a name for each result; none if their places are all that tells them."""
    structure = _signature(writing).get('out_spec')
    return (result_names(structure, named_tuples(writing)) or []) if structure else []


def what_results_are(writing: Json) -> str:
    """Name what the results are in, such as `dict`; '' for a single one."""
    structure = _signature(writing).get('out_spec')
    return result_kind(structure) if structure else ''


def structures(writing: Json) -> List[str]:
    """Return the names of the kinds that arguments and results are nested in."""
    kinds: Set[str] = set()
    for call in writing['graph_module'].get('module_call_graph') or []:
        signature = call.get('signature') or {}
        for place in ('in_spec', 'out_spec'):
            if signature.get(place):
                _, root = json.loads(signature[place])
                kinds.update(_kinds(root))
    return sorted(kinds)


def _signature(writing: Json) -> Json:
    calls = writing['graph_module'].get('module_call_graph') or [{}]
    return calls[0].get('signature') or {}


def _nodes(graph: Json) -> Iterator[Json]:
    for node in graph['nodes']:
        yield node
        for named in node['inputs']:
            nested = named['arg'].get('as_graph')
            if nested:
                yield from _nodes(nested['graph'])


def _kinds(structure: Json) -> Iterator[str]:
    if structure['type'] is not None:
        yield str(structure['type'])
    for child in structure['children_spec']:
        yield from _kinds(child)
