# SPDX-License-Identifier: MIT
"""What the rules that make emulated machines have in common."""

load("//machines/capabilities:table.bzl", "CAPABILITIES")

visibility("//...")

MachineInfo = provider(
    doc = "An emulated machine, booted once and kept as a snapshot.",
    fields = {
        "description": "the File that tells the runner how to restore it",
        "files": "a depset of Files: all that the runner needs, the description included",
        "name": "the machine's name",
    },
)

MachineTestInfo = provider(
    doc = "What a machine_test runs, for rules that run it in other circumstances.",
    fields = {
        "controller": "the File that it runs",
        "data": "a depset of Files that it reads",
        "files": "a depset of Files: what it runs and reads, without a machine",
        "libraries": "a list of Files: shared libraries that it loads",
        "lines": "a list of lines of its description, without a machine",
        "requires": "the capabilities that its machine must have",
    },
)

def provides_option(ctx):
    """The word of the kernel's command line that has init verify what the machine provides.

    Args:
      ctx: the context of a rule with an attribute `provides`.

    Returns:
      A string.
    """
    for capability in ctx.attr.provides:
        if capability not in CAPABILITIES:
            fail("machine {} provides \"{}\", which is no capability; there are {}".format(
                ctx.attr.machine,
                capability,
                ", ".join(CAPABILITIES.keys()),
            ))
    return "ringside_provides=" + ",".join(ctx.attr.provides)

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

def make_initramfs(ctx, kernel, modules):
    """Declares the action that makes a machine's initramfs.

    Args:
      ctx: the context of a rule with INITRAMFS_ATTRS.
      kernel: a LinuxKernelInfo.
      modules: names of modules to load, each maybe with "parameter=value" behind it.

    Returns:
      The initramfs, a File.
    """
    initramfs = ctx.actions.declare_file(ctx.attr.machine + ".initramfs")
    args = ctx.actions.args()
    args.add("--init", ctx.file._init)
    args.add("--output", initramfs)
    args.add_all(kernel.modules, before_each = "--modules", expand_directories = False)
    args.add_all(modules, before_each = "--load")
    lists = []
    if kernel.config:
        args.add("--config", kernel.config)
        lists.append(kernel.config)
    if kernel.builtin:
        args.add("--builtin", kernel.builtin)
        lists.append(kernel.builtin)
    ctx.actions.run(
        executable = ctx.executable._make_initramfs,
        arguments = [args],
        inputs = depset([ctx.file._init] + lists, transitive = [kernel.modules]),
        outputs = [initramfs],
        mnemonic = "MachineInitramfs",
        progress_message = "Making the initramfs of machine %{label}",
    )
    return initramfs

INITRAMFS_ATTRS = {
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
