# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""The generated source says what the compiled code takes, changes and needs."""

from dg_pytorch_ros.aotinductor.constant_uses import ConstantUses
from dg_pytorch_ros.aotinductor.source import Source
from dg_pytorch_ros.aotinductor.threads import check_threads, fixed_threads
from dg_pytorch_ros.errors import ModelFileError
import pytest

# As torch writes it, less what nobody reads.
INFORMATION = """
extern "C"  void  cpp_fused_0(const float* in_ptr0,
                       float* in_out_ptr0,
                       float* out_ptr1,
                       float* out_ptr2);
AOTInductorModel::AOTInductorModel()
    inputs_info_[1].name = "arg1_1";
    inputs_info_[0].name = "arg0_1";
    constants_info_[0].dtype = cached_torch_dtype_float32;
    constants_info_[0].type = static_cast<int32_t>(torch::aot_inductor::ConstantType::Parameter);
    constants_info_[0].shape = {3, 4};
    constants_info_[0].original_fqn = "layer.weight";
"""
CHECKS = """
    int32_t arg0_1_expected_dtype = aoti_torch_dtype_float32();
    if (arg0_1_size[0] < 2) {
    if (arg0_1_size[0] > 9) {
    if (3 != arg0_1_size[1]) {
    if (3 != arg0_1_stride[0]) {
    if (1 != arg0_1_stride[1]) {
    int32_t arg1_1_expected_dtype = aoti_torch_dtype_bool();
"""
BODY = """
void AOTInductorModel::run_impl(
    AtenTensorHandle*
        input_handles // array of handles
) {
    __check_inputs_outputs(input_handles, output_handles);
    auto arg0_1 = std::move(inputs[0]);
    auto arg1_1 = std::move(inputs[1]);
    auto arg0_1_size = arg0_1.sizes();
    int64_t s7 = arg0_1_size[0];
    [[maybe_unused]] auto& layer_weight = constants_->at(0);
    STATEMENTS
    arg0_1.reset();
} // AOTInductorModel::run_impl
"""
COMPARED = 'assert_size_stride({}, {{s7, 3L}}, {{3L, 1L}}, "input");'


def source(statements: str = '', *, information: str = '', checks: str = CHECKS) -> str:
    return INFORMATION + information + checks + BODY.replace('STATEMENTS', statements)


def buffers(*names: str) -> 'tuple[str, str]':
    """Return what is said of buffers, and their declarations."""
    information = ''.join(
        f'constants_info_[{number}].type = torch::aot_inductor::ConstantType::Buffer);\n'
        f'constants_info_[{number}].original_fqn = "own.{name}";\n'
        for number, name in enumerate(names, 1))
    declarations = ''.join(
        f'[[maybe_unused]] auto& {name} = constants_->at({number});\n'
        for number, name in enumerate(names, 1))
    return information, declarations


def uses(statements: str, *names: str) -> ConstantUses:
    information, declarations = buffers(*names)
    text = source(declarations + statements, information=information)
    return ConstantUses(Source(text), text)


def test_inputs_in_their_order_with_what_is_checked() -> None:
    first, second = Source(source()).inputs
    assert first == ('arg0_1', 'float32', (-1, 3), (3, 1))
    assert second == ('arg1_1', 'bool', (), ())


def test_steps_that_depend_on_a_free_size_are_free() -> None:
    checks = CHECKS.replace('if (3 != arg0_1_stride[0])', '')
    assert Source(source(checks=checks)).inputs[0].strides == (-1, 1)


@pytest.mark.parametrize('missing, expected', [
    ('int32_t arg0_1_expected_dtype', ('', None)), ('3 != arg0_1_size[1]', ('float32', (-1,)))])
def test_what_is_not_checked_is_not_known(missing: str, expected: object) -> None:
    first = Source(source(checks=CHECKS.replace(missing, 'x'))).inputs[0]
    assert (first.dtype, first.shape) == expected


def test_place_without_a_check_makes_the_size_unknown() -> None:
    checks = CHECKS.replace('arg0_1_size[0]', 'x')
    assert Source(source(checks=checks)).inputs[0].shape is None


def test_constants() -> None:
    constant, = Source(source()).constants.values()
    assert (constant.path, constant.dtype, constant.shape) == ('layer.weight', 'float32', (3, 4))
    assert constant.is_parameter


def test_no_source_has_no_body() -> None:
    assert not Source('').body and not Source('int main() {}').body
    assert Source(source()).body


TWO_FREE = CHECKS + """
    if (arg1_1_size[0] < 2) {
"""


