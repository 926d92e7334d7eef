# SPDX-License-Identifier: MIT
"""payload_data: a file as an array in a payload."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain", "use_cpp_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//rules:assemble.bzl", "assemble")

visibility("//...")

def _payload_data_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(ctx = ctx, cc_toolchain = toolchain)
    file = ctx.file.src
    linking_context = assemble(
        ctx,
        toolchain,
        features,
        template = ctx.file._embed,
        substitutions = {"%{path}": file.path, "%{symbol}": ctx.attr.symbol},
        embedded = [file],
    )
    return [CcInfo(linking_context = linking_context)]

payload_data = rule(
    implementation = _payload_data_impl,
    doc = """Makes an array of a payload out of a file.

The payload declares `extern const unsigned char SYMBOL[], SYMBOL_end[];`. The array begins at a multiple of 16.""",
    attrs = {
        "src": attr.label(
            mandatory = True,
            allow_single_file = True,
            doc = "The file.",
        ),
        "symbol": attr.string(
            mandatory = True,
            doc = "The array's name.",
        ),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
        "_embed": attr.label(
            default = "//rules:embed_data.s.tpl",
            allow_single_file = True,
        ),
    },
    fragments = ["cpp"],
    provides = [CcInfo],
    toolchains = use_cpp_toolchain(),
)
