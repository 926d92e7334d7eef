# SPDX-License-Identifier: MIT
"""matrix_cell_test: a test that runs another one on a machine, without building anything of it anew."""

load("//machines:machine_info.bzl", "MachineInfo", "MachineTestInfo", "RUN_ATTRS", "declare_run")
load("//machines:machine_test.bzl", "KVM_EXEC_GROUP")

visibility("//...")

_TIMEOUTS = ["short", "moderate", "long", "eternal"]

def _check(ctx, test, machine):
    """Ends the build for what would be no fair run of the test."""
    if test.pinned and test.pinned != machine:
        fail("{}: {} is for machine {} alone, which its own 'machines' says. Fix: leave it out here".format(
            ctx.label,
            ctx.attr.test.label,
            test.pinned,
        ))
    if _TIMEOUTS.index(test.timeout) > _TIMEOUTS.index(ctx.attr.timeout):
        fail("{}: {} may take longer than this. Fix: say timeout = \"{}\" here, too".format(
            ctx.label,
            ctx.attr.test.label,
            test.timeout,
        ))

def _matrix_cell_test_impl(ctx):
    if MachineTestInfo not in ctx.attr.test:
        fail(("{}: {} is no test of kvm_test, kvm_program_test and their like. Fix: name such tests; of a " +
              "test_suite, as kvm_test makes for several guests, each of its tests").format(
            ctx.label,
            ctx.attr.test.label,
        ))
    test = ctx.attr.test[MachineTestInfo]
    emulated = ctx.attr.machine[MachineInfo] if ctx.attr.machine else None
    machine = emulated.name if emulated else "host"
    _check(ctx, test, machine)
    run = declare_run(ctx, ctx.label.name, test, machine, emulated, ctx.files._modules, test.arguments)
    providers = [
        DefaultInfo(
            executable = run.program,
            files = depset([run.program]),
            runfiles = run.runfiles,
        ),
        ctx.attr.test[RunEnvironmentInfo],
    ]

    # A worker without /dev/kvm will do for an emulated machine.
    return providers if emulated else providers + [testing.ExecutionInfo(exec_group = KVM_EXEC_GROUP)]

matrix_cell_test = rule(
    implementation = _matrix_cell_test_impl,
    exec_groups = {KVM_EXEC_GROUP: exec_group()},
    doc = "A test of kvm_test and its like on one machine: a cell of a kvm_test_matrix.",
    attrs = {
        "machine": attr.label(
            # As tests have it: they share its snapshot.
            cfg = "exec",
            providers = [MachineInfo],
            doc = "Where it runs; without it, on the host.",
        ),
        "test": attr.label(
            mandatory = True,
            doc = "What runs.",
        ),
    } | RUN_ATTRS,
    test = True,
)
