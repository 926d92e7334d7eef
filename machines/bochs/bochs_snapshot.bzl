# SPDX-License-Identifier: MIT
"""bochs_snapshot: a machine that Bochs emulates, booted once."""

load("//machines:linux_kernel.bzl", "kernel_of")
load("//machines:machine_info.bzl", "MachineInfo", "SNAPSHOT_ATTRS", "computer_of", "description_lines", "make_initramfs", "provides_option", "runfiles_path")

visibility("//...")

# The CPU's speed in the machine's own time: an instruction is a clock cycle.
# Bochs needs about half a second for such a second.
_CPU_KHZ = 20000

_MACHINE_OPTIONS = [
    # The CPU model's CPUID claims 3.5 GHz, and a second would take as many instructions.
    "tsc_early_khz={}".format(_CPU_KHZ),
    "panic=-1",
    # The machine's own devices.
    "console=ttyS0",
    "ringside_mailbox=1",
]

def _make_boot_image(ctx, computer, kernel, prefix, initramfs):
    image = ctx.actions.declare_file(prefix + ".boot_image")
    rom = ctx.actions.declare_file(prefix + ".boot_rom")
    args = ctx.actions.args()
    args.add("--kernel", kernel.image)
    args.add("--initramfs", initramfs)
    args.add("--append", " ".join(_MACHINE_OPTIONS + [provides_option(computer)] + computer.kernel_options))
    args.add("--memory", computer.memory_mb)
    args.add("--image", image)
    args.add("--rom", rom)
    ctx.actions.run(
        executable = computer.boot_image,
        arguments = [args],
        inputs = [kernel.image, initramfs],
        outputs = [image, rom],
        mnemonic = "MachineBootImage",
        progress_message = "Laying out the kernel of machine %{label}",
    )
    return image, rom

def _make_snapshot(ctx, computer, prefix, image, rom):
    snapshot = ctx.actions.declare_directory(prefix + ".snapshot")
    args = ctx.actions.args()
    args.add("--bochs", computer.bochs.executable)
    args.add("--bios", computer.bios)
    args.add("--vgabios", computer.vgabios)
    args.add("--boot-rom", rom)
    args.add("--image", image)
    args.add("--cpu", computer.cpu)
    args.add("--cpu-khz", _CPU_KHZ)
    args.add("--memory", computer.memory_mb)
    args.add("--timeout", computer.boot_timeout)
    args.add_all("--output", [snapshot], expand_directories = False)
    ctx.actions.run(
        executable = computer.make_snapshot,
        arguments = [args],
        inputs = [computer.bios, computer.vgabios, rom, image],
        tools = [computer.bochs],
        outputs = [snapshot],
        mnemonic = "MachineSnapshot",
        progress_message = "Booting machine %{label} for its snapshot",
    )
    return snapshot

def _boot(ctx, computer, kernel, folder = ""):
    """Boots it; MachineInfo says more. In a package, @folder tells machines of one name apart."""
    prefix = folder + computer.name
    initramfs = make_initramfs(ctx, computer, kernel, prefix)
    image, rom = _make_boot_image(ctx, computer, kernel, prefix, initramfs)
    snapshot = _make_snapshot(ctx, computer, prefix, image, rom)
    bochs = computer.bochs.executable
    description = ctx.actions.declare_file(prefix + ".machine")
    ctx.actions.write(description, description_lines(computer, kernel, [
        "emulator bochs",
        "root " + runfiles_path(ctx, bochs),
        "snapshot " + runfiles_path(ctx, snapshot),
    ]))
    return [
        DefaultInfo(files = depset([snapshot])),
        MachineInfo(
            name = computer.name,
            boot = _boot,
            computer = computer,
            description = description,
            files = depset([description, snapshot, bochs]),
            kernel = kernel,
        ),
        OutputGroupInfo(
            boot_image = depset([image, rom]),
            initramfs = depset([initramfs]),
        ),
    ]

def _bochs_snapshot_impl(ctx):
    return _boot(ctx, computer_of(
        ctx,
        bios = ctx.file._bios,
        bochs = ctx.attr._bochs[DefaultInfo].files_to_run,
        boot_image = ctx.attr._boot_image[DefaultInfo].files_to_run,
        cpus = 1,
        vgabios = ctx.file._vgabios,
    ), kernel_of(ctx.attr.kernel))

bochs_snapshot = rule(
    implementation = _bochs_snapshot_impl,
    doc = """An emulated x86-64 machine with one CPU: see machines/machine_rules.bzl.

An action boots the kernel in Bochs, with an initramfs of Ringside's own init
and the given modules, and keeps the machine's state when init is ready for a
test. A test starts from that state.""",
    attrs = SNAPSHOT_ATTRS | {
        "_bios": attr.label(
            default = "@ringside_bochs_firmware//:bios",
            allow_single_file = True,
        ),
        # As a tool: the one that makes a snapshot also restores it.
        "_bochs": attr.label(
            default = "//machines/bochs",
            executable = True,
            cfg = "exec",
        ),
        "_boot_image": attr.label(
            default = "//machines/bochs:boot_image",
            executable = True,
            cfg = "exec",
        ),
        "_make_snapshot": attr.label(
            default = "//machines/bochs:make_snapshot",
            executable = True,
            cfg = "exec",
        ),
        "_vgabios": attr.label(
            default = "@ringside_bochs_firmware//:vgabios",
            allow_single_file = True,
        ),
    },
    provides = [MachineInfo],
)
