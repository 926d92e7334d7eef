# SPDX-License-Identifier: MIT
"""What a user reads whose kvm_modules or planted_fault makes no sense."""

load("@bazel_skylib//lib:partial.bzl", "partial")
load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts", "unittest")
load("//kvm_lab:planted_fault.bzl", "planted_fault_error")
load("//kvm_lab/build:kvm_modules.bzl", "kvm_edit", "kvm_modules", "kvm_source_error")

visibility("//kvm_lab/tests/...")

def _bad_target_test_impl(ctx):
    env = analysistest.begin(ctx)
    for text in ctx.attr.texts:
        asserts.expect_failure(env, text)
    return analysistest.end(env)

_bad_target_test = analysistest.make(
    _bad_target_test_impl,
    attrs = {"texts": attr.string_list()},
    expect_failure = True,
)

def _source_test_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, None, kvm_source_error("k", None, None))
    asserts.equals(env, None, kvm_source_error("k", ":source", ":headers"))
    asserts.equals(
        env,
        "kvm_modules 'k': source is given without headers; a kernel's source needs the headers of the same kernel, so give both or none",
        kvm_source_error("k", ":source", None),
    )
    asserts.equals(
        env,
        "kvm_modules 'k': headers is given without source; a kernel's source needs the headers of the same kernel, so give both or none",
        kvm_source_error("k", None, ":headers"),
    )
    return unittest.end(env)

_source_test = unittest.make(_source_test_impl)

def _fault_test_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, None, planted_fault_error("f", ["//a:b", "//a:b:C*"], "warn", ["svm"]))
    for text, arguments in {
        "caught_by has \"b\"; it takes \"//package:test\"": (["b"], "fail", []),
        "caught_by has \"//a:b:\"": (["//a:b:"], "fail", []),
        "caught_by is empty; name a test that must fail": ([], "fail", []),
        "is \"timeout\", which is none of \"fail\", \"crash\", \"hang\", \"oops\", \"warn\"": (["//a:b"], "timeout", []),
        "requires svm, vmx, which no machine has together": (["//a:b"], "fail", ["svm", "vmx"]),
    }.items():
        error = planted_fault_error("f", *arguments)
        asserts.true(env, error and "planted_fault 'f'" in error and text in error, "%s: %s" % (text, error))
    return unittest.end(env)

_fault_test = unittest.make(_fault_test_impl)

def bad_rules_test_suite(*, name):
    """Declares the tests.

    Args:
      name: the name of the test suite.
    """
    native.filegroup(
        name = "no_source",
        srcs = ["bad_rules_test.bzl"],
        tags = ["manual"],
    )
    kvm_modules(
        name = "of_no_source",
        headers = "@ringside_linux_headers//:kernel_headers",
        source = ":no_source",
        tags = ["manual"],
    )
    kvm_modules(
        name = "of_no_file",
        edits = [kvm_edit(file = "arch/x86/kvm/none.c", find = "a", replace = "b")],
        tags = ["manual"],
    )
    for target, texts in {
        "of_no_file": [
            "the kernel's source has no arch/x86/kvm/none.c",
            "'file' is a path in arch/x86/kvm or virt/kvm",
        ],
        "of_no_source": [
            "no_source is no source of a kernel with KVM",
            "give kvm_modules a 'source' with the kernel's Makefile",
        ],
    }.items():
        _bad_target_test(
            name = target + "_test",
            size = "small",
            target_under_test = target if target == "of_no_file" else target + "._objects",
            texts = texts,
        )
    unittest.suite(
        name + "_arguments",
        partial.make(_source_test, size = "small"),
        partial.make(_fault_test, size = "small"),
    )
