# SPDX-License-Identifier: MIT
"""What the rules that make emulated machines have in common."""

load("//machines/capabilities:table.bzl", "CAPABILITIES")

visibility("//...")

MachineInfo = provider(
    doc = "An emulated machine, booted once and kept as a snapshot.",
    fields = {
        "boot": "boot(ctx, computer, kernel, folder): boots such a computer and keeps its state; returns providers, this one included",
        "computer": "a struct: what boot() has to know of it, but for the kernel",
        "description": "the File that tells the runner how to restore it",
        "files": "a depset of Files: all that the runner needs, the description included",
        "kernel": "its LinuxKernelInfo",
        "name": "the machine's name",
    },
)

MachineTestInfo = provider(
    doc = "What a machine_test runs, for rules that run it in other circumstances.",
    fields = {
        "arguments": "a list of the controller's arguments, before those that Bazel is asked to add",
        "controller": "the File that it runs",
        "data": "a depset of Files that it reads",
        "files": "a depset of Files: what it runs and reads, without a machine",
        "libraries": "a list of Files: shared libraries that it loads",
        "lines": "a list of lines of its description, without a machine",
        "pinned": "the name of the machine that it runs on alone, or None",
        "requires": "the capabilities that its machine must have",
        "timeout": "Bazel's name of the time that it may take",
    },
)

def provides_option(computer):
    """The word of the kernel's command line that has init verify what the machine provides.

    Args:
      computer: a struct with `name` and `provides`.

    Returns:
      A string.
    """
    for capability in computer.provides:
        if capability not in CAPABILITIES:
            fail("machine {} provides \"{}\", which is no capability; there are {}".format(
                computer.name,
                capability,
                ", ".join(CAPABILITIES.keys()),
            ))
    return "ringside_provides=" + ",".join(computer.provides)

def runfiles_path(ctx, file):
    """Returns the path of a file in a runfiles folder.

    Args:
      ctx: the rule's context.
      file: a File.

    Returns:
      A path that begins with a repository's name.
    """
    if file.short_path.startswith("../"):
        return file.short_path[len("../"):]
    return ctx.workspace_name + "/" + file.short_path

def module_lines(ctx, modules):
    """The lines of a description that have KVM's modules replaced.

    Args:
      ctx: the rule's context.
      modules: Files.

    Returns:
      A list of lines.
    """
    for module in modules:
        if module.extension != "ko":
            fail("{}: --//machines:modules takes .ko files, uncompressed, and {} is none; name kvm_modules or a filegroup of kvm.ko, kvm-amd.ko and kvm-intel.ko".format(
                ctx.label,
                module.basename,
            ))
    return ["module " + runfiles_path(ctx, module) for module in modules]

# What runs a test's controller, for the rules that start runs of their own.
RUNNER_ATTRS = {
    "_runner": attr.label(
        default = "//machines/runner",
        executable = True,
        cfg = "exec",
    ),
}

# For the rules that run a test with the modules of --//machines:modules.
RUN_ATTRS = RUNNER_ATTRS | {
    "_modules": attr.label(
        default = "//machines:modules",
        cfg = "exec",
    ),
}

def declare_run(ctx, name, test, machine, emulated, modules, arguments = []):
    """Declares the program that runs a test's controller where it is to run.

    Args:
      ctx: the context of a rule with RUNNER_ATTRS.
      name: the program's name.
      test: the test's MachineTestInfo.
      machine: a machine's name, "host" or "auto".
      emulated: the MachineInfo of the machine that it may run on, or None.
      modules: Files: KVM's modules in the place of the machine's.
      arguments: the controller's first ones, which Bazel does not know of.

    Returns:
      A struct of `program`, a File, and `runfiles`, all that it needs.
    """
    program = ctx.actions.declare_file(name)
    ctx.actions.symlink(output = program, target_file = ctx.executable._runner, is_executable = True)

    # The program looks for it beside itself.
    description = ctx.actions.declare_file(name + ".test")
    lines = test.lines + ["machine " + machine] + module_lines(ctx, modules)
    files = [test.files]
    if emulated:
        lines.append("emulated " + runfiles_path(ctx, emulated.description))
        files.append(emulated.files)
    lines += ["argument " + argument for argument in arguments]
    ctx.actions.write(description, "\n".join(lines) + "\n")
    return struct(
        program = program,
        runfiles = ctx.runfiles(
            files = [program, description] + modules,
            transitive_files = depset(transitive = files),
        ),
    )

