# SPDX-License-Identifier: MIT
"""compile_command: a compilation whose output is not an object file."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")

visibility([
    "//host/tests/formats",
    "//rules",
])

def compile_command(ctx, action_name, source, output, flags, context, defines = []):
    """Says how the rule's C++ toolchain compiles a source.

    Args:
        ctx: The rule's context, with the fragment "cpp".
        action_name: A value of ACTION_NAMES.
        source: The file to compile.
        output: The path of what is made.
        flags: More options of the compiler.
        context: The CompilationContext of the libraries whose headers the source includes.
        defines: More macros to define.

    Returns:
        A struct: compiler (its path), arguments (a list), env (a dict) and
        inputs (a depset: source, headers and toolchain).
    """
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    what = {"action_name": action_name, "feature_configuration": features}
    variables = cc_common.create_compile_variables(
        cc_toolchain = toolchain,
        feature_configuration = features,
        source_file = source.path,
        output_file = output,
        user_compile_flags = flags,
        include_directories = context.includes,
        quote_include_directories = context.quote_includes,
        system_include_directories = context.system_includes,
        preprocessor_defines = depset(defines, transitive = [context.defines]),
    )
    return struct(
        compiler = cc_common.get_tool_for_action(**what),
        arguments = cc_common.get_memory_inefficient_command_line(variables = variables, **what),
        env = cc_common.get_environment_variables(variables = variables, **what),
        inputs = depset([source], transitive = [context.headers, toolchain.all_files]),
    )
