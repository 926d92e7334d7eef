# SPDX-License-Identifier: MIT
"""machine_files: a machine and programs as data of a test script."""

load("//machines:machine_info.bzl", "MachineInfo")

visibility("//...")

def _machine_files_impl(ctx):
    return [DefaultInfo(runfiles = ctx.runfiles(
        files = [ctx.executable._runner] + ctx.files.tools,
        transitive_files = ctx.attr.machine[MachineInfo].files,
    ))]

machine_files = rule(
    implementation = _machine_files_impl,
    doc = "All that the runner needs for a machine, built as machine_test has it built.",
    attrs = {
        "machine": attr.label(
            mandatory = True,
            cfg = "exec",
            providers = [MachineInfo],
            doc = "The machine.",
        ),
        "tools": attr.label_list(
            cfg = "exec",
            doc = "Programs that take part in making the machine.",
        ),
        "_runner": attr.label(
            default = "//machines/runner",
            executable = True,
            cfg = "exec",
        ),
    },
)
