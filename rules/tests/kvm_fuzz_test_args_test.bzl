# SPDX-License-Identifier: MIT
"""Unit tests of kvm_fuzz_test's argument checks, and of the rule for a finding."""

load("@bazel_skylib//lib:partial.bzl", "partial")
load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load("//rules:kvm_fuzz_test_args.bzl", "check_kvm_fuzz_test_args", "finding_rule", "timeout_for")

visibility("//...")

def _check(**changes):
    arguments = {
        "guest": "x86_64",
        "name": "x",
        "payload_srcs": ["x.c"],
        "srcs": None,
    }
    arguments.update(changes)
    return check_kvm_fuzz_test_args(**arguments)

def _refuses(env, expected, **changes):
    asserts.equals(env, "kvm_fuzz_test(name = \"x\"): " + expected, _check(**changes))

def _accepted_test_impl(ctx):
    env = unittest.begin(ctx)
    for changes in [
        {},
        {"payload_srcs": None, "srcs": ["x.c"]},
        {"corpus": ["corpus/a", "corpus/b"], "dictionary": "x.dict"},
        {"max_input": 1, "seconds": 0},
        {"max_input": 4096, "seconds": 1800},
        {"extra": ["size", "payload_stack_size"]},
    ]:
        asserts.equals(env, None, _check(**changes))
    return unittest.end(env)

def _refused_test_impl(ctx):
    env = unittest.begin(ctx)
    _refuses(env, "there is no payload_srcs; name the payload's source files", payload_srcs = None)
    _refuses(env, "guest must be one name, not a list; write guest = \"x86_64\"", guest = ["i386"])
    _refuses(env, "corpus must be a list, not a string; write corpus = glob([\"corpus/*\"])", corpus = "corpus")
    _refuses(env, "corpus names \":a\"; it is a file of this package, by its path in it", corpus = [":a"])
    _refuses(env, "dictionary names \"//x:y\"; it is a file of this package, by its path in it", dictionary = "//x:y")
    _refuses(env, "max_input is 0; it is a number from 1 to 4096", max_input = 0)
    _refuses(env, "max_input is 4097; it is a number from 1 to 4096", max_input = 4097)
    _refuses(env, "seconds is \"5\"; it is a number from 0 to 1800", seconds = "5")
    _refuses(
        env,
        "guests is not for fuzz tests; write one kvm_fuzz_test for each guest, with guest = \"...\"",
        extra = ["guests"],
    )
    _refuses(env, "payloads is not for fuzz tests; a fuzz test has one payload: payload_srcs", extra = ["payloads"])
    return unittest.end(env)

def _rule_test_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(
        env,
        [
            "kvm_test(",
            "    name = \"@NAME@\",",
            "    srcs = [",
            "        \"@NAME@.c\",",
            "        \"//a/b:c._srcs\",",
            "    ],",
            "    guests = [\"i386\"],",
            "    deps = [\"//a/b:d\", \"//e\"],",
            "    payload_copts = [\"-DX\"],",
            "    payload_srcs = [\"//a/b:c._payload_srcs\"],",
            "    requires = [\"svm\"],",
            ")",
        ],
        finding_rule(
            label = "//a/b:c",
            has_srcs = True,
            guest = "i386",
            requires = ["svm"],
            arguments = {"deps": [":d", "//e"], "payload_copts": ["-DX"], "size": "large"},
        ),
    )
    asserts.equals(
        env,
        [
            "kvm_test(",
            "    name = \"@NAME@\",",
            "    srcs = [",
            "        \"@NAME@.c\",",
            "    ],",
            "    guests = [\"x86_64\"],",
            "    payload_srcs = [\"//:c._payload_srcs\"],",
            ")",
        ],
        finding_rule(label = "//:c", has_srcs = False, guest = "x86_64", requires = [], arguments = {}),
    )
    return unittest.end(env)

def _timeout_test_impl(ctx):
    env = unittest.begin(ctx)
    for seconds, timeout in {0: "moderate", 150: "moderate", 151: "long", 450: "long", 451: "eternal"}.items():
        asserts.equals(env, timeout, timeout_for(seconds))
    return unittest.end(env)

_accepted_test = unittest.make(_accepted_test_impl)
_refused_test = unittest.make(_refused_test_impl)
_rule_test = unittest.make(_rule_test_impl)
_timeout_test = unittest.make(_timeout_test_impl)

def kvm_fuzz_test_args_test_suite(*, name):
    """Declares the tests.

    Args:
      name: the name of the test suite.
    """
    unittest.suite(name, *[
        partial.make(test, size = "small")
        for test in [
            _accepted_test,
            _refused_test,
            _rule_test,
            _timeout_test,
        ]
    ])
