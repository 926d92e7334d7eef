# SPDX-License-Identifier: MIT
"""precompiled_header: a C++ header that Clang has read already."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "use_cpp_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//rules:compile_command.bzl", "compile_command")

visibility("//kvm_tests/...")

_FLAGS = [
    "-x",
    "c++-header",
    # GoogleTest's templates are most of what a test's compilation takes.
    "-fpch-instantiate-templates",
    # No time of a file's is noted, and no folder's name: each compilation has one of its own.
    "-Xclang",
    "-fno-pch-timestamp",
    "-working-directory=/proc/self/cwd",
]

def _precompiled_header_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".pch")
    command = compile_command(
        ctx,
        ACTION_NAMES.cpp_compile,
        source = ctx.file.hdr,
        output = "/proc/self/cwd/" + output.path,
        flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts + _FLAGS,
        context = cc_common.merge_compilation_contexts(
            compilation_contexts = [dep[CcInfo].compilation_context for dep in ctx.attr.deps],
        ),
    )
    ctx.actions.run(
        executable = command.compiler,
        arguments = command.arguments,
        env = command.env,
        inputs = command.inputs,
        outputs = [output],
        mnemonic = "CppPrecompile",
        progress_message = "Precompiling " + ctx.file.hdr.short_path,
    )
    return [DefaultInfo(files = depset([output]))]

precompiled_header = rule(
    implementation = _precompiled_header_impl,
    doc = """Reads a C++ header once for many sources.

A source names it among its `additional_compiler_inputs` and in `-include-pch $(execpath ...)`, and
includes the header as before: tools that don't know Clang's format read it anew. Source and header are
compiled with the same options, apart from warnings and search paths, else Clang refuses.""",
    attrs = {
        "deps": attr.label_list(
            providers = [CcInfo],
            doc = "The libraries that the header belongs to, and includes headers of.",
        ),
        "hdr": attr.label(
            mandatory = True,
            allow_single_file = [".h"],
            doc = "The header.",
        ),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    fragments = ["cpp"],
    toolchains = use_cpp_toolchain(),
)
