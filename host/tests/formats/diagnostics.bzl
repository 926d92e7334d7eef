# SPDX-License-Identifier: MIT
"""guest_diagnostics, host_diagnostics: what the compiler says of a source that is wrong."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "use_cpp_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//rules:compile_command.bzl", "compile_command")
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
    log = ctx.actions.declare_file(ctx.label.name + ".log")
    command = compile_command(
        ctx,
        ACTION_NAMES.c_compile,
        source = ctx.file.src,
        output = log.path + ".o",
        flags = _VERIFY,
        context = cc_common.merge_cc_infos(
            cc_infos = [dep[CcInfo] for dep in ctx.attr.deps],
        ).compilation_context,
        defines = ctx.attr.local_defines,
    )
    ctx.actions.run_shell(
        command = 'log=$1; shift; "$@" >"$log" 2>&1; echo "compiler\'s exit status: $?" >>"$log"',
        arguments = [log.path, command.compiler] + command.arguments,
        env = command.env,
        inputs = command.inputs,
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
