# SPDX-License-Identifier: MIT
"""payload_data: a file as an array in a payload."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain", "use_cpp_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")

visibility("//...")

def _payload_data_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(ctx = ctx, cc_toolchain = toolchain)
    file = ctx.file.src
    _, outputs = cc_common.compile(
        name = ctx.label.name,
        actions = ctx.actions,
        cc_toolchain = toolchain,
        feature_configuration = features,
        srcs = [ctx.file._embed],
        additional_inputs = [file],
        user_compile_flags = [
            "-DDATA_SYMBOL=" + ctx.attr.symbol,
            "-DDATA_FILE=\"{}\"".format(file.path),
        ],
    )
    linking_context, _ = cc_common.create_linking_context_from_compilation_outputs(
        name = ctx.label.name,
        actions = ctx.actions,
        cc_toolchain = toolchain,
        compilation_outputs = outputs,
        feature_configuration = features,
        disallow_dynamic_library = True,
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
            default = "//rules:embed_data.S",
            allow_single_file = True,
        ),
    },
    fragments = ["cpp"],
    provides = [CcInfo],
    toolchains = use_cpp_toolchain(),
)
