# SPDX-License-Identifier: MIT
"""guest_diagnostics, host_diagnostics: what the compiler says of a source that is wrong."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain", "use_cpp_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//rules:guest_transition.bzl", "guest_transition")

# The compiler itself compares: an "expected-error {{TEXT}}" comment wants TEXT
# in an error of its line, and whatever else is reported is one too many.
_VERIFY = [
    "-ferror-limit=0",
    "-fsyntax-only",
    "-Xclang",
    "-verify",
]

def _diagnostics_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    context = cc_common.merge_cc_infos(
        cc_infos = [dep[CcInfo] for dep in ctx.attr.deps],
    ).compilation_context
    log = ctx.actions.declare_file(ctx.label.name + ".log")
    variables = cc_common.create_compile_variables(
        cc_toolchain = toolchain,
        feature_configuration = features,
        source_file = ctx.file.src.path,
        output_file = log.path + ".o",
        user_compile_flags = _VERIFY,
        include_directories = context.includes,
        quote_include_directories = context.quote_includes,
        system_include_directories = context.system_includes,
        preprocessor_defines = depset(ctx.attr.local_defines, transitive = [context.defines]),
    )
    action = ACTION_NAMES.c_compile
    ctx.actions.run_shell(
        command = 'log=$1; shift; "$@" >"$log" 2>&1; echo "compiler\'s exit status: $?" >>"$log"',
        arguments = [
            log.path,
            cc_common.get_tool_for_action(
                action_name = action,
                feature_configuration = features,
            ),
        ] + cc_common.get_memory_inefficient_command_line(
            action_name = action,
            feature_configuration = features,
            variables = variables,
        ),
        env = cc_common.get_environment_variables(
            action_name = action,
            feature_configuration = features,
            variables = variables,
        ),
        inputs = depset([ctx.file.src], transitive = [context.headers, toolchain.all_files]),
        outputs = [log],
        mnemonic = "Diagnostics",
        progress_message = "Compiling what must not compile, %{label}",
    )
    return [DefaultInfo(files = depset([log]))]

_DOC = """Compiles a source, as {pass_} is compiled, against the errors that its comments expect.

Makes a log: the compiler's output and exit status, which is 0 if exactly the
expected errors came. A test reads it, so that the build itself does not fail."""

_ATTRS = {
    "deps": attr.label_list(
        mandatory = True,
        providers = [CcInfo],
        doc = "Libraries whose headers the source includes.",
    ),
    "local_defines": attr.string_list(
        doc = "Macros to define.",
    ),
    "src": attr.label(
        mandatory = True,
        allow_single_file = [".c"],
        doc = "The source, with \"expected-error\" comments.",
    ),
    "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
}

guest_diagnostics = rule(
    implementation = _diagnostics_impl,
    cfg = guest_transition,
    doc = _DOC.format(pass_ = "a payload"),
    attrs = _ATTRS | {
        "guest": attr.string(
            mandatory = True,
            doc = "The payload's architecture, a key of GUESTS.",
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    fragments = ["cpp"],
    toolchains = use_cpp_toolchain(),
)

host_diagnostics = rule(
    implementation = _diagnostics_impl,
    doc = _DOC.format(pass_ = "a controller"),
    attrs = _ATTRS,
    fragments = ["cpp"],
    toolchains = use_cpp_toolchain(),
)
