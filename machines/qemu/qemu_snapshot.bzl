# SPDX-License-Identifier: MIT
"""qemu_snapshot: a machine that QEMU emulates without hardware virtualization, booted once."""

load("//machines:linux_kernel.bzl", "kernel_of")
load("//machines:machine_info.bzl", "MachineInfo", "SNAPSHOT_ATTRS", "computer_of", "description_lines", "make_initramfs", "provides_option", "runfiles_path")

visibility("//...")

# What the machine's own devices need.
_DEVICE_MODULES = ["virtio_pci", "virtio_console"]

def _boot_resources(_os, _inputs):
    """The machine's RAM is in memory, and then its snapshot."""
    return {"cpu": 1, "memory": 600}

def _boot(ctx, computer, kernel, folder = ""):
    """Boots it; MachineInfo says more. In a package, @folder tells machines of one name apart."""
    prefix = folder + computer.name
    initramfs = make_initramfs(ctx, computer, kernel, prefix)
    snapshot = ctx.actions.declare_directory(prefix + ".snapshot")
    args = ctx.actions.args()
    args.add("--root", computer.qemu.workspace_root)
    args.add("--cpu", computer.cpu)
    args.add("--cpus", computer.cpus)
    args.add("--memory", computer.memory_mb)
    args.add("--kernel", kernel.image)
    args.add("--initrd", initramfs)
    args.add("--append", " ".join([provides_option(computer)] + computer.kernel_options))
    args.add("--timeout", computer.boot_timeout)
    args.add_all("--output", [snapshot], expand_directories = False)
    ctx.actions.run(
        executable = computer.make_snapshot,
        arguments = [args],
        inputs = depset([kernel.image, initramfs], transitive = [computer.qemu_files]),
        outputs = [snapshot],
        mnemonic = "MachineSnapshot",
        progress_message = "Booting machine %{label} for its snapshot",
        resource_set = _boot_resources,
    )

    description = ctx.actions.declare_file(prefix + ".machine")
    ctx.actions.write(description, description_lines(computer, kernel, [
        "emulator qemu",
        "root " + computer.qemu.workspace_name,
        "snapshot " + runfiles_path(ctx, snapshot),
    ]))
    return [
        DefaultInfo(files = depset([snapshot])),
        MachineInfo(
            name = computer.name,
            boot = _boot,
            computer = computer,
            description = description,
            files = depset([description, snapshot], transitive = [computer.qemu_files]),
            kernel = kernel,
        ),
        OutputGroupInfo(initramfs = depset([initramfs])),
    ]

def _qemu_snapshot_impl(ctx):
    return _boot(ctx, computer_of(
        ctx,
        cpus = ctx.attr.cpus,
        modules = _DEVICE_MODULES,
        qemu = ctx.attr._qemu.label,
        qemu_files = ctx.attr._qemu[DefaultInfo].files,
    ), kernel_of(ctx.attr.kernel))

qemu_snapshot = rule(
    implementation = _qemu_snapshot_impl,
    doc = """An emulated x86-64 machine: see machines/machine_rules.bzl.

An action boots the kernel in QEMU (TCG), with an initramfs of Ringside's own
init and the given modules, and keeps the machine's state when init is ready
for a test. A test starts from that state.""",
    attrs = SNAPSHOT_ATTRS | {
        "cpus": attr.int(
            default = 2,
            doc = "How many CPUs there are.",
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
