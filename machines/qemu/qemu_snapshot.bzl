# SPDX-License-Identifier: MIT
"""qemu_snapshot: a machine that QEMU emulates without hardware virtualization, booted once."""

load("//machines:linux_kernel.bzl", "kernel_of")
load("//machines:machine_info.bzl", "INITRAMFS_ATTRS", "MachineInfo", "make_initramfs", "provides_option", "runfiles_path")

visibility("//...")

# What the machine's own devices need.
_DEVICE_MODULES = ["virtio_pci", "virtio_console"]

def _boot_resources(_os, _inputs):
    """The machine's RAM is in memory, and then its snapshot."""
    return {"cpu": 1, "memory": 600}

def _qemu_snapshot_impl(ctx):
    kernel = kernel_of(ctx.attr.kernel)
    initramfs = make_initramfs(ctx, kernel, ctx.attr.modules + _DEVICE_MODULES)
    snapshot = ctx.actions.declare_directory(ctx.attr.machine + ".snapshot")
    emulator = ctx.attr._qemu
    root = emulator.label.workspace_root

    args = ctx.actions.args()
    args.add("--root", root)
    args.add("--cpu", ctx.attr.cpu)
    args.add("--cpus", ctx.attr.cpus)
    args.add("--memory", ctx.attr.memory_mb)
    args.add("--kernel", kernel.image)
    args.add("--initrd", initramfs)
    args.add("--append", " ".join([provides_option(ctx)] + ctx.attr.kernel_options))
    args.add("--timeout", ctx.attr.boot_timeout)
    args.add_all("--output", [snapshot], expand_directories = False)
    ctx.actions.run(
        executable = ctx.executable._make_snapshot,
        arguments = [args],
        inputs = depset([kernel.image, initramfs], transitive = [emulator[DefaultInfo].files]),
        outputs = [snapshot],
        mnemonic = "MachineSnapshot",
        progress_message = "Booting machine %{label} for its snapshot",
        resource_set = _boot_resources,
    )

    description = ctx.actions.declare_file(ctx.attr.machine + ".machine")
    ctx.actions.write(description, "".join([
        "{} {}\n".format(key, value)
        for key, value in [
                              ("name", ctx.attr.machine),
                              ("emulator", "qemu"),
                              ("root", emulator.label.workspace_name),
                              ("snapshot", runfiles_path(ctx, snapshot)),
                              ("cpu", ctx.attr.cpu),
                              ("cpus", ctx.attr.cpus),
                              ("memory", ctx.attr.memory_mb),
                          ] + [("provides", requirement) for requirement in ctx.attr.provides] +
                          [("lacks", fix) for fix in kernel.lacks] +
                          [("modules", "pinned" if kernel.pinned else "other")]
    ]))
    return [
        DefaultInfo(files = depset([snapshot])),
        MachineInfo(
            name = ctx.attr.machine,
            description = description,
            files = depset([description, snapshot], transitive = [emulator[DefaultInfo].files]),
        ),
        OutputGroupInfo(initramfs = depset([initramfs])),
    ]

qemu_snapshot = rule(
    implementation = _qemu_snapshot_impl,
    doc = """An emulated x86-64 machine: see machines/machine_rules.bzl.

An action boots the kernel in QEMU (TCG), with an initramfs of Ringside's own
init and the given modules, and keeps the machine's state when init is ready
for a test. A test starts from that state.""",
    attrs = INITRAMFS_ATTRS | {
        "boot_timeout": attr.int(
            default = 120,
            doc = "Seconds that booting may take.",
        ),
        "cpu": attr.string(
            mandatory = True,
            doc = "QEMU's name of the CPU model, features that TCG lacks switched off.",
        ),
        "cpus": attr.int(
            default = 2,
            doc = "How many CPUs there are.",
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
            doc = "Modules to load, with parameters: \"kvm-amd nested=1\".",
        ),
        "provides": attr.string_list(
            doc = "Which requirements of tests the machine meets.",
        ),
        "_make_snapshot": attr.label(
            default = "//machines/qemu:make_snapshot",
            executable = True,
            cfg = "exec",
        ),
        "_qemu": attr.label(default = "@ringside_qemu//:qemu"),
    },
    provides = [MachineInfo],
)