@pytest.mark.parametrize('checks, statements, name', [
    (CHECKS, 'f(arg0_1);', None),
    (TWO_FREE, 'f(arg0_1); g(arg1_1);', 'arg0_1'),
    (TWO_FREE, COMPARED.format('arg0_1') + 'f(arg0_1); g(arg1_1);', 'arg1_1'),
    (TWO_FREE, COMPARED.format('arg0_1') + COMPARED.format('arg1_1') + 'f(arg0_1, arg1_1);', None),
    (TWO_FREE, COMPARED.format('arg0_1') + 'f(arg0_1);', None)],
    ids=['one', 'none compared', 'one compared', 'all compared', 'other not used'])
def test_free_sizes_that_nothing_compares(checks: str, statements: str, name: object) -> None:
    assert Source(source(statements, checks=checks)).input_compared_to_none() == name


@pytest.mark.parametrize('statement, is_written', [
    ('', False),
    ('cpp_fused_0((const float*)(n.data_ptr()));', False),
    ('cpp_fused_0((const float*)(n.data_ptr()), (float*)(n.data_ptr()));', True),
    ('cpp_fused_0((float*)(n.data_ptr()));', True),
    ('aoti_torch_cpu_copy_(n, buf0);', True),
    ('aoti_torch_cpu_addmm_out(buf0, n, arg0_1);', True)])
def test_buffer_that_may_be_written(statement: str, is_written: bool) -> None:
    """Only what is certainly read only is not; parameters never are."""
    assert uses(statement, 'n').maybe_written == (('own.n',) if is_written else ())
    assert uses('f(layer_weight);').maybe_written == ()


def test_buffer_whose_name_is_part_of_another() -> None:
    assert uses('f(n_2);', 'n', 'n_2').maybe_written == ('own.n_2',)


def test_constant_that_the_code_does_not_name_may_be_written() -> None:
    information, _ = buffers('n')
    text = source(information=information)
    assert ConstantUses(Source(text), text).maybe_written == ('own.n',)


@pytest.mark.parametrize('arguments, more, expected', [
    ('(const float*)(x.data_ptr()), (float*)(y.data_ptr()), (float*)(n.data_ptr())', '',
     ('own.n',)),
    ('(const float*)(x.data_ptr()), (float*)(n.data_ptr()), (float*)(y.data_ptr())', '', ()),
    ('(const float*)(n.data_ptr()), (float*)(x.data_ptr()), (float*)(n.data_ptr())', '', ()),
    ('(const float*)(x.data_ptr()), (float*)(y.data_ptr()), (float*)(n.data_ptr())',
     'aoti_torch_clone(n, &output_handles[1]);', ())],
    ids=['written only', 'in place', 'read and written', 'given away'])
def test_buffer_that_no_run_reads(arguments: str, more: str, expected: object) -> None:
    assert uses(f'cpp_fused_0({arguments}, s7);\n{more}', 'n').never_read == expected


FREE_THREADS = '#pragma omp parallel\n'


@pytest.mark.parametrize('kernels, num_threads, is_refused', [
    ('', 64, False),
    (FREE_THREADS, 64, False),
    ('float tmp_acc0_arr[2];', 64, False),
    (FREE_THREADS + 'float tmp_acc0_arr[2];', 2, False),
    (FREE_THREADS + 'float tmp_acc0_arr[2];', 3, True),
    (FREE_THREADS + 'float tmp_acc0_arr[8]; V tmp_acc1_vec_arr[4];', 5, True),
    (FREE_THREADS + 'float tmp_acc0_arr[max_threads];', 64, False),
    ('#pragma omp parallel num_threads(8)\nfloat tmp_acc0_arr[8];', 64, False)])
def test_room_for_threads(kernels: str, num_threads: int, is_refused: bool) -> None:
    if is_refused:
        with pytest.raises(ModelFileError, match='was compiled for up to'):
            check_threads(kernels, num_threads)
    else:
        check_threads(kernels, num_threads)


def test_number_of_threads_that_is_fixed() -> None:
    assert fixed_threads(FREE_THREADS) == 0
    assert fixed_threads('#pragma omp parallel num_threads(8)') == 8


LOOKUP = """extern "C"  void kernel(const int64_t* in_ptr0)
{
    %s
    {
        AOTI_TORCH_CHECK((0 <= tmp0) & (tmp0 < 100L), "index out of bounds");
    }
}
"""


def test_check_that_would_end_the_process_is_refused() -> None:
    parallel = LOOKUP % '#pragma omp parallel num_threads(2)'
    with pytest.raises(ModelFileError, match='ends the whole process; run it in another format'):
        check_threads(parallel, 1)
    harmless = parallel.replace('AOTI_TORCH_CHECK', 'ignored')
    check_threads(harmless + LOOKUP % '', 1)
