# SPDX-License-Identifier: MIT
"""A C++ toolchain that is not Ringside's; it needs nothing but a shell."""

load("@bazel_tools//tools/cpp:cc_toolchain_config_lib.bzl", "tool_path")
load("@rules_cc//cc:defs.bzl", "cc_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/toolchains:cc_toolchain_config_info.bzl", "CcToolchainConfigInfo")

def _config_impl(ctx):
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        compiler = "other",
        target_cpu = "k8",
        target_libc = "",
        target_system_name = "",
        tool_paths = [
            tool_path(name = name, path = "compiler.sh")
            for name in ["ar", "cpp", "gcc", "gcov", "ld", "nm", "objcopy", "objdump", "strip"]
        ],
        toolchain_identifier = "other",
    )

_config = rule(
    implementation = _config_impl,
    doc = "The toolchain's tools: one script.",
    provides = [CcToolchainConfigInfo],
)

def other_toolchain(*, name):
    """Declares the toolchain, for any x86-64 Linux.

    Args:
      name: its name.
    """
    _config(name = name + "_config")
    native.filegroup(
        name = name + "_files",
        srcs = ["compiler.sh"],
    )
    cc_toolchain(
        name = name + "_cc",
        all_files = name + "_files",
        ar_files = name + "_files",
        as_files = name + "_files",
        compiler_files = name + "_files",
        dwp_files = name + "_files",
        linker_files = name + "_files",
        objcopy_files = name + "_files",
        strip_files = name + "_files",
        supports_param_files = False,
        toolchain_config = name + "_config",
    )
    native.toolchain(
        name = name,
        exec_compatible_with = ["@platforms//os:linux"],
        target_compatible_with = [
            "@platforms//cpu:x86_64",
            "@platforms//os:linux",
        ],
        toolchain = name + "_cc",
        toolchain_type = "@bazel_tools//tools/cpp:toolchain_type",
    )
