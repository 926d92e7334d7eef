# SPDX-License-Identifier: MIT
"""compile_commands_aspect: how each C and C++ file of the workspace is compiled.

It reads the compile actions that Bazel has planned and runs none of them, so it
is quick, and right for any toolchain, rule and flag.
"""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain", "use_cpp_toolchain")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//toolchains:architectures.bzl", "CONTROLLER_HOST", "GUESTS", "HOSTS")
load("//toolchains:declare.bzl", "guest_platform", "host_platform")

CompileCommandsInfo = provider(
    doc = "How the files of a target and of all that it depends on are compiled.",
    fields = {
        "commands": "A depset of commands, see _command().",
        "headers": "A list of headers that no command knows yet: those of targets that compile nothing.",
    },
)

_SOURCES = ["c", "cc", "cpp", "cxx"]
_HEADERS = ["h", "hh", "hpp", "hxx"]

# Arguments that an editor has no use for: where outputs go, and a precompiled header, which
# the source includes itself. Those in the second list have a value.
_DROPPED_FLAGS = ["-MD", "-c"]
_DROPPED_OPTIONS = ["-MF", "-o", "-include-pch"]

# Flags whose value, if it is a path, is written without a space.
_JOINED = ["-I", "-F", "-isystem", "-iquote", "-idirafter", "-include"]

def _view(ctx):
    """Names the side that is being compiled: a guest, "controller" or another host."""
    for guest in GUESTS:
        if ctx.fragments.platform.platform == guest_platform(guest):
            return guest
    for host in HOSTS:
        if host != CONTROLLER_HOST and ctx.fragments.platform.platform == host_platform(host):
            return host
    return "controller"

def _is_ours(file, extensions):
    return file.is_source and not file.short_path.startswith("../") and file.extension in extensions

def _flags(argv, source):
    """The arguments of a compiler without its name, its input and its outputs."""
    flags = []
    skip = False
    for argument in argv[1:]:
        if skip:
            skip = False
        elif argument in _DROPPED_OPTIONS:
            skip = True
        elif argument not in _DROPPED_FLAGS and argument != source.path:
            flags.append(argument)
    return tuple(flags)

def _anchored(argument):
    """Marks a path that only means something in Bazel's own folder."""
    key, equals, _ = argument.partition("=")
    head = key + equals if argument.startswith("-") and equals else ""
    for flag in _JOINED:
        if argument.startswith(flag):
            head = flag
    path = argument[len(head):]
    if path.startswith("external/"):
        return head + "@EXTERNAL@" + path.removeprefix("external")
    if path.startswith("bazel-out/"):
        return head + "@EXECROOT@/" + path
    return argument

def _command(ctx, file, compiler, flags, inputs):
    arguments = [compiler] + list(flags) + ["-c", file.path]
    return struct(
        # The file, a source or a header.
        file = file,
        # What must be there to compile it.
        inputs = inputs,
        # A line for merge_commands.sh: view, whether it is for use in the build
        # itself, file, entry of compile_commands.json.
        line = "\t".join([
            _view(ctx),
            "exec" if "-exec" in ctx.bin_dir.path else "target",
            file.path,
            json.encode({
                "arguments": [_anchored(argument) for argument in arguments],
                "directory": "@WORKSPACE@",
                "file": file.path,
            }),
        ]),
        # "controller", or the guest's or another host's name.
        view = _view(ctx),
        # Whether it is compiled for use in the build itself.
        is_for_build = "-exec" in ctx.bin_dir.path,
    )

def _listed_files(ctx):
    """The files that a rule names as its sources and headers."""
    return [
        file
        for attribute in ["srcs", "hdrs", "textual_hdrs"]
        if hasattr(ctx.rule.files, attribute)
        for file in getattr(ctx.rule.files, attribute)
    ]

def _dependencies(ctx):
    """All targets that a target's attributes name."""
    targets = []
    for name in dir(ctx.rule.attr):
        value = getattr(ctx.rule.attr, name)
        if type(value) == "Target":
            targets.append(value)
        elif type(value) == "list":
            targets += [element for element in value if type(element) == "Target"]
        elif type(value) == "dict":
            targets += [element for element in value.keys() if type(element) == "Target"]
    return targets

def _compile_commands_aspect_impl(target, ctx):
    dependencies = _dependencies(ctx)
    below = [
        dependency[CompileCommandsInfo]
        for dependency in dependencies
        if CompileCommandsInfo in dependency
    ]
    listed = _listed_files(ctx)
    headers = [file for file in listed if _is_ours(file, _HEADERS)]
    headers += [header for info in below for header in info.headers if header not in headers]
    seen_headers = depset(listed, transitive = [
        dependency[CcInfo].compilation_context.headers
        for dependency in dependencies
        if CcInfo in dependency
    ])

    # Not the action's own inputs: once it has run, Bazel adds the headers that it
    # really took, and drops the others. A workspace may have no other toolchain than
    # Ringside's, which is there for Ringside's platforms alone.
    toolchain = find_cpp_toolchain(ctx, mandatory = False)
    inputs = depset(transitive = [seen_headers] + ([toolchain.all_files] if toolchain else []))

    commands = []
    for action in target.actions:
        if action.mnemonic != "CppCompile":
            continue
        sources = [
            file
            for file in action.inputs.to_list()
            if file.path in action.argv and _is_ours(file, _SOURCES)
        ]
        for source in sources:
            flags = _flags(action.argv, source)
            commands.append(_command(ctx, source, action.argv[0], flags, inputs))
            language = "c-header" if source.extension == "c" else "c++-header"
            for header in headers:
                commands.append(_command(
                    ctx,
                    header,
                    action.argv[0],
                    flags + ("-x", language),
                    inputs,
                ))
            headers = []

    # Headers that the build makes have to be there.
    outputs = [
        file
        for file in (target[CcInfo].compilation_context.direct_headers if CcInfo in target else [])
        if not file.is_source
    ]
    if commands:
        output = ctx.actions.declare_file(ctx.label.name + ".compile_commands")
        ctx.actions.write(output, "\n".join([command.line for command in commands]) + "\n")
        outputs.append(output)
    return [
        CompileCommandsInfo(
            commands = depset(commands, transitive = [info.commands for info in below]),
            headers = headers,
        ),
        OutputGroupInfo(compile_commands = depset(outputs, transitive = [
            dependency[OutputGroupInfo].compile_commands
            for dependency in dependencies
            if OutputGroupInfo in dependency and hasattr(dependency[OutputGroupInfo], "compile_commands")
        ])),
    ]

compile_commands_aspect = aspect(
    implementation = _compile_commands_aspect_impl,
    doc = """Collects the compile commands of a target and of all that it depends on.

A controller's payload is among the dependencies, so a file that is compiled for
both has two commands. Files of other repositories have none.

The output group "compile_commands" has a file for each target, in which each line
is a command as merge_commands.sh wants it, and the headers that are generated.""",
    attr_aspects = ["*"],
    fragments = ["platform"],
    toolchains = use_cpp_toolchain(mandatory = False),
)
