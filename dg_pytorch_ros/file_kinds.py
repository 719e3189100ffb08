# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What kind of file something is, told by its content."""

from enum import Enum

from dg_pytorch_ros.archive import Archive
from dg_pytorch_ros.errors import ModelFileError
from dg_pytorch_ros.protobuf import fields, ProtobufError

# Torch's old way of saving begins with this number, pickled.
_LEGACY_MAGIC = bytes.fromhex('80028a0a6cfc9c46f9206aa85019')
# Fields of ONNX's ModelProto with the wire types that they are written in.
_ONNX_VERSION, _ONNX_GRAPH = 1, 7
_ONNX_FIELDS = {
    1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, _ONNX_GRAPH: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}


class FileKind(Enum):
    """What a file is; the value says it in words."""

    TORCHSCRIPT = 'TorchScript module'
    EXPORTED_PROGRAM = 'ExportedProgram of torch.export'
    AOTINDUCTOR = 'AOTInductor package'
    ONNX = 'ONNX model'
    CHECKPOINT = 'checkpoint of torch.save'
    LEGACY_CHECKPOINT = 'checkpoint of torch.save, in the layout before torch 1.6'
    PICKLE = 'pickle'
    SAFETENSORS = 'safetensors'
    LFS_POINTER = 'Git LFS pointer'
    EMPTY = 'empty file'
    TRUNCATED_ARCHIVE = 'truncated archive'
    OTHER_ARCHIVE = 'zip archive'
    OTHER = 'something else'


def kind_of(content: bytes) -> FileKind:
    """Tell what a file is, whatever its name."""
    if not content:
        return FileKind.EMPTY
    if content.startswith(b'version https://git-lfs'):
        return FileKind.LFS_POINTER
    if content.startswith(b'PK'):
        return _kind_of_archive(content)
    if content.startswith(_LEGACY_MAGIC):
        return FileKind.LEGACY_CHECKPOINT
    if content.startswith(b'\x80'):
        return FileKind.PICKLE
    if _is_onnx(content):
        return FileKind.ONNX
    return FileKind.SAFETENSORS if _is_safetensors(content) else FileKind.OTHER


def _kind_of_archive(content: bytes) -> FileKind:
    try:
        archive = Archive(content)
    except ModelFileError:
        return FileKind.TRUNCATED_ARCHIVE
    if 'constants.pkl' in archive and archive.below('code/'):
        return FileKind.TORCHSCRIPT
    if archive.below('data/aotinductor/'):
        return FileKind.AOTINDUCTOR
    if 'archive_format' in archive or 'serialized_exported_program.json' in archive:
        return FileKind.EXPORTED_PROGRAM
    return FileKind.CHECKPOINT if 'data.pkl' in archive else FileKind.OTHER_ARCHIVE


def _is_onnx(content: bytes) -> bool:
    """Whether it begins as a ModelProto does: fields of that message only, up to its graph."""
    seen = set()
    try:
        for number, wire_type, _ in fields(memoryview(content)):
            if _ONNX_FIELDS.get(number) != wire_type:
                return False
            seen.add(number)
            if _ONNX_VERSION in seen and _ONNX_GRAPH in seen:
                return True
    except ProtobufError as error:
        # So does a truncated one, most of which is its graph.
        return _ONNX_VERSION in seen and error.number == _ONNX_GRAPH
    return False


def _is_safetensors(content: bytes) -> bool:
    size = int.from_bytes(content[:8], 'little')
    return content[8:9] == b'{' and 8 + size <= len(content)
