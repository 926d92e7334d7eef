# SPDX-License-Identifier: MIT
"""The emulated machines, and which of them suits a test."""

visibility("//...")

# A machine's name and the requirements of tests that it meets. The first that
# meets all of a test's is taken: the quickest comes first.
MACHINES = {
    "amd": ["native", "pae", "svm"],
    "intel": ["native", "pae", "vmx"],
    "amd_qemu": ["native", "smp", "svm"],
}

# What TCG can't do is switched off, or QEMU warns of it at each start.
EPYC = "EPYC," + ",".join([
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

# The kernels that are pinned.
_KERNELS = [
    Label("@ringside_linux//:linux"),
    Label("@ringside_linux_generic//:linux"),
]

# What the matrix has to know of the build, wherever Ringside is in a workspace.
MATRIX_ENVIRONMENT = {
    "RINGSIDE_KERNELS": ",".join([str(kernel) for kernel in _KERNELS]),
    "RINGSIDE_KERNEL_FLAG": str(Label("//machines:kernel")),
    "RINGSIDE_MACHINES": ",".join(["host"] + MACHINES.keys()),
    "RINGSIDE_MACHINE_FLAG": str(Label("//machines:machine")),
}

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
