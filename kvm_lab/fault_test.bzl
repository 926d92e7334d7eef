# SPDX-License-Identifier: MIT
"""fault_test: what tests say of a rebuilt KVM."""

load("//kvm_lab:fault_info.bzl", "FaultInfo")
load("//machines:machine_info.bzl", "MachineInfo", "MachineTestInfo", "RUNNER_ATTRS", "declare_run", "runfiles_path")
load("//machines:machines.bzl", "MACHINES")

visibility("//kvm_lab/...")

# What a test can say of a faulty KVM.
CAUGHT_AS = [
    "fail",
    "crash",
    "hang",
    "oops",
    "warn",
]

def _check_requirements(ctx, test):
    machine = ctx.attr.machine[MachineInfo].name
    missing = [
        requirement
        for requirement in test[MachineTestInfo].requires
        if machine in MACHINES and requirement not in MACHINES[machine]
    ]
    if missing:
        fail("{}: {} requires {}, which machine {} has not; say so in the fault's 'requires', and another machine is taken".format(
            ctx.label,
            test.label,
            ", ".join(missing),
            machine,
        ))

def _fault_test_impl(ctx):
    machine = ctx.attr.machine[MachineInfo]
    runs, entries = [], []
    for test in ctx.attr.tests:
        _check_requirements(ctx, test)
    for index, entry in enumerate(ctx.attr.runs):
        number, cases = entry.split(" ")
        test = ctx.attr.tests[int(number)]
        run = declare_run(
            ctx,
            "{}.{}".format(ctx.label.name, index),
            test[MachineTestInfo],
            machine.name,
            machine,
            ctx.files.modules,
        )
        runs.append(run.runfiles)
        entries.append("{} {} {}".format(runfiles_path(ctx, run.program), cases, test.label))

    list = ctx.actions.declare_file(ctx.label.name + ".runs")
    ctx.actions.write(list, "\n".join(["{} {}".format(ctx.attr.verdict, ctx.attr.undoes)] + entries) + "\n")
    test = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = test, target_file = ctx.executable._judge, is_executable = True)
    return [
        DefaultInfo(
            executable = test,
            files = depset([test]),
            runfiles = ctx.runfiles(files = [list]).merge_all(runs),
        ),
        FaultInfo(
            caught_by = [str(test.label) for test in ctx.attr.tests],
            file = ctx.attr.file,
            machine = machine.name,
            modules = ctx.files.modules,
        ),
    ]

fault_test = rule(
    implementation = _fault_test_impl,
    doc = """Runs tests on a machine with KVM's modules replaced, and compares their verdict with the one expected.

A worker without /dev/kvm will do: the machine is an emulated one.""",
    attrs = {
        "file": attr.string(
            doc = "The file that the fault is in; empty where there is none.",
        ),
        "machine": attr.label(
            mandatory = True,
            # One snapshot serves all, whatever the test is built with.
            cfg = "exec",
            providers = [MachineInfo],
            doc = "Where.",
        ),
        "modules": attr.label(
            mandatory = True,
            allow_files = [".ko"],
            cfg = "exec",
            doc = "KVM's modules.",
        ),
        "runs": attr.string_list(
            mandatory = True,
            doc = "For each run, which of `tests`, counted from 0, and the --gtest_filter.",
        ),
        "tests": attr.label_list(
            mandatory = True,
            providers = [MachineTestInfo],
            doc = "What runs, each once.",
        ),
        "undoes": attr.string(
            doc = "What the fault undoes, for messages.",
        ),
        "verdict": attr.string(
            mandatory = True,
            values = ["pass"] + CAUGHT_AS,
            doc = "What each test has to say.",
        ),
        "_judge": attr.label(
            default = "//kvm_lab/verdict:judge",
            executable = True,
            cfg = "exec",
        ),
    } | RUNNER_ATTRS,
    test = True,
)
