# SPDX-License-Identifier: MIT
"""What a kvm_test_matrix can't run, and what is said of it."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//machines:matrix_cell_test.bzl", "matrix_cell_test")

visibility("private")

def _failure_test_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.expect_failure(env, ctx.attr.message)
    return analysistest.end(env)

_failure_test = analysistest.make(
    _failure_test_impl,
    attrs = {"message": attr.string(mandatory = True)},
    expect_failure = True,
)

def matrix_failures_test(name, cells):
    """Declares cells that can't be, and a test for each message.

    Args:
      name: the test suite's name.
      cells: a dict from a message to the attributes of a matrix_cell_test.
    """
    tests = []
    for i, (message, attributes) in enumerate(cells.items()):
        cell = "{}_cell{}_test".format(name, i)
        tests.append("{}_{}".format(name, i))
        matrix_cell_test(
            name = cell,
            tags = ["manual"],
            **attributes
        )
        _failure_test(
            name = tests[-1],
            message = message,
            target_under_test = cell,
        )
    native.test_suite(
        name = name,
        tests = tests,
    )