def make_initramfs(ctx, computer, kernel, prefix):
    """Declares the action that makes a machine's initramfs.

    Args:
      ctx: a rule's context.
      computer: what computer_of() returns.
      kernel: a LinuxKernelInfo.
      prefix: how the output's path begins in the package.

    Returns:
      The initramfs, a File.
    """
    tools = computer.initramfs
    initramfs = ctx.actions.declare_file(prefix + ".initramfs")
    args = ctx.actions.args()
    args.add("--init", tools.init)
    args.add("--output", initramfs)
    args.add_all(kernel.modules, before_each = "--modules", expand_directories = False)
    args.add_all(computer.modules, before_each = "--load")
    lists = []
    if kernel.config:
        args.add("--config", kernel.config)
        lists.append(kernel.config)
    if kernel.builtin:
        args.add("--builtin", kernel.builtin)
        lists.append(kernel.builtin)
    ctx.actions.run(
        executable = tools.make_initramfs,
        arguments = [args],
        inputs = depset([tools.init] + lists, transitive = [kernel.modules]),
        outputs = [initramfs],
        mnemonic = "MachineInitramfs",
        progress_message = "Making the initramfs of machine %{label}",
    )
    return initramfs

def computer_of(ctx, modules = [], **more):
    """The machine that a rule describes.

    Args:
      ctx: the context of a rule with SNAPSHOT_ATTRS.
      modules: modules that the emulator's own devices need.
      **more: what the emulator's rule wants to find in it.

    Returns:
      A struct.
    """
    return struct(
        boot_timeout = ctx.attr.boot_timeout,
        cpu = ctx.attr.cpu,
        initramfs = struct(
            init = ctx.file._init,
            make_initramfs = ctx.attr._make_initramfs[DefaultInfo].files_to_run,
        ),
        kernel_options = ctx.attr.kernel_options,
        make_snapshot = ctx.attr._make_snapshot[DefaultInfo].files_to_run,
        memory_mb = ctx.attr.memory_mb,
        modules = ctx.attr.modules + modules,
        name = ctx.attr.machine,
        provides = ctx.attr.provides,
        **more
    )

def description_lines(computer, kernel, lines):
    """What the runner has to know of a machine: machines/runner/description.h.

    Args:
      computer: what computer_of() returns, with `cpus`.
      kernel: a LinuxKernelInfo.
      lines: the emulator's own, of its files.

    Returns:
      The text of a description.
    """
    return "".join([
        line + "\n"
        for line in ["name " + computer.name] + lines + [
                        "cpu " + computer.cpu,
                        "cpus {}".format(computer.cpus),
                        "memory {}".format(computer.memory_mb),
                    ] + ["provides " + capability for capability in computer.provides] +
                    ["lacks " + fix for fix in kernel.lacks] +
                    ["modules " + ("pinned" if kernel.pinned else "other")]
    ])

# Of the rules that boot a machine; they add _make_snapshot, a program.
SNAPSHOT_ATTRS = {
    "boot_timeout": attr.int(
        default = 300,
        doc = "Seconds that booting may take.",
    ),
    "cpu": attr.string(
        mandatory = True,
        doc = "The emulator's name of the CPU model, features that it lacks switched off.",
    ),
    "kernel": attr.label(
        mandatory = True,
        doc = "A linux_kernel, or files: see kernel_of().",
    ),
    "kernel_options": attr.string_list(
        doc = "Words for the kernel's command line.",
    ),
    "machine": attr.string(
        mandatory = True,
        doc = "The machine's name.",
    ),
    "memory_mb": attr.int(
        default = 256,
        doc = "RAM in MiB.",
    ),
    "modules": attr.string_list(
        doc = "Modules to load, with parameters: \"kvm-intel nested=1\".",
    ),
    "provides": attr.string_list(
        doc = "Which requirements of tests the machine meets.",
    ),
    "_init": attr.label(
        default = "//machines/init",
        allow_single_file = True,
    ),
    "_make_initramfs": attr.label(
        default = "//machines/initramfs:make_initramfs",
        executable = True,
        cfg = "exec",
    ),
}
