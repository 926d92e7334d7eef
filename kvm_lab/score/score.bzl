# SPDX-License-Identifier: MIT
"""score: the program behind "bazel run //kvm_lab:score"."""

load("//kvm_lab/score:describe.bzl", "file_lines", "machine_lines")
load("//machines:machine_info.bzl", "MachineInfo", "RUNNER_ATTRS", "runfiles_path")

visibility("//kvm_lab/...")

def _score_impl(ctx):
    runner = ctx.executable._runner
    files = depset(
        [runner] + ctx.files.unedited + ctx.files.lists + [ctx.file.equivalents],
        transitive = [machine[MachineInfo].files for machine in ctx.attr.machines],
    )
    lines = ["runner " + runfiles_path(ctx, runner)]
    lines += ["module " + file.path for file in ctx.files.unedited]
    lines += ["list " + file.path for file in ctx.files.lists]
    lines.append("equivalents " + ctx.file.equivalents.path)
    for machine in ctx.attr.machines:
        lines += machine_lines(ctx, machine)
    lines += file_lines(ctx, depset([runner]))
    description = ctx.actions.declare_file(ctx.label.name + ".score")
    ctx.actions.write(description, "\n".join(lines) + "\n")

    program = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = program, target_file = ctx.executable._program, is_executable = True)
    return [
        DefaultInfo(
            executable = program,
            runfiles = ctx.runfiles(files = [description], transitive_files = files),
        ),
        RunEnvironmentInfo(environment = {
            "RINGSIDE_SCORE": description.short_path,
            "RINGSIDE_SCORE_ASPECT": "{}%describe".format(Label("//kvm_lab/score:describe.bzl")),
            "RINGSIDE_SCORE_FAULTS": str(Label("//kvm_lab/faults:BUILD")).replace(":BUILD", "/..."),
            "RINGSIDE_SCORE_KVM_TESTS": str(Label("//kvm_tests:BUILD")).replace(":BUILD", "/..."),
            "RINGSIDE_SCORE_SELFTESTS": str(Label("//suites/selftests:BUILD")).replace(":BUILD", "/..."),
            "RINGSIDE_SCORE_WORKSPACE": ctx.workspace_name,
        }),
    ]

score = rule(
    implementation = _score_impl,
    doc = "Runs suites of tests on faulty KVMs, and counts what they catch.",
    attrs = {
        "equivalents": attr.label(
            mandatory = True,
            allow_single_file = True,
            doc = "The generated faults that change nothing, with reasons.",
        ),
        "lists": attr.label_list(
            allow_files = True,
            doc = "Lists of generated faults.",
        ),
        "machines": attr.label_list(
            # Those that tests have.
            cfg = "exec",
            providers = [MachineInfo],
            doc = "The machines to choose from; the first that suits a test and a fault is taken.",
        ),
        "unedited": attr.label(
            mandatory = True,
            cfg = "exec",
            doc = "KVM's modules without a fault.",
        ),
        "_program": attr.label(
            default = "//kvm_lab/score:program",
            executable = True,
            cfg = "exec",
        ),
    } | RUNNER_ATTRS,
    executable = True,
)
