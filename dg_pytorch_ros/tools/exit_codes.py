# Copyright 2026 dg_pytorch_ros contributors
# SPDX-License-Identifier: BSD-3-Clause

"""What the exit codes of `pytorch_model` mean."""

GOOD = 0
# The question was answered, and the answer is no.
BAD = 1
# There is no answer: a file is missing, an option makes no sense.
FAILED = 2
INTERRUPTED = 130

EXPLANATION = """\
exit codes: 0 good; 1 the answer is no, as the output says; 2 it could not be done, as the error
says; 130 after Ctrl-C"""
