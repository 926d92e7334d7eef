# SPDX-License-Identifier: MIT
"""Unit tests of kvm_test's argument checks: each message, and what passes."""

load("@bazel_skylib//lib:partial.bzl", "partial")
load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load("//rules:kvm_test_args.bzl", "check_kvm_program_test_args", "check_kvm_test_args", "machine_test_names", "requirements_of", "test_names")

visibility("//...")

def _check(**changes):
    arguments = {
        "extra": [],
        "guests": ["x86_64"],
        "known_machines": ["amd", "intel"],
        "name": "x",
        "package": "",
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
        {"machines": ["amd", ":amd2", "//my:machine", "@other//:machine2"]},
        {"payload_stack_size": 1 << 20},
        {"fixed_by": ["c36991c6f8d2", "0123456789abcdef0123456789abcdef01234567 its words"]},
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
        "if it is the controller's, name it in srcs",
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
        "no machine has \"svm\", \"vmx\" at once; write one test for each",
        requires = ["vmx", "native", "svm"],
    )
    _refuses(env, "requires must be a list, not a string; write requires = [...]", requires = "svm")
    return unittest.end(env)

def _machines_test_impl(ctx):
    env = unittest.begin(ctx)
    _refuses(
        env,
        "unknown machine \"sparc\"; known are \"amd\", \"intel\", and others are named by their labels",
        machines = ["amd", "sparc"],
    )
    _refuses(
        env,
        "machines has two of the name \"amd\", and tests are named after them; name it once",
        machines = ["amd", "//my/amd"],
    )
    _refuses(env, "machines must be a list, not a string; write machines = [...]", machines = "amd")
    return unittest.end(env)

def _fixed_by_test_impl(ctx):
    env = unittest.begin(ctx)
    for wrong in ["c36991c6f8d", "C36991C6F8D2", "CVE-2026-46076", "", "nested SVM", "v6.1.177-rc1", "c36991c6f8d2" * 4]:
        _refuses(
            env,
            ("fixed_by has \"{}\", which does not begin with a commit's id: 12 to 40 of 0-9 and a-f, " +
             "as git log --oneline --abbrev=12 prints it").format(wrong),
            fixed_by = [wrong],
        )
    _refuses(
        env,
        "fixed_by names c36991c6f8d2ab twice; name it once",
        fixed_by = ["c36991c6f8d2 one", "c36991c6f8d2ab other"],
    )
    _refuses(
        env,
        "fixed_by has \"c36991c6f8d2\", which is more than one line; leave a few words behind the commit's id",
        fixed_by = ["c36991c6f8d2 two\nlines"],
    )
    _refuses(
        env,
        "fixed_by must be a list, not a string; write fixed_by = [...]",
        fixed_by = "c36991c6f8d2",
    )
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

def _did_you_mean_test_impl(ctx):
    env = unittest.begin(ctx)
    for given, meant in {
        "copt": "copts",
        "dep": "deps",
        "guest": "guests",
        "payload_dep": "payload_deps",
        "payload_src": "payload_srcs",
        "payloads_srcs": "payload_srcs",
        "require": "requires",
        "requirements": "requires",
        "shards": None,
        "source": "srcs",
        "sources": "srcs",
        "src": "srcs",
        "srsc": "srcs",
        "tag": "tags",
        "linkshared": None,
    }.items():
        message = _check(extra = [given])
        if meant:
            asserts.equals(
                env,
                "kvm_test(name = \"x\"): unknown argument \"{}\"; did you mean \"{}\"?".format(given, meant),
                message,
            )
        else:
            asserts.true(env, "did you mean" not in message, message)

    # It is not there under its own name.
    asserts.equals(
        env,
        "kvm_test(name = \"x\"): unknown argument \"src\"; did you mean \"srcs\"?",
        _check(srcs = None, extra = ["src"]),
    )
    _refuses(env, "there is no srcs; name at least one source file", srcs = None)
    return unittest.end(env)

