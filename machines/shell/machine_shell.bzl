# SPDX-License-Identifier: MIT
"""machine_shell: an emulated machine that tests run on, and that "bazel run" enters."""

load("@bazel_skylib//rules:common_settings.bzl", "BuildSettingInfo")
load("//machines:machine_info.bzl", "MachineInfo", "module_lines", "runfiles_path")

def _machine_shell_impl(ctx):
    machine = ctx.attr.machine[MachineInfo]
    busybox = ctx.file._busybox
    shell = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = shell, target_file = ctx.executable._shell, is_executable = True)

    # The shell reads what the runner reads: see machines/runner/description.h.
    description = ctx.actions.declare_file(ctx.label.name + ".test")
    ctx.actions.write(description, "\n".join([
        "controller " + runfiles_path(ctx, busybox),
        "machine " + ctx.label.name,
        "emulated " + runfiles_path(ctx, machine.description),
    ] + module_lines(ctx, ctx.files._modules)) + "\n")
    return [
        DefaultInfo(
            executable = shell,
            files = ctx.attr.machine[DefaultInfo].files,
            runfiles = ctx.runfiles(
                files = [busybox, description] + ctx.files._modules,
                transitive_files = machine.files,
            ),
        ),
        machine,
        RunEnvironmentInfo(
            environment = {
                "RINGSIDE_SHELL_ASPECT": "{}%come_along".format(Label("//machines/shell:come_along.bzl")),
                # Those that "bazel run" was given: with others, Bazel would analyze all
                # anew, and once more for the next test.
                "RINGSIDE_SHELL_FLAGS": " ".join([
                    "--{}={}".format(Label(flag), value)
                    for flag, value in {
                        "//machines:kernel": ctx.attr._kernel.label,
                        "//machines:machine": ctx.attr._machine[BuildSettingInfo].value,
                        "//machines:modules": ctx.attr._modules.label,
                    }.items()
                ] + ["--features=" + feature for feature in ctx.features]),
            },
        ),
    ]

machine_shell = rule(
    implementation = _machine_shell_impl,
    doc = "Gives a machine, and a shell in it to \"bazel run\".",
    attrs = {
        "machine": attr.label(
            mandatory = True,
            # As tests have it: they share its snapshot.
            cfg = "exec",
            providers = [MachineInfo],
            doc = "The machine.",
        ),
        "_busybox": attr.label(
            default = "@ringside_busybox//:bin/busybox",
            allow_single_file = True,
        ),
        "_shell": attr.label(
            default = "//machines/shell",
            executable = True,
            cfg = "exec",
        ),
        "_kernel": attr.label(default = "//machines:kernel"),
        "_machine": attr.label(default = "//machines:machine"),
        "_modules": attr.label(
            default = "//machines:modules",
            cfg = "exec",
        ),
    },
    executable = True,
    provides = [MachineInfo],
)
