# SPDX-License-Identifier: MIT
"""Another C toolchain in front of Ringside's: a controller is built with Ringside's all the same."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@rules_cc//cc:defs.bzl", "cc_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/toolchains:cc_toolchain_config_info.bzl", "CcToolchainConfigInfo")
load("//rules:payload.bzl", "kvm_payload")
load("//toolchains:cc_binary.bzl", "cc_binary")

visibility("//rules/tests/...")

def _foreign_config_impl(ctx):
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        compiler = "cc",
        target_cpu = "k8",
        target_libc = "",
        target_system_name = "",
        toolchain_identifier = "foreign",
    )

_foreign_config = rule(
    implementation = _foreign_config_impl,
    doc = "A C toolchain that knows no tools: this test only looks which one is chosen.",
    provides = [CcToolchainConfigInfo],
)

def _foreign_toolchain_test_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.expect_failure(env, "for Ringside's C toolchain, and Bazel chose 'foreign'.")
    asserts.expect_failure(env, "Fix: build the test, or its controller")
    return analysistest.end(env)

# The last comes first.
_FOREIGN_FIRST = {
    "//command_line_option:extra_toolchains": [
        str(Label("//toolchains:all")),
        str(Label("//rules/tests:foreign_toolchain")),
    ],
}

_foreign_toolchain_test = analysistest.make(
    _foreign_toolchain_test_impl,
    config_settings = _FOREIGN_FIRST,
    expect_failure = True,
)

def _controller_toolchain_test_impl(ctx):
    env = analysistest.begin(ctx)

    # Else the payload in it would have ended the analysis.
    asserts.true(env, analysistest.target_under_test(env)[DefaultInfo].files_to_run.executable)
    return analysistest.end(env)

_controller_toolchain_test = analysistest.make(
    _controller_toolchain_test_impl,
    config_settings = _FOREIGN_FIRST,
)

def foreign_toolchain_test(*, name):
    """Declares a C toolchain that is not Ringside's, and tests of who is built with it.

    Args:
      name: the name of the test that a part of a controller refuses it. That the
        controller is not built with it is `<name>_for_controller`.
    """
    _foreign_config(name = "foreign_config")
    native.filegroup(name = "foreign_files")
    cc_toolchain(
        name = "foreign_cc",
        all_files = "foreign_files",
        compiler_files = "foreign_files",
        dwp_files = "foreign_files",
        linker_files = "foreign_files",
        objcopy_files = "foreign_files",
        strip_files = "foreign_files",
        toolchain_config = "foreign_config",
    )
    native.toolchain(
        name = "foreign_toolchain",
        # For controllers; payloads have an operating system less.
        target_compatible_with = ["@platforms//os:linux"],
        toolchain = "foreign_cc",
        toolchain_type = "@bazel_tools//tools/cpp:toolchain_type",
    )
    native.filegroup(
        name = "any_payload",
        srcs = ["BUILD.bazel"],
        tags = ["manual"],
    )
    kvm_payload(
        name = "refused_payload",
        binary = "any_payload",
        guest = "x86_64",
        tags = ["manual"],
    )
    _foreign_toolchain_test(
        name = name,
        target_under_test = "refused_payload",
    )
    cc_binary(
        name = "controller",
        tags = ["manual"],
        deps = ["refused_payload"],
    )
    _controller_toolchain_test(
        name = name + "_for_controller",
        target_under_test = "controller",
    )
