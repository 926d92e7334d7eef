# SPDX-License-Identifier: MIT
"""The emulated machines, and which of them suits a test."""

load("//machines/capabilities:table.bzl", "CAPABILITIES")

visibility("//...")

# What each machine's KVM offers, on any CPU.
_ALL = [
    "dirty_ring",
    "irqchip",
    "native",
    "nested_state",
    "reload",
    "simd",
    "x2apic",
]

# What Bochs' CPUs have beside.
_BOCHS = _ALL + [
    "faults",
    "forced_emulation",
    "guest_debug",
    "interrupts",
    "pae",
]

_AMD = _BOCHS + [
    "lbrv",
    "nrips",
    "svm",
    "svm_exits",
]

_INTEL = _BOCHS + [
    "posted_interrupts",
    "virtual_apic",
    "vmcs_shadowing",
    "vmx",
]

# With it, instructions behind its prefix, which no other guest has, go to KVM's emulator.
FORCED_EMULATION = "kvm force_emulation_prefix=1"

# The machines that tests choose from: each one's name and its capabilities
# (capabilities/table.bzl). The first that has all that a test requires is taken.
MACHINES = {
    "amd": _AMD + [
        "npt",
        "tdp",
    ],
    "intel": _INTEL + [
        "ept",
        "tdp",
    ],
    "amd_qemu": _ALL + [
        "npt",
        "smp",
        "svm",
        "tdp",
        "vgif",
    ],
    # KVM without the CPU's second level of address translation.
    "amd_npt0": _AMD + ["shadow_paging"],
    "intel_ept0": _INTEL + ["shadow_paging"],
    # KVM that has to emulate what an older CPU can't run: real mode.
    "intel_unrestricted0": _INTEL + [
        "ept",
        "tdp",
    ],
}

# The kernels that are pinned.
_KERNELS = [
    Label("//machines/kernels:linux"),
    Label("//machines/kernels:linux_generic"),
]

# What the matrix has to know of the build, wherever Ringside is in a workspace.
MATRIX_ENVIRONMENT = {
    "RINGSIDE_DECLARE": str(Label("//machines/matrix:declare.bzl")),
    "RINGSIDE_KERNELS": ",".join([str(kernel) for kernel in _KERNELS]),
    "RINGSIDE_MACHINES": ",".join(["host"] + MACHINES.keys()),
    "RINGSIDE_MACHINE_PREFIX": str(Label("//machines:machine")).removesuffix("machine"),
}

def capability_lines():
    """The capabilities as docs/machines.md shows them, as lines of a table.

    Returns:
      A list of strings.
    """
    return [
        "| `{}` | {} | {} | {} |".format(
            capability,
            row.meaning,
            row.probe.how,
            ", ".join([
                "`{}`".format(machine)
                for machine, provides in MACHINES.items()
                if capability in provides
            ]) or "none",
        )
        for capability, row in CAPABILITIES.items()
    ]

def machine_label(machine):
    """Tells which target a machine is.

    Args:
      machine: the name of a machine of Ringside's, or a label.

    Returns:
      A Label, or the label as it is.
    """
    return Label("//machines:" + machine) if machine in MACHINES else machine

def machine_for(requires):
    """Finds the emulated machine for a test.

    Args:
      requires: the test's requirements.

    Returns:
      The machine's name, or None if no machine meets all of them.
    """
    for machine, provides in MACHINES.items():
        if all([requirement in provides for requirement in requires]):
            return machine
    return None

def emulated_machine(requires):
    """The machine that a test is linked to.

    Args:
      requires: the test's requirements.

    Returns:
      A select() for the attribute `emulated` of machine_test: the machine that
      --//machines:machine asks for, none for "host", the test's own for "auto".
    """
    own = machine_for(requires)
    return select({
        Label("//machines:machine_is_" + machine): Label("//machines:" + machine)
        for machine in MACHINES
    } | {
        Label("//machines:machine_is_host"): None,
        "//conditions:default": Label("//machines:" + own) if own else None,
    })
