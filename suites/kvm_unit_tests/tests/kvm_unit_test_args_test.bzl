# SPDX-License-Identifier: MIT
"""Tests of what kvm_unit_test accepts, and of how unittests.cfg is read."""

load("@bazel_skylib//lib:partial.bzl", "partial")
load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load("//suites/kvm_unit_tests:kvm_unit_test_args.bzl", "check_kvm_unit_test_args", "quote", "vmm_args")
load("//suites/kvm_unit_tests:unittests_cfg.bzl", "read_entry", "read_sections")

visibility("//suites/kvm_unit_tests/tests/...")

def _check(**kwargs):
    return check_kvm_unit_test_args(**({"image": "x.flat", "name": "x"} | kwargs))

def _refuses(env, message, **kwargs):
    asserts.equals(env, "kvm_unit_test(name = \"x\"): " + message, _check(**kwargs))

def _accepted_test_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, None, _check(
        args = ["two words", "three"],
        checks = ["/sys/module/kvm/parameters/enable_pmu=Y"],
        cpu = "max,-pku",
        devices = ["pc-testdev"],
        environment = {"A": "b=c"},
        memory_mb = 4096,
        smp = 255,
        timeout = "eternal",
    ))
    return unittest.end(env)

def _refused_test_impl(ctx):
    env = unittest.begin(ctx)
    _refuses(env, "there is no image; name the file to boot: image = \"x86/smptest.flat\"", image = None)
    _refuses(env, "smp is 0; it is a number from 1 to 255", smp = 0)
    _refuses(env, "smp is \"2\"; it is a number from 1 to 255", smp = "2")
    _refuses(env, "memory_mb is 8; it is a number from 16 to 65536", memory_mb = 8)
    _refuses(env, "args must be a list, not a string; write args = [\"...\"]", args = "x")
    _refuses(env, "devices holds \"a\\nb\"; each is one line", devices = ["a\nb"])
    _refuses(env, "cpu is \"\"; it is QEMU's word for a CPU, such as \"max,-pku\"", cpu = "")
    _refuses(
        env,
        "timeout is 90; it is one of \"eternal\", \"long\", \"moderate\", \"short\"",
        timeout = 90,
    )
    _refuses(env, "checks holds \"enable_pmu=Y\"; write \"/FILE=VALUE\"", checks = ["enable_pmu=Y"])
    _refuses(env, "environment must be a dict, not a list", environment = ["A=b"])
    _refuses(
        env,
        "environment has the variable \"A=\" of value \"b\"; each is one line",
        environment = {"A=": "b"},
    )
    return unittest.end(env)

def _vmm_args_test_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, "'it'\\''s $$5'", quote("it's $5"))
    asserts.equals(env, [
        "--cpus=2",
        "--memory=128",
        "--timeout=50",
        "'--cpu=max,+svm'",
        "'--append=a b c'",
        "--cpu-pm",
        "'--check=/a=b'",
        "'--device=edu'",
        "'--env=A=b'",
    ], vmm_args(
        smp = 2,
        args = ["a b", "c"],
        checks = ["/a=b"],
        cpu = "max,+svm",
        cpu_pm = True,
        devices = ["edu"],
        environment = {"A": "b"},
        timeout = "short",
    ))
    return unittest.end(env)

_CFG = """
# a comment
[first]
file = first.flat

[second]
file = second.flat
smp = 2
test_args = "-one two*"
qemu_params = -cpu max,+vmx,-pku -m 2g -device edu -device x,y=z -overcommit cpu-pm=on -enable-kvm
groups = vmx nodefault
arch = x86_64
check = /a=Y /b=0
timeout = 240s

[third]
file = third.flat
extra_params = \"\"\"-cpu host
-append 'a b' \"\"\"
groups = svm
"""

def _cfg_test_impl(ctx):
    env = unittest.begin(ctx)
    sections = read_sections(_CFG)
    asserts.equals(env, ["first", "second", "third"], [name for name, _ in sections])
    first, second, third = [read_entry(name, section) for name, section in sections]
    asserts.equals(env, struct(
        arch = "",
        args = [],
        checks = [],
        cpu = "max",
        cpu_pm = False,
        devices = [],
        file = "first.flat",
        groups = [],
        memory_mb = 128,
        requires = [],
        seconds = 90,
        smp = 1,
    ), first)
    asserts.equals(env, struct(
        arch = "x86_64",
        args = ["-one two*"],
        checks = ["/a=Y", "/b=0"],
        cpu = "max,+vmx,-pku",
        cpu_pm = True,
        devices = ["edu", "x"],
        file = "second.flat",
        groups = ["vmx", "nodefault"],
        memory_mb = 2048,
        requires = ["vmx"],
        seconds = 240,
        smp = 2,
    ), second)
    asserts.equals(env, 128, read_entry("second", sections[1][1], "128").memory_mb)
    asserts.equals(env, 4096, read_entry("first", sections[0][1], "4g").memory_mb)
    asserts.equals(env, "host", third.cpu)
    asserts.equals(env, ["a b"], third.args)
    asserts.equals(env, ["svm"], third.requires)
    return unittest.end(env)

def kvm_unit_test_args_test_suite(*, name):
    """Declares the tests.

    Args:
      name: the name of the test suite.
    """
    unittest.suite(name, *[
        partial.make(test, size = "small")
        for test in [
            _accepted_test,
            _refused_test,
            _vmm_args_test,
            _cfg_test,
        ]
    ])

_accepted_test = unittest.make(_accepted_test_impl)
_refused_test = unittest.make(_refused_test_impl)
_vmm_args_test = unittest.make(_vmm_args_test_impl)
_cfg_test = unittest.make(_cfg_test_impl)