def _blanks_test_impl(ctx):
    env = unittest.begin(ctx)
    mend = "has a character that linkers take amiss, a blank or a quote; give it another name"
    for name in ["a b", "a\"b", "a'b"]:
        asserts.equals(
            env,
            "kvm_test(name = \"{}\"): name \"{}\" {}".format(name, name, mend),
            _check(name = name),
        )
    _refuses(env, "srcs holds \"a b.c\", which " + mend, srcs = ["a b.c"])
    _refuses(env, "srcs holds \"//a:b'.c\", which " + mend, srcs = ["//a:b'.c"])
    _refuses(env, "payload_srcs holds \"a b.c\", which " + mend, payload_srcs = ["a b.c"])
    _refuses(env, "package \"my tests\" " + mend, package = "my tests")
    asserts.equals(env, None, _check(name = "a-b.c+d/e", package = "my/tests"))
    return unittest.end(env)

def _names_test_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, {"x": "i386"}, test_names("x", ["i386"]))
    asserts.equals(
        env,
        {"x_i386": "i386", "x_x86_64": "x86_64"},
        test_names("x", ["x86_64", "i386"]),
    )
    asserts.equals(env, {"x": None}, machine_test_names("x", []))
    asserts.equals(env, {"x": "//my:own"}, machine_test_names("x", ["//my:own"]))
    asserts.equals(
        env,
        {"x_amd": "amd", "x_mine": "//my/mine", "x_own": "//my:own"},
        machine_test_names("x", ["amd", "//my:own", "//my/mine"]),
    )
    return unittest.end(env)

def _check_program(**changes):
    arguments = dict(name = "x", program = "//my:program", known_machines = ["amd"])
    arguments.update(changes)
    return check_kvm_program_test_args(**arguments)

def _refuses_program(env, expected, **changes):
    asserts.equals(env, "kvm_program_test(name = \"x\"): " + expected, _check_program(**changes))

def _program_test_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, None, _check_program(
        extra = ["args", "data", "env", "size"],
        filter_args = ["-t", "{filter}"],
        known_failure = "no nRIP",
        machines = ["amd", "//my:machine"],
        requires = ["svm"],
    ))
    _refuses_program(
        env,
        "there is no program; name the executable to run: program = \"//my:program\"",
        program = None,
    )
    _refuses_program(env, "unknown argument \"requirements\"; did you mean \"requires\"?", extra = ["requirements"])
    _refuses_program(
        env,
        "no machine has \"svm\", \"vmx\" at once; write one test for each",
        requires = ["vmx", "svm"],
    )
    _refuses_program(
        env,
        "machines has two of the name \"amd\", and tests are named after them; name it once",
        machines = ["amd", "//my:amd"],
    )
    for reason in ["", " ", "two\nlines", True]:
        _refuses_program(env, "known_failure must be one line that says why it fails", known_failure = reason)
    _refuses_program(
        env,
        "unknown results \"junit\"; known are \"kvm-unit-tests\", \"tap\"",
        results = "junit",
    )
    _refuses_program(
        env,
        "filter_args has no \"{filter}\", where what --test_filter says would stand",
        filter_args = ["-t"],
    )
    _refuses_program(
        env,
        "filter_args must be a list, not a string; write filter_args = [\"--filter={filter}\"]",
        filter_args = "{filter}",
    )
    message = _check_program(extra = ["srcs"])
    asserts.true(env, message.startswith(
        "kvm_program_test(name = \"x\"): unknown argument \"srcs\"; ",
    ), message)
    return unittest.end(env)

_accepted_test = unittest.make(_accepted_test_impl)
_sources_test = unittest.make(_sources_test_impl)
_payloads_test = unittest.make(_payloads_test_impl)
_guests_test = unittest.make(_guests_test_impl)
_requires_test = unittest.make(_requires_test_impl)
_machines_test = unittest.make(_machines_test_impl)
_fixed_by_test = unittest.make(_fixed_by_test_impl)
_requirements_of_test = unittest.make(_requirements_of_test_impl)
_extra_test = unittest.make(_extra_test_impl)
_did_you_mean_test = unittest.make(_did_you_mean_test_impl)
_blanks_test = unittest.make(_blanks_test_impl)
_names_test = unittest.make(_names_test_impl)
_program_test = unittest.make(_program_test_impl)

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
            _machines_test,
            _fixed_by_test,
            _requirements_of_test,
            _extra_test,
            _did_you_mean_test,
            _blanks_test,
            _names_test,
            _program_test,
        ]
    ])
