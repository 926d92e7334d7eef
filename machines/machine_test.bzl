# SPDX-License-Identifier: MIT
"""machine_test: a program that runs as a test, on the host or on an emulated machine."""

load("@bazel_skylib//rules:common_settings.bzl", "BuildSettingInfo")
load("//machines:machine_info.bzl", "MachineInfo", "MachineTestInfo", "RUN_ATTRS", "declare_run", "runfiles_path")

visibility("//...")

# The execution group of test actions that use /dev/kvm where there is one. A
# platform's exec_properties = {"kvm.<key>": "<value>"} are theirs alone.
KVM_EXEC_GROUP = "kvm"

def _arguments(ctx):
    """The attribute `args` as the controller gets it."""
    arguments = []
    for word in ctx.attr.args:
        # What Bazel takes the short forms for in arguments of tests.
        for short in ["location", "locations"]:
            word = word.replace("$({} ".format(short), "$(root{} ".format(short.replace("location", "path")))
        word = ctx.expand_location(word, ctx.attr.data)
        arguments += ctx.tokenize(ctx.expand_make_variables("args", word, {}))
    return arguments

def _machine_test_impl(ctx):
    controller = ctx.attr.controller
    executable = ctx.executable.controller
    data = depset(transitive = [
        target[DefaultInfo].files
        for target in ctx.attr.data
    ] + [
        target[DefaultInfo].default_runfiles.files
        for target in ctx.attr.data + [controller]
    ])
    lines = ["controller " + runfiles_path(ctx, executable)]
    lines += ["requires " + requirement for requirement in ctx.attr.requires]
    lines += ["fixed_by " + fix for fix in ctx.attr.fixed_by]
    lines += [
        "data " + runfiles_path(ctx, file)
        for file in data.to_list()
        if file != executable
    ]
    lines += ["library " + runfiles_path(ctx, file) for file in ctx.files._libraries]
    helpers = []
    if ctx.attr.supervisor:
        helpers = [ctx.executable.supervisor, ctx.file._shell]
        lines.append("supervisor " + runfiles_path(ctx, ctx.executable.supervisor))
        lines.append("shell " + runfiles_path(ctx, ctx.file._shell))
        lines += ["option " + option for option in ctx.attr.supervisor_options]
    emulated = ctx.attr.emulated[MachineInfo] if ctx.attr.emulated else None
    info = MachineTestInfo(
        arguments = _arguments(ctx),
        controller = executable,
        data = data,
        libraries = ctx.files._libraries,
        files = depset([executable] + ctx.files._libraries + helpers, transitive = [data]),
        lines = lines,
        pinned = emulated.name if ctx.attr.pinned else None,
        requires = ctx.attr.requires,
        timeout = ctx.attr.timeout,
    )
    machine = info.pinned or ctx.attr._machine[BuildSettingInfo].value
    run = declare_run(ctx, ctx.label.name, info, machine, emulated, ctx.files._modules)
    return [
        DefaultInfo(
            executable = run.program,
            files = depset([run.program]),
            runfiles = run.runfiles,
        ),
        info,
        testing.ExecutionInfo(exec_group = KVM_EXEC_GROUP),
        RunEnvironmentInfo(
            environment = {
                name: ctx.expand_location(value, ctx.attr.data)
                for name, value in ctx.attr.env.items()
            },
            inherited_environment = ctx.attr.env_inherit,
        ),
        coverage_common.instrumented_files_info(ctx, dependency_attributes = ["controller"]),
    ]

machine_test = rule(
    implementation = _machine_test_impl,
    exec_groups = {KVM_EXEC_GROUP: exec_group()},
    doc = """Runs a program as a test, on the host or on an emulated machine.

--//machines:machine decides: "auto" takes the host if it offers what the test
requires, else the emulated machine. The test's first line of output says where
it runs and why.""",
    attrs = {
        "controller": attr.label(
            mandatory = True,
            executable = True,
            cfg = "target",
            doc = "The program: one static file, unless it is built with the address sanitizer.",
        ),
        "data": attr.label_list(
            allow_files = True,
            doc = "Files that the program finds in its runfiles.",
        ),
        "emulated": attr.label(
            # Like a tool, it is the same whatever the test is built with: one
            # snapshot serves -c opt and --config=asan.
            cfg = "exec",
            providers = [MachineInfo],
            doc = "The machine to run on where the host won't do.",
        ),
        "env": attr.string_dict(
            doc = "Environment variables; $(location) of data is expanded.",
        ),
        "env_inherit": attr.string_list(
            doc = "Environment variables that are taken from outside.",
        ),
        "fixed_by": attr.string_list(
            doc = "Fixes of KVM without which it has to fail: rules/kvm_test.bzl.",
        ),
        "pinned": attr.bool(
            doc = "Whether it runs on that machine alone, whatever --//machines:machine says.",
        ),
        "requires": attr.string_list(
            doc = "The capabilities that the machine must have: machines/capabilities/table.bzl.",
        ),
        "supervisor": attr.label(
            executable = True,
            cfg = "exec",
            doc = "What runs and judges a program that knows nothing of Bazel.",
        ),
        "supervisor_options": attr.string_list(
            doc = "The supervisor's options: machines/supervisor/main.c.",
        ),
        "_libraries": attr.label(default = "//toolchains:controller_libraries"),
        "_machine": attr.label(default = "//machines:machine"),
        "_shell": attr.label(
            default = "@ringside_busybox//:bin/busybox",
            allow_single_file = True,
        ),
    } | RUN_ATTRS,
    test = True,
)
