# SPDX-License-Identifier: MIT
"""link_log: what the linker says of a payload that must not link."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain", "use_cpp_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//rules:guest_transition.bzl", "guest_transition")

visibility("//guest/tests/...")

def _link_log_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(ctx = ctx, cc_toolchain = toolchain)
    context = ctx.attr._guest[0][CcInfo] if type(ctx.attr._guest) == "list" else ctx.attr._guest[CcInfo]
    _, outputs = cc_common.compile(
        name = ctx.label.name,
        actions = ctx.actions,
        cc_toolchain = toolchain,
        feature_configuration = features,
        srcs = ctx.files.srcs,
        compilation_contexts = [context.compilation_context],
    )
    objects = outputs.objects + outputs.pic_objects
    inputs = list(objects)
    flags = [file.path for file in objects]
    for linker_input in context.linking_context.linker_inputs.to_list():
        flags += linker_input.user_link_flags
        inputs += linker_input.additional_inputs
        for library in linker_input.libraries:
            archive = library.static_library or library.pic_static_library
            inputs.append(archive)
            flags += ["-Wl,--whole-archive", archive.path, "-Wl,--no-whole-archive"] if library.alwayslink else [archive.path]
    log = ctx.actions.declare_file(ctx.label.name + ".log")
    action = ACTION_NAMES.cpp_link_executable
    variables = cc_common.create_link_variables(
        cc_toolchain = toolchain,
        feature_configuration = features,
        output_file = log.path + ".elf",
        user_link_flags = flags,
    )
    ctx.actions.run_shell(
        command = 'log=$1; shift; "$@" >"$log" 2>&1; echo "linker\'s exit status: $?" >>"$log"',
        arguments = [
            log.path,
            cc_common.get_tool_for_action(action_name = action, feature_configuration = features),
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
        inputs = depset(inputs, transitive = [toolchain.all_files]),
        outputs = [log],
        mnemonic = "LinkLog",
        progress_message = "Linking what must not link, %{label}",
    )
    return [DefaultInfo(files = depset([log]))]

link_log = rule(
    implementation = _link_log_impl,
    cfg = guest_transition,
    doc = "Links a payload and makes a log of the linker's output and exit status, so that a test can read it.",
    attrs = {
        "guest": attr.string(
            mandatory = True,
            doc = "The payload's architecture, a key of GUESTS.",
        ),
        "srcs": attr.label_list(
            mandatory = True,
            allow_files = [".c"],
            doc = "The payload.",
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
        "_guest": attr.label(default = "//guest"),
    },
    fragments = ["cpp"],
    toolchains = use_cpp_toolchain(),
)
