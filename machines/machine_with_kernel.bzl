# SPDX-License-Identifier: MIT
"""machine_with_kernel: an emulated machine that boots another kernel."""

load("//machines:linux_kernel.bzl", "kernel_of")
load("//machines:machine_info.bzl", "MachineInfo")

visibility("//...")

def _machine_with_kernel_impl(ctx):
    machine = ctx.attr.machine[MachineInfo]
    kernel = kernel_of(ctx.attr.kernel)
    if kernel == machine.kernel:
        # It boots this one anyway, and its snapshot may be there.
        return [DefaultInfo(files = ctx.attr.machine[DefaultInfo].files), machine]
    return machine.boot(ctx, machine.computer, kernel, ctx.label.name + "/")

machine_with_kernel = rule(
    implementation = _machine_with_kernel_impl,
    doc = """The same computer as another machine, with another kernel.

Only what depends on the kernel is built for it: initramfs and snapshot.""",
    attrs = {
        "kernel": attr.label(
            mandatory = True,
            cfg = "exec",
            doc = "A linux_kernel, or files: see kernel_of().",
        ),
        "machine": attr.label(
            mandatory = True,
            # As tests have it: they share its snapshot.
            cfg = "exec",
            providers = [MachineInfo],
            doc = "The machine.",
        ),
    },
    provides = [MachineInfo],
)
