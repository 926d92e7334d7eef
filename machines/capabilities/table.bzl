# SPDX-License-Identifier: MIT
"""What a machine can offer and a test can require: the one table of it.

From here come what kvm_test accepts, what the launcher looks for on the host,
what a machine's init verifies before its snapshot is made, and the table in
docs/machines.md.
"""

load("@bazel_skylib//rules:write_file.bzl", "write_file")

visibility("//...")

def _probe(how, c):
    return struct(c = c, how = how)

def _guest(name, how):
    """A small guest, run to see what becomes of it: machines/capabilities/arch/x86/guests.c."""
    return _probe(how, ".probe = PROBE_GUEST, .guest = GUEST_" + name.upper())

def _cpuid(leaf, register, bit):
    """A bit of what KVM_GET_SUPPORTED_CPUID says."""
    return _probe(
        "KVM_GET_SUPPORTED_CPUID, leaf {}, {} bit {}".format(leaf, register, bit),
        ".probe = PROBE_CPUID, .leaf = {}, .reg = REG_{}, .bit = {}".format(leaf, register, bit),
    )

def _extension(name):
    """What KVM_CHECK_EXTENSION says."""
    return _probe(
        "KVM_CHECK_EXTENSION, " + name,
        ".probe = PROBE_EXTENSION, .extension = " + name,
    )

def _parameters(*parameters):
    """A parameter of KVM's modules, on or (with "!") off; any of these."""
    c = ".probe = PROBE_PARAMETERS, .parameters = {{{}}}".format(", ".join([
        "\"{}\"".format(parameter)
        for parameter in parameters
    ]))
    return _probe(" or ".join([
        "`/sys/module/{}/parameters/{}` {}".format(
            parameter.lstrip("!").split("/")[0],
            parameter.split("/")[1],
            "off" if parameter.startswith("!") else "on",
        )
        for parameter in parameters
    ]), c)

def _nested_vmx(msr, name, bit):
    """A control that KVM lets nested hypervisors use: a feature MSR, the half of what may be 1."""
    return _probe(
        "{} of KVM's nested VMX, bit {}".format(name, bit),
        ".probe = PROBE_NESTED_VMX, .leaf = {}, .bit = {}".format(msr, bit),
    )

def _capability(shown, meaning, probe, required_by = []):
    """A row.

    Args:
      shown: as in "host: no <shown>".
      meaning: in words, for the documentation.
      probe: how it is found out, as one of the functions above has it.
      required_by: guests whose every test requires it by itself.

    Returns:
      The row.
    """
    return struct(meaning = meaning, probe = probe, required_by = required_by, shown = shown)

