# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Have onnxruntime load a model, on the device that is asked for and no other."""

import sys
from typing import Any, Dict, List, Sequence, Set, Tuple, Union

from dg_pytorch_ros.checks import enumeration
from dg_pytorch_ros.config.node_config import ModelConfig
from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.onnx.complaint import complaint_of

_Provider = Union[str, Tuple[str, Dict[str, int]]]

_CPU, _CUDA = 'CPUExecutionProvider', 'CUDAExecutionProvider'
# Its log goes to stderr past everybody; what it has to say comes as an exception as well.
_FATAL = 4
_SETTINGS = {
    # Threads that wait actively take a core from the rest of the robot.
    'session.intra_op.allow_spinning': '0',
    'session.inter_op.allow_spinning': '0',
    'session.record_ep_graph_assignment_info': '1'}
_FEW = 5


def open_session(runtime: Any, content: bytes, config: ModelConfig) -> Any:
    """Return a session; raise ModelFileError if onnxruntime refuses the model or the device."""
    if config.device != 'cpu':
        _check_cuda(runtime, config.device)
    options = _options(runtime, config.num_threads)
    _register_libraries(options, config.imports)
    try:
        session = runtime.InferenceSession(
            content, options, providers=_providers(config.device), enable_fallback=0)
    except Exception as error:  # its errors have no base class in common
        raise ModelFileError(
            f'cannot be loaded by onnxruntime {runtime.__version__}: {complaint_of(error)}'
        ) from error
    if config.device != 'cpu' and _CUDA not in session.get_providers():
        raise ModelFileError(
            f'cannot run on {config.device}: onnxruntime {runtime.__version__} finds no GPU, or '
            'not the CUDA and cuDNN that it was built for')
    session.disable_fallback()
    # It would be kept to load the model anew on another device.
    session._model_bytes = None
    return session


def operators_elsewhere(session: Any, device: str) -> List[str]:
    """Return the operators that do not run on the device, as far as onnxruntime tells."""
    wanted = _CPU if device == 'cpu' else _CUDA
    if not hasattr(session, 'get_provider_graph_assignment_info'):
        return []
    names: Set[str] = set()
    for part in session.get_provider_graph_assignment_info():
        if part.ep_name != wanted:
            names.update(node.op_type for node in part.get_nodes())
    return sorted(names)


def note_elsewhere(operators: Sequence[str]) -> str:
    """Write that some operators run on the CPU."""
    named = enumeration(operators[:_FEW]) + (', ...' if len(operators) > _FEW else '')
    return f'runs on the CPU, not on the GPU: {named}'


def _check_cuda(runtime: Any, device: str) -> None:
    available = runtime.get_available_providers()
    if _CUDA not in available:
        raise ModelFileError(
            f'cannot run: device is {device!r}, but the installed onnxruntime '
            f'{runtime.__version__} has '
            f'{enumeration(available)}; for a GPU, install onnxruntime-gpu in its place')
    if hasattr(runtime, 'preload_dlls'):
        runtime.preload_dlls()


def _options(runtime: Any, num_threads: int) -> Any:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = num_threads
    options.inter_op_num_threads = 1
    options.execution_mode = runtime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = _FATAL
    for key, value in _SETTINGS.items():
        options.add_session_config_entry(key, value)
    return options


def _register_libraries(options: Any, imports: Sequence[str]) -> None:
    """Make the operators of imported packages known; these say where their library is."""
    for name in imports:
        get_path = getattr(sys.modules.get(name), 'get_library_path', None)
        if get_path is None:
            continue
        try:
            options.register_custom_ops_library(get_path())
        except Exception as error:
            raise ModelFileError(
                f'needs the operators of {name!r} (model_imports), but onnxruntime cannot load '
                f'them: {complaint_of(error)}') from error


def _providers(device: str) -> List[_Provider]:
    if device == 'cpu':
        return [_CPU]
    _, _, number = device.partition(':')
    return [(_CUDA, {'device_id': int(number or 0)}), _CPU]
