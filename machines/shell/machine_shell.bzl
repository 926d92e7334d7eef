# SPDX-License-Identifier: MIT
"""machine_shell: an emulated machine that tests run on, and that "bazel run" enters."""

load("//machines:machine_info.bzl", "MachineInfo", "module_lines", "runfiles_path")

def _machine_shell_impl(ctx):
    machine = ctx.attr.machine[MachineInfo]
    agent = ctx.executable._agent
    busybox = ctx.file._busybox
    shell = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = shell, target_file = ctx.executable._shell, is_executable = True)

    # The shell reads what the runner reads: see machines/runner/description.h.
    description = ctx.actions.declare_file(ctx.label.name + ".test")
    ctx.actions.write(description, "\n".join([
        "controller " + runfiles_path(ctx, agent),
        "machine " + ctx.label.name,
        "emulated " + runfiles_path(ctx, machine.description),
        "data " + runfiles_path(ctx, busybox),
    ] + module_lines(ctx, ctx.files._modules)) + "\n")
    return [
        DefaultInfo(
            executable = shell,
            files = ctx.attr.machine[DefaultInfo].files,
            runfiles = ctx.runfiles(
                files = [agent, busybox, description] + ctx.files._modules,
                transitive_files = machine.files,
            ),
        ),
        machine,
        # The shell has Bazel build tests without their machines.
        RunEnvironmentInfo(
            environment = {
                # Sanitizers and the like, which "bazel run" was asked for.
                "RINGSIDE_FEATURES": " ".join(ctx.features),
                "RINGSIDE_MACHINE_FLAG": str(ctx.attr._machine.label),
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
        "_agent": attr.label(
            default = "//machines/shell/agent",
            executable = True,
            cfg = "exec",
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
        "_machine": attr.label(default = "//machines:machine"),
        "_modules": attr.label(
            default = "//machines:modules",
            cfg = "exec",
        ),
    },
    executable = True,
    provides = [MachineInfo],
)
