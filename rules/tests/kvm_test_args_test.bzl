# SPDX-License-Identifier: MIT
"""Unit tests of kvm_test's argument checks: each message, and what passes."""

load("@bazel_skylib//lib:partial.bzl", "partial")
load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load("//rules:kvm_test_args.bzl", "check_kvm_test_args", "requirements_of", "test_names")

visibility("//...")

def _check(**changes):
    arguments = {
        "extra": [],
        "guests": ["x86_64"],
        "name": "x",
        "payload_srcs": None,
        "requires": [],
        "srcs": ["x.c"],
    }
    arguments.update(changes)
    return check_kvm_test_args(**arguments)

def _refuses(env, expected, **changes):
    asserts.equals(env, "kvm_test(name = \"x\"): " + expected, _check(**changes))

def _accepted_test_impl(ctx):
    env = unittest.begin(ctx)
    for changes in [
        {},
        {"guests": ["i386", "x86_64"]},
        {"requires": ["svm", "native"]},
        {"guests": ["x86_64", "i386"], "requires": ["dirty_ring", "smp"]},
        {"srcs": ["x.cc"], "payload_srcs": ["x.c", "y.S"]},
        {"srcs": [":generated", "//other:x.c"]},
        {"srcs": select({"//conditions:default": ["x.c"]})},
        {"extra": ["size", "visibility"]},
        {"payload_stack_size": 1 << 20},
        {"payload_features": ["simd"]},
        {"payload_data_files": {"table_2": "//other:table"}},
        {"payloads": {"one": ["one.c"], "two": ["two.S"]}, "srcs": ["x.cc"]},
    ]:
        asserts.equals(env, None, _check(**changes))
    return unittest.end(env)

def _sources_test_impl(ctx):
    env = unittest.begin(ctx)
    _refuses(env, "srcs is empty; name at least one source file", srcs = [])
    _refuses(env, "srcs must be a list, not a string; write srcs = [...]", srcs = "x.c")
    _refuses(
        env,
        "srcs holds \"x.cc\", but a payload is written in C or assembly (.c, .h, .S, .s); " +
        "for a controller in C++, name the payload's files in payload_srcs",
        srcs = ["x.cc"],
    )
    _refuses(env, "payload_srcs is empty; name at least one source file", payload_srcs = [])
    _refuses(
        env,
        "payload_srcs holds \"y.cc\", but a payload is written in C or assembly (.c, .h, .S, .s); " +
        "for a controller in C++, name the payload's files in payload_srcs",
        payload_srcs = ["y.cc"],
    )
    return unittest.end(env)

def _payloads_test_impl(ctx):
    env = unittest.begin(ctx)
    _refuses(
        env,
        "payload_srcs and payloads exclude each other; make payload_srcs one of the payloads",
        payload_srcs = ["x.c"],
        payloads = {"one": ["one.c"]},
    )
    for wrong in [{}, ["x.c"]]:
        _refuses(
            env,
            "payloads must be a dict with an entry at least; write payloads = {\"name\": [...]}",
            payloads = wrong,
        )
    _refuses(
        env,
        "payloads has a payload \"a b\"; a name has letters, digits and _",
        payloads = {"a b": ["x.c"]},
    )
    _refuses(
        env,
        "payloads[\"one\"] is empty; name at least one source file",
        payloads = {"one": []},
    )
    _refuses(
        env,
        "payload_data_files names \"a-b\", which is no name in C; use letters, digits and _",
        payload_data_files = {"a-b": "file"},
    )
    _refuses(
        env,
        "payload_data_files must be a dict; write payload_data_files = {\"name\": \"file\"}",
        payload_data_files = ["file"],
    )
    _refuses(
        env,
        "unknown payload feature \"avx\"; known are \"simd\"",
        payload_features = ["avx"],
    )
    for size in [1000, -4096, 1 << 30]:
        _refuses(
            env,
            "payload_stack_size is {}; it is a multiple of 4096, at most 67108864".format(size),
            payload_stack_size = size,
        )
    _refuses(
        env,
        "payload_stack_size must be a number of bytes, not a string",
        payload_stack_size = "8k",
    )
    return unittest.end(env)

def _guests_test_impl(ctx):
    env = unittest.begin(ctx)
    _refuses(env, "guests is empty; name at least one of \"i386\", \"x86_64\"", guests = [])
    _refuses(env, "unknown guest \"sparc\"; known are \"i386\", \"x86_64\"", guests = ["sparc"])
    _refuses(env, "guests names \"i386\" twice; name it once", guests = ["i386", "i386"])
    _refuses(env, "guests must be a list, not a string; write guests = [...]", guests = "i386")
    _refuses(
        env,
        "guests can't be a select(): it decides which targets exist; " +
        "write one kvm_test per case and select() among them",
        guests = select({"//conditions:default": ["i386"]}),
    )
    return unittest.end(env)

def _requires_test_impl(ctx):
    env = unittest.begin(ctx)
    message = _check(requires = ["amd"])
    asserts.true(env, message.startswith(
        "kvm_test(name = \"x\"): unknown capability \"amd\"; known are \"avic\", ",
    ), message)
    _refuses(env, "requires names \"svm\" twice; name it once", requires = ["svm", "svm"])
    _refuses(
        env,
        "requires names \"pae\", which each i386 test requires by itself; remove it",
        guests = ["i386", "x86_64"],
        requires = ["pae"],
    )
    _refuses(
        env,
        "no machine has \"svm\", \"vmx\" at once; write one kvm_test for each",
        requires = ["vmx", "native", "svm"],
    )
    _refuses(env, "requires must be a list, not a string; write requires = [...]", requires = "svm")
    return unittest.end(env)

def _requirements_of_test_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, ["smp"], requirements_of("x86_64", ["smp"]))
    asserts.equals(env, ["smp", "pae"], requirements_of("i386", ["smp"]))
    asserts.equals(env, ["pae"], requirements_of("i386", []))
    return unittest.end(env)

def _extra_test_impl(ctx):
    env = unittest.begin(ctx)
    message = _check(extra = ["linkshared"])
    asserts.true(env, message.startswith(
        "kvm_test(name = \"x\"): unknown argument \"linkshared\"; beside its own, kvm_test takes \"args\", ",
    ), message)
    return unittest.end(env)

def _names_test_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, {"x": "i386"}, test_names("x", ["i386"]))
    asserts.equals(
        env,
        {"x_i386": "i386", "x_x86_64": "x86_64"},
        test_names("x", ["x86_64", "i386"]),
    )
    return unittest.end(env)

_accepted_test = unittest.make(_accepted_test_impl)
_sources_test = unittest.make(_sources_test_impl)
_payloads_test = unittest.make(_payloads_test_impl)
_guests_test = unittest.make(_guests_test_impl)
_requires_test = unittest.make(_requires_test_impl)
_requirements_of_test = unittest.make(_requirements_of_test_impl)
_extra_test = unittest.make(_extra_test_impl)
_names_test = unittest.make(_names_test_impl)

def kvm_test_args_test_suite(*, name):
    """Declares the tests.

    Args:
      name: the name of the test suite.
    """
    unittest.suite(name, *[
        partial.make(test, size = "small")
        for test in [
            _accepted_test,
            _sources_test,
            _payloads_test,
            _guests_test,
            _requires_test,
            _requirements_of_test,
            _extra_test,
            _names_test,
        ]
    ])
