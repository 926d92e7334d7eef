# SPDX-License-Identifier: MIT
"""precompiled_header: a C++ header that Clang has read already."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain", "use_cpp_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")

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
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    context = cc_common.merge_compilation_contexts(
        compilation_contexts = [dep[CcInfo].compilation_context for dep in ctx.attr.deps],
    )
    output = ctx.actions.declare_file(ctx.label.name + ".pch")
    variables = cc_common.create_compile_variables(
        cc_toolchain = toolchain,
        feature_configuration = features,
        source_file = ctx.file.hdr.path,
        output_file = "/proc/self/cwd/" + output.path,
        user_compile_flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts + _FLAGS,
        include_directories = context.includes,
        quote_include_directories = context.quote_includes,
        system_include_directories = context.system_includes,
        preprocessor_defines = context.defines,
    )
    ctx.actions.run(
        executable = cc_common.get_tool_for_action(
            feature_configuration = features,
            action_name = ACTION_NAMES.cpp_compile,
        ),
        arguments = cc_common.get_memory_inefficient_command_line(
            feature_configuration = features,
            action_name = ACTION_NAMES.cpp_compile,
            variables = variables,
        ),
        env = cc_common.get_environment_variables(
            feature_configuration = features,
            action_name = ACTION_NAMES.cpp_compile,
            variables = variables,
        ),
        inputs = depset([ctx.file.hdr], transitive = [context.headers, toolchain.all_files]),
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
