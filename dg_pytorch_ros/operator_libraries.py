# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""Which Python module brings the operators of a library."""

# Where its name is not that of the operators.
_MODULES = {
    'image': 'torchvision', 'tensorrt': 'torch_tensorrt', 'torch_ipex':
    'intel_extension_for_pytorch', 'mmcv': 'mmcv.ops', 'pyg': 'pyg_lib'}
_PART_OF_TORCH = frozenset({
    '_quantized', 'aten', 'c10d', 'inductor', 'mkldnn', 'mkldnn_prepacked', 'onednn', 'prepacked',
    'prim', 'prims', 'profiler', 'quantized', 'quantized_decomposed', 'sparse', 'static_runtime',
    'xnnpack'})


def is_part_of_torch(library: str) -> bool:
    """Whether torch itself brings these operators, or none does."""
    return library in _PART_OF_TORCH


def module_of(library: str) -> str:
    """Return the Python module that most likely registers them."""
    return _MODULES.get(library, library)


def missing_operator(what: str, library: str) -> str:
    """Say that a file uses an operator or type that is not there, and what helps."""
    if is_part_of_torch(library):
        return f'it uses {what}, which this version of torch does not have'
    return (
        f'it uses {what}, which no library here brings; import the one that does, most likely '
        f'model_imports: [{module_of(library)}]')
