# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What onnxruntime says becomes one line about the model, not about its own source."""

from dg_pytorch_ros.onnx.complaint import complaint_of
import pytest

_SOURCE = (
    '[ONNXRuntimeError] : 1 : FAIL : /onnxruntime_src/onnxruntime/core/graph/model.cc:256 '
    'onnxruntime::Model::Model(onnx::ModelProto&&, const std::filesystem::path&, int) ')


@pytest.mark.parametrize('said, told', [
    ('[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Non-zero status code returned while running '
     "Gemm node. Name:'' Status Message: GEMM: Dimension mismatch, W: {3,2} K: 4 N:2",
     'Gemm: GEMM: Dimension mismatch, W: {3,2} K: 4 N:2'),
    ('[ONNXRuntimeError] : 1 : FAIL : Non-zero status code returned while running Loop node. '
     "Name:'outer' Status Message: Non-zero status code returned while running Add node. "
     "Name:'inner' Status Message: no room",
     "Loop 'outer': Add 'inner': no room"),
    ('[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Got invalid dimensions for input: x for the '
     'following indices\n index: 0 Got: 3 Expected: 2\n Please fix either the inputs/outputs or '
     'the model.',
     'Got invalid dimensions for input: x for the following indices index: 0 Got: 3 Expected: 2'),
    (_SOURCE + 'something else', 'something else'),
    (_SOURCE + 'Unsupported model IR version: 15, max supported IR version: 13\n',
     'it is written in version 15 of ONNX (ir_version), of which it knows those up to 13; a newer '
     'onnxruntime may run it, or the model exported for an older one'),
    (_SOURCE + 'Opset 4 is under development and support for this is limited. Current official '
     'support for domain ai.onnx.ml is till opset 3.',
     'it uses opset 4 of ai.onnx.ml, of which it knows those up to 3; a newer onnxruntime may run '
     'it, or the model exported for an older one'),
    ('[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : Could not find an implementation for Sqrt(13) '
     "node with name ''",
     "Could not find an implementation for Sqrt(13) node with name ''"),
    ('Required inputs missing', 'Required inputs missing'),
    ('', 'ValueError')])
def test_line_that_matters_is_found(said: str, told: str) -> None:
    assert complaint_of(ValueError(said)) == told
