# SPDX-License-Identifier: MIT
"""describe: what the score has to know of tests and faults, as files of lines."""

load("//kvm_lab:fault_info.bzl", "FaultInfo")
load("//machines:machine_info.bzl", "MachineInfo", "MachineTestInfo", "runfiles_path")

visibility("//kvm_lab/...")

def file_lines(ctx, files):
    """Tells where files are, and where a test looks for them.

    Args:
      ctx: a context.
      files: a depset of Files.

    Returns:
      A list of lines.
    """
    return ["file {} {}".format(runfiles_path(ctx, file), file.path) for file in files.to_list()]

def machine_lines(ctx, target):
    """Tells of a machine.

    Args:
      ctx: a context.
      target: a target with MachineInfo.

    Returns:
      A list of lines.
    """
    machine = target[MachineInfo]
    return [
        "machine {} {}".format(machine.name, runfiles_path(ctx, machine.description)),
    ] + file_lines(ctx, machine.files)

def _arguments(ctx):
    """The test's arguments, as Bazel would start it with them."""
    return [
        word
        for argument in ctx.rule.attr.args
        for word in ctx.tokenize(ctx.expand_location(argument, ctx.rule.attr.data).replace("$$", "$"))
    ]

def _test_lines(ctx, test):
    attrs = ctx.rule.attr
    lines = ["timeout " + attrs.timeout]
    lines += ["argument " + argument for argument in _arguments(ctx)]
    lines += [
        "environment {}={}".format(name, value)
        for name, value in attrs.env.items()
        # What names a file has a path that only Bazel knows.
        if "$" not in value
    ]
    if attrs.pinned:
        lines.append("pinned " + attrs.emulated[MachineInfo].name)
    return lines + ["line " + line for line in test.lines] + file_lines(ctx, test.files)

def _fault_lines(fault):
    return [
        "source " + fault.file,
        "on " + fault.machine,
    ] + [
        "caught_by " + label
        for label in fault.caught_by
    ] + ["module " + file.path for file in fault.modules]

def _describe_impl(target, ctx):
    lines, files = [], []
    if MachineTestInfo in target:
        test = target[MachineTestInfo]
        lines += _test_lines(ctx, test)
        files.append(test.files)
        if ctx.rule.attr.emulated:
            lines += machine_lines(ctx, ctx.rule.attr.emulated)
            files.append(ctx.rule.attr.emulated[MachineInfo].files)
    if FaultInfo in target:
        lines += _fault_lines(target[FaultInfo])
        files.append(depset(target[FaultInfo].modules))
    if not lines:
        return []
    description = ctx.actions.declare_file(target.label.name + ".score")
    ctx.actions.write(description, "\n".join(lines) + "\n")
    return [OutputGroupInfo(ringside_score = depset([description], transitive = files))]

describe = aspect(
    implementation = _describe_impl,
    doc = """Writes <name>.score for each test of machine_test's and each fault.

Its output group ringside_score has all that the score needs to run the test.""",
)
