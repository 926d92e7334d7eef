# SPDX-License-Identifier: MIT
"""come_along: what the shell has to know of a program that it takes into a machine."""

load("//machines:machine_info.bzl", "MachineTestInfo", "runfiles_path")

visibility("//machines/...")

def _file_lines(ctx, kind, files):
    return ["{} {} {}".format(kind, runfiles_path(ctx, file), file.path) for file in files]

def _come_along_impl(target, ctx):
    libraries = []
    if MachineTestInfo in target:
        # Without the machine, which the test might run on.
        program = target[MachineTestInfo].controller
        data = target[MachineTestInfo].data
        libraries = target[MachineTestInfo].libraries
    else:
        program = target[DefaultInfo].files_to_run.executable
        data = target[DefaultInfo].default_runfiles.files
    if not program:
        return []
    description = ctx.actions.declare_file(target.label.name + ".shell")
    ctx.actions.write(description, "\n".join(
        ["program " + program.path] +
        _file_lines(ctx, "library", libraries) +
        _file_lines(ctx, "data", [file for file in data.to_list() if file != program]),
    ) + "\n")
    return [OutputGroupInfo(
        ringside_shell = depset([description, program] + libraries, transitive = [data]),
    )]

come_along = aspect(
    implementation = _come_along_impl,
    doc = """Writes <name>.shell for each program.

Its output group ringside_shell has all that the program needs in a machine.""",
)
