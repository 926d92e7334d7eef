# SPDX-License-Identifier: MIT
"""commands_test: a tool that reads sources by their compile commands, as a test."""

load("//tools/ide:compile_commands_aspect.bzl", "CompileCommandsInfo", "compile_commands_aspect")
load("//tools/lint:source_files.bzl", "SourceFilesInfo")

def _is_read(ctx, path):
    return any([path.endswith(suffix) for suffix in ctx.attr.suffixes])

def _chosen_commands(ctx):
    """One command for each file and view; what is built for use in the build comes last."""
    depsets = [target[CompileCommandsInfo].commands for target in ctx.attr.targets]
    chosen = {}
    for command in depset(transitive = depsets).to_list():
        if not _is_read(ctx, command.file.path):
            continue
        key = (command.view, command.file.path)
        if key not in chosen or (chosen[key].is_for_build and not command.is_for_build):
            chosen[key] = command
    return chosen

# Views whose files others mostly have, too.
_TWINS = ["i386", "linux_arm64"]

def _report(ctx, view, path, command, again):
    """Runs the tool on one file; its findings are the action's output."""
    name = "{}/{}/{}".format(ctx.label.name, view, path)
    line = ctx.actions.declare_file(name + ".command")
    ctx.actions.write(line, command.line + "\n")
    report = ctx.actions.declare_file(name + ".report")
    ctx.actions.run(
        executable = ctx.executable._read_again if again else ctx.executable.checker,
        arguments = ([ctx.executable.checker.path] if again else []) + [
            report.path,
            line.path,
            ctx.executable._merge.path,
            ctx.file.tool.path,
            path,
        ],
        inputs = depset(
            [line, ctx.file.tool] + ctx.files.configuration,
            transitive = [command.inputs, ctx.attr.tool[DefaultInfo].default_runfiles.files],
        ),
        tools = [ctx.executable._merge] + ([ctx.executable.checker] if again else []),
        outputs = [report],
        mnemonic = "Lint",
        progress_message = "Reading {} ({}) with {}".format(path, view, ctx.file.tool.basename),
    )
    return report

def _uncovered(ctx, covered):
    """The workspace's sources that no command is for."""
    paths = ctx.attr._all[SourceFilesInfo].files.keys()

    # third_party/ has parts of other repositories; a folder with such a file is a
    # workspace of its own.
    elsewhere = ["third_party/"]
    for path in paths:
        folder, _, name = path.rpartition("/")
        if folder and name in ["WORKSPACE", "WORKSPACE.bazel", "MODULE.bazel"]:
            elsewhere.append(folder + "/")
    return [
        path
        for path in paths
        if path not in covered and
           path not in ctx.attr.faulty and
           _is_read(ctx, path) and
           not any([path.startswith(folder) for folder in elsewhere])
    ]

def _commands_test_impl(ctx):
    links = {}
    covered = {}
    chosen = _chosen_commands(ctx)
    first = {path: True for view, path in chosen if view not in _TWINS}
    for (view, path), command in chosen.items():
        again = view in _TWINS and path in first
        links["reports/{}/{}".format(view, path)] = _report(ctx, view, path, command, again)
        covered[path] = True

    uncovered = ctx.actions.declare_file(ctx.label.name + ".uncovered")
    ctx.actions.write(uncovered, "".join([path + "\n" for path in _uncovered(ctx, covered)]))
    links["uncovered"] = uncovered

    test = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.symlink(output = test, target_file = ctx.file._show_reports, is_executable = True)
    return [DefaultInfo(executable = test, runfiles = ctx.runfiles(symlinks = links))]

commands_test = rule(
    implementation = _commands_test_impl,
    doc = """Runs a tool on each such C and C++ file as targets, with all that they depend on, compile.

A file that is compiled for several sides is read once for each, as it is compiled
there; for i386 and arm64 only if it tells them apart, as otherwise the compiler has seen all
that differs. Each such reading is an action of its own, so only what changed is read
again. The test fails if there are findings, and if such a file of the workspace is
compiled by none of the targets.""",
    attrs = {
        "checker": attr.label(
            mandatory = True,
            allow_single_file = True,
            executable = True,
            cfg = "exec",
            doc = "A script: checker REPORT COMMAND MERGE TOOL FILE runs TOOL on FILE and writes " +
                  "its findings, or nothing, to REPORT. MERGE makes a compile_commands.json of COMMAND.",
        ),
        "configuration": attr.label_list(
            allow_files = True,
            doc = "Files that the tool looks for in the workspace.",
        ),
        "faulty": attr.string_list(
            doc = "Paths of files that are wrong on purpose: nothing compiles them.",
        ),
        "suffixes": attr.string_list(
            mandatory = True,
            doc = "How the names of the files end that are read; headers are, on their own, too.",
        ),
        "targets": attr.label_list(
            mandatory = True,
            aspects = [compile_commands_aspect],
            doc = "Targets that, with all that they depend on, compile every source.",
        ),
        "tool": attr.label(
            mandatory = True,
            allow_single_file = True,
            cfg = "exec",
            doc = "The tool: one file, with what it needs in its runfiles.",
        ),
        "_all": attr.label(
            default = "@ringside_source_tree//:all",
            providers = [SourceFilesInfo],
        ),
        "_merge": attr.label(
            default = "//tools/ide:merge_commands.sh",
            allow_single_file = True,
            executable = True,
            cfg = "exec",
        ),
        "_read_again": attr.label(
            default = "//tools/lint:read_again.sh",
            allow_single_file = True,
            executable = True,
            cfg = "exec",
        ),
        "_show_reports": attr.label(
            default = "//tools/lint:show_reports.sh",
            allow_single_file = True,
        ),
    },
    test = True,
)
