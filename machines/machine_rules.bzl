# SPDX-License-Identifier: MIT
"""bochs_machine and qemu_machine: machines that tests run on."""

load("//machines/bochs:bochs_snapshot.bzl", "bochs_snapshot")
load("//machines/qemu:qemu_snapshot.bzl", "qemu_snapshot")
load("//machines/shell:machine_shell.bzl", "machine_shell")

visibility("//...")

_COMMON_KERNEL_OPTIONS = [
    # Warnings and worse: what the kernel reports of itself is a finding.
    "loglevel=5",
    # The emulated clock needs no calibration.
    "no_timer_check",
    "tsc=reliable",
    # The same addresses in each snapshot's console.
    "nokaslr",
]

_BOCHS_KERNEL_OPTIONS = _COMMON_KERNEL_OPTIONS + [
    # What costs seconds of booting and tells nothing about KVM.
    "cryptomgr.notests",
    "mitigations=off",
]

_QEMU_KERNEL_OPTIONS = _COMMON_KERNEL_OPTIONS + [
    # Ticks at all times: QEMU can lose an interrupt at the exit of a nested
    # guest, and the next tick brings it.
    "highres=off",
    "nohz=off",
]

# What TCG can't do is switched off, or QEMU warns of it at each start. It has a virtual GIF,
# which the first EPYCs lack.
_EPYC = "EPYC,vgif=on," + ",".join([
    feature + "=off"
    for feature in [
        "3dnowprefetch",
        "fxsr-opt",
        "misalignsse",
        "nrip-save",
        "osvw",
        "rdseed",
        "sha-ni",
        "topoext",
        "xsavec",
    ]
])

def _machine(snapshot, name, kernel, kernel_options, tags, visibility, **kwargs):
    snapshot(
        name = name + "._snapshot",
        kernel = kernel or Label("//machines:kernel"),
        kernel_options = kernel_options,
        machine = name,
        # Nobody needs it by itself; a test that does has it built.
        tags = ["manual"],
        visibility = ["//visibility:private"],
        **kwargs
    )
    machine_shell(
        name = name,
        machine = name + "._snapshot",
        tags = tags,
        visibility = visibility,
    )

def bochs_machine(
        *,
        name,
        cpu,
        modules,
        provides,
        kernel = None,
        kernel_options = [],
        memory_mb = 256,
        tags = [],
        visibility = None):
    """A machine that Bochs emulates: one x86-64 CPU, AMD's with SVM or Intel's with VMX.

    An action boots it once and keeps its state; tests start from there: kvm_test's
    `machines`. "bazel run" opens a shell in it.

    Args:
      name: the machine's name.
      cpu: Bochs' name of the CPU model: "ryzen", "corei7_skylake_x".
      modules: kernel modules to load, each with its parameters behind it:
        "kvm-amd nested=1 npt=0".
      provides: its capabilities: machines/capabilities/table.bzl. It is asked for each
        before its state is kept, and can't be built if it lacks one.
      kernel: a linux_kernel, or a target whose files are a bzImage and .ko files; by
        default what --//machines:kernel says.
      kernel_options: words for the kernel's command line, beside the usual.
      memory_mb: RAM in MiB.
      tags: tags of the target.
      visibility: of the target.
    """
    _machine(
        bochs_snapshot,
        name,
        cpu = cpu,
        kernel = kernel,
        kernel_options = _BOCHS_KERNEL_OPTIONS + kernel_options,
        memory_mb = memory_mb,
        modules = modules,
        provides = provides,
        tags = tags,
        visibility = visibility,
    )

def qemu_machine(
        *,
        name,
        modules,
        provides,
        cpu = _EPYC,
        cpus = 2,
        kernel = None,
        kernel_options = [],
        memory_mb = 256,
        tags = [],
        visibility = None):
    """A machine that QEMU emulates (TCG): x86-64 CPUs with AMD's SVM.

    See bochs_machine for what is not listed here.

    Args:
      name: the machine's name.
      modules: kernel modules to load, with parameters.
      provides: its capabilities.
      cpu: QEMU's name of the CPU model, features that TCG lacks switched off.
      cpus: how many CPUs there are.
      kernel: the kernel.
      kernel_options: words for the kernel's command line, beside the usual.
      memory_mb: RAM in MiB.
      tags: tags of the target.
      visibility: of the target.
    """
    _machine(
        qemu_snapshot,
        name,
        cpu = cpu,
        cpus = cpus,
        kernel = kernel,
        kernel_options = _QEMU_KERNEL_OPTIONS + kernel_options,
        memory_mb = memory_mb,
        modules = modules,
        provides = provides,
        tags = tags,
        visibility = visibility,
    )