CAPABILITIES = {
    "avic": _capability(
        "AVIC",
        "KVM has an AMD CPU deliver interrupts to guests by itself",
        _parameters("kvm_amd/avic"),
    ),
    "dirty_ring": _capability(
        "dirty ring",
        "KVM tells of written pages in a ring",
        _extension("KVM_CAP_DIRTY_LOG_RING"),
    ),
    "ept": _capability(
        "EPT",
        "KVM has an Intel CPU translate guests' addresses",
        _parameters("kvm_intel/ept"),
    ),
    "faults": _capability(
        "faithful faults",
        "the CPU refuses MSRs an address that is not canonical, and says of reserved bits in page tables that the page is present",
        _guest("faults", "a guest with a WRMSR, then with a read, that fault"),
    ),
    "forced_emulation": _capability(
        "forced emulation",
        "KVM emulates an instruction behind its prefix for that",
        _parameters("kvm/force_emulation_prefix"),
    ),
    "guest_debug": _capability(
        "guest debugging",
        "a breakpoint register stops a guest, and KVM tells which",
        _guest("guest_debug", "a guest with a breakpoint, set by KVM_SET_GUEST_DEBUG"),
    ),
    "guest_memfd": _capability(
        "guest_memfd",
        "guests can have memory that the host can't map",
        _extension("KVM_CAP_GUEST_MEMFD"),
    ),
    "interrupts": _capability(
        "faithful interrupts",
        "the CPU keeps the interrupt shadow of an instruction that a guest is entered behind, and delivers a waiting interrupt once, as soon as the guest lets it in",
        _guest("interrupts", "a guest that is entered in the shadow, with an interrupt that waits, and lets another in for two instructions"),
    ),
    "irqchip": _capability(
        "in-kernel interrupt controller",
        "a guest with KVM's own interrupt controllers runs, and its APIC interrupts it",
        _guest("irqchip", "a guest that interrupts itself"),
    ),
    "lbrv": _capability(
        "LBR virtualization",
        "KVM has an AMD CPU switch the records of last branches",
        _parameters("kvm_amd/lbrv"),
    ),
    "native": _capability(
        "native guest code",
        "guest code runs on the CPU, not in KVM's instruction emulator, which refuses some instructions",
        _guest("native", "a guest with INT3 in long mode"),
    ),
    "nested_state": _capability(
        "nested state",
        "the state of nested guests can be saved and loaded",
        _extension("KVM_CAP_NESTED_STATE"),
    ),
    "npt": _capability(
        "NPT",
        "KVM has an AMD CPU translate guests' addresses",
        _parameters("kvm_amd/npt"),
    ),
    "nrips": _capability(
        "next-RIP save",
        "an AMD CPU tells KVM where the next instruction is",
        _parameters("kvm_amd/nrips"),
    ),
    "pae": _capability(
        "32-bit paging",
        "32-bit guests have paging, as the architecture has it",
        _guest("pae", "a guest that switches PAE paging on"),
        required_by = ["i386"],
    ),
    "posted_interrupts": _capability(
        "posted interrupts",
        "a nested hypervisor can post interrupts on Intel",
        _nested_vmx("0x481", "pin-based controls", 7),
    ),
    "reload": _capability(
        "permission to reload modules",
        "a test may reload KVM's modules with other parameters",
        _probe(
            "`RINGSIDE_RELOAD_MODULES=1` in the environment, as machines have it",
            ".probe = PROBE_RELOAD",
        ),
    ),
    "shadow_paging": _capability(
        "shadow paging",
        "KVM translates guests' addresses itself",
        _parameters("!kvm_amd/npt", "!kvm_intel/ept"),
    ),
    "simd": _capability(
        "SIMD guest code",
        "guest code may use SSE",
        _guest("simd", "a guest with PADDB"),
    ),
    "smp": _capability(
        "second CPU",
        "two CPUs or more",
        _probe("sched_getaffinity()", ".probe = PROBE_SMP"),
    ),
    "svm": _capability(
        "SVM",
        "nested guests on AMD",
        _cpuid("0x80000001", "ECX", 2),
    ),
    "svm_exits": _capability(
        "faithful exits of nested guests",
        "an AMD CPU refuses an illegal event with an exit code of 64 bits, and stops a nested guest's INVD",
        _guest("svm_exits", "a guest with a nested one: an event of a reserved type, then INVD, intercepted"),
    ),
    "tdp": _capability(
        "two-dimensional paging",
        "KVM has the CPU translate guests' addresses",
        _parameters("kvm_amd/npt", "kvm_intel/ept"),
    ),
    "vgif": _capability(
        "VGIF",
        "KVM has an AMD CPU keep a nested hypervisor's global interrupt flag",
        _parameters("kvm_amd/vgif"),
    ),
    "virtual_apic": _capability(
        "virtual APIC",
        "KVM has an Intel CPU keep guests' APICs and deliver their interrupts",
        _parameters("kvm_intel/enable_apicv"),
    ),
    "virtual_vmload": _capability(
        "virtual VMLOAD",
        "KVM has an AMD CPU execute a nested hypervisor's VMLOAD and VMSAVE",
        _parameters("kvm_amd/vls"),
    ),
    "vmcs_shadowing": _capability(
        "VMCS shadowing",
        "KVM has an Intel CPU execute a nested hypervisor's VMREAD and VMWRITE",
        _parameters("kvm_intel/enable_shadow_vmcs"),
    ),
    "vmx": _capability(
        "VMX",
        "nested guests on Intel",
        _cpuid("0x1", "ECX", 5),
    ),
    "x2apic": _capability(
        "x2APIC",
        "guests can have an x2APIC",
        _cpuid("0x1", "ECX", 21),
    ),
}

def capability_table(*, name, out):
    """Writes the table as the elements of a C array: machines/capabilities/capabilities.c.

    Args:
      name: the target's name.
      out: the file.
    """
    write_file(
        name = name,
        out = out,
        content = ["/* Made from machines/capabilities/table.bzl. */"] + [
            "{{.name = \"{}\", .shown = \"{}\", .how = \"{}\", {}}},".format(
                capability,
                row.shown,
                row.probe.how,
                row.probe.c,
            )
            for capability, row in CAPABILITIES.items()
        ] + [""],
    )
