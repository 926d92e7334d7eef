# SPDX-License-Identifier: MIT
"""cc_binary: a program of Ringside's, built by Ringside's toolchain.

Ringside's toolchain serves its own platforms alone, so that it takes over no
other build. Controllers, and the programs that run them, are built for such a
platform whatever the platform and the toolchains of the build around them.
"""

load("@rules_cc//cc:cc_binary.bzl", _cc_binary = "cc_binary")
load("//toolchains:architectures.bzl", "CONTROLLER_HOST")
load("//toolchains:declare.bzl", "host_platform")

visibility("//...")

_EXTRA_TOOLCHAINS = "//command_line_option:extra_toolchains"
_PLATFORMS = "//command_line_option:platforms"

def ringside_toolchains_first(toolchains):
    """The value of --extra_toolchains with which Ringside's come before all others.

    A toolchain that a repository registers for any x86-64 Linux fits Ringside's
    platform too; the last of these comes before all that are registered.

    Args:
      toolchains: the value so far.

    Returns:
      A list; the value itself, if they come first already.
    """
    ours = str(Label("//toolchains:all"))
    return [other for other in toolchains if other != ours] + [ours]

def _controller_transition_impl(settings, attr):
    return {
        _EXTRA_TOOLCHAINS: ringside_toolchains_first(settings[_EXTRA_TOOLCHAINS]),
        _PLATFORMS: [str(host_platform(attr.host))],
    }

_controller_transition = transition(
    implementation = _controller_transition_impl,
    inputs = [_EXTRA_TOOLCHAINS],
    outputs = [
        _EXTRA_TOOLCHAINS,
        _PLATFORMS,
    ],
)

def _for_controllers_impl(ctx):
    program = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = program, target_file = ctx.executable.binary, is_executable = True)
    environment = [ctx.attr.binary[RunEnvironmentInfo]] if RunEnvironmentInfo in ctx.attr.binary else []
    return environment + [
        DefaultInfo(
            executable = program,
            runfiles = ctx.attr.binary[DefaultInfo].default_runfiles,
        ),
        coverage_common.instrumented_files_info(ctx, dependency_attributes = ["binary"]),
    ]

_for_controllers = rule(
    implementation = _for_controllers_impl,
    cfg = _controller_transition,
    doc = "A program, built for the controllers' platform.",
    attrs = {
        "binary": attr.label(
            mandatory = True,
            executable = True,
            cfg = "target",
            doc = "The program: a cc_binary.",
        ),
        "host": attr.string(
            mandatory = True,
            doc = "Whose platform, a key of HOSTS.",
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    executable = True,
)

def cc_binary(*, name, host = CONTROLLER_HOST, tags = [], testonly = None, visibility = None, **kwargs):
    """A cc_binary for the platform of controllers, built by Ringside's toolchain.

    Args:
      name: the program's name.
      host: what it runs on, a key of HOSTS.
      tags: tags of the program.
      testonly: whether only tests use it.
      visibility: who uses it.
      **kwargs: what cc_binary knows.
    """
    _cc_binary(
        name = name + "._cc",
        tags = ["manual"],
        testonly = testonly,
        visibility = ["//visibility:private"],
        **kwargs
    )
    _for_controllers(
        name = name,
        binary = name + "._cc",
        host = host,
        tags = tags,
        testonly = testonly,
        visibility = visibility,
    )
