# SPDX-License-Identifier: MIT
"""Unit tests of kvm_test_matrix: each message, and the names of what it makes."""

load("@bazel_skylib//lib:partial.bzl", "partial")
load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load("//rules:kvm_test_matrix_args.bzl", "cell_name", "check_kvm_test_matrix_args", "matrix_columns")

visibility("//...")

def _check(**changes):
    arguments = {
        "kernels": [],
        "known_machines": ["host", "amd"],
        "machines": ["host", "amd"],
        "name": "x",
        "tests": [":a"],
    }
    arguments.update(changes)
    return check_kvm_test_matrix_args(**arguments)

def _refuses(env, expected, **changes):
    asserts.equals(env, "kvm_test_matrix(name = \"x\"): " + expected, _check(**changes))

def _accepted_test_impl(ctx):
    env = unittest.begin(ctx)
    for changes in [
        {},
        {"tests": [":a", "//b:a", "@c//b:a", "b", "//d"]},
        {"machines": ["amd", ":mine", "//my:other", "@another//:third"]},
        {"kernels": [":one", "//my:two"]},
        {"kernels": [":one"], "machines": ["amd"]},
    ]:
        asserts.equals(env, None, _check(**changes))
    return unittest.end(env)

def _refused_test_impl(ctx):
    env = unittest.begin(ctx)
    _refuses(env, "tests is empty; name at least one test", tests = [])
    _refuses(env, "tests must be a list, not a string; write tests = [\":my_test\"]", tests = ":a")
    _refuses(env, "tests holds 7, which is no string; write tests = [\":my_test\"]", tests = [7])
    _refuses(env, "tests names \":a\" twice; name it once", tests = [":a", ":a"])
    _refuses(
        env,
        "tests has \"//a/b:c\" and \"//a:b/c\", and the tests for both would be named \"a/b/c\"; " +
        "put one of them in another kvm_test_matrix",
        tests = ["//a/b:c", "//a:b/c"],
    )
    _refuses(env, "machines is empty; name at least one machine, or leave it out to take all", machines = [])
    _refuses(
        env,
        "unknown machine \"sparc\"; known are \"host\", \"amd\", and others are named by their labels",
        machines = ["sparc"],
    )
    _refuses(
        env,
        "machines has \"amd\" and \"//my:amd\", and the tests for both would be named \"amd\"; " +
        "put one of them in another kvm_test_matrix",
        machines = ["amd", "//my:amd"],
    )
    _refuses(
        env,
        "kernels has \"//a:k\" and \"//b:k\", and the tests for both would be named \"k\"; " +
        "put one of them in another kvm_test_matrix",
        kernels = ["//a:k", "//b:k"],
    )
    _refuses(
        env,
        "kernels are for emulated machines, and there is only the host; add a machine",
        kernels = [":k"],
        machines = ["host"],
    )
    return unittest.end(env)

def _names_test_impl(ctx):
    env = unittest.begin(ctx)
    columns = matrix_columns("m", ["host", "amd", "//my:own"], ["//a:k", ":l"])
    asserts.equals(
        env,
        [
            ("m/host", "host", None),
            ("m/amd/k", "amd", "//a:k"),
            ("m/amd/l", "amd", ":l"),
            ("m/own/k", "//my:own", "//a:k"),
            ("m/own/l", "//my:own", ":l"),
        ],
        [(column.name, column.machine, column.kernel) for column in columns],
    )
    asserts.equals(
        env,
        [("m/amd", None)],
        [(column.name, column.kernel) for column in matrix_columns("m", ["amd"], [])],
    )
    for test, name in {
        "//b:a": "m/host/b/a",
        "//b/c": "m/host/b/c/c",
        ":a": "m/host/a",
        "@@//b:a": "m/host/b/a",
        "@r//b:a": "m/host/r/b/a",
        "a": "m/host/a",
    }.items():
        asserts.equals(env, name, cell_name(columns[0], test))
    return unittest.end(env)

_accepted_test = unittest.make(_accepted_test_impl)
_refused_test = unittest.make(_refused_test_impl)
_names_test = unittest.make(_names_test_impl)

def kvm_test_matrix_args_test_suite(name):
    """Declares the unit tests.

    Args:
      name: of the test suite.
    """
    unittest.suite(
        name,
        partial.make(_accepted_test, size = "small"),
        partial.make(_refused_test, size = "small"),
        partial.make(_names_test, size = "small"),
    )
