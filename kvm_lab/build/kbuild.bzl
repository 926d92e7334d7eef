# SPDX-License-Identifier: MIT
"""How the kernel's own build makes KVM's modules, as of Linux 6.1."""

visibility("//kvm_lab/...")

# The kernel's warnings are its maintainers' business; these are errors there too, as
# each is a fault that the compiler would turn into wrong code.
_WARNINGS = [
    "-w",
    "-Werror=implicit-function-declaration",
    "-Werror=implicit-int",
    "-Werror=incompatible-pointer-types",
    "-Werror=return-type",
    "-Werror=strict-prototypes",
]

_MACHINE = [
    "--target=x86_64-linux-gnu",
    "-no-canonical-prefixes",
    "-nostdinc",
    "-m64",
    "-fno-PIE",
    "-D__KERNEL__",
    "-DMODULE",
    # What the headers ask for; the code has no calls for function tracing. objtool would
    # make them NOPs, where a kernel that GCC has built expects calls: it warns, and
    # switches all of its function tracing off.
    "-DCC_USING_FENTRY",
]

# What a kernel with retpolines, return thunks and the ORC unwinder is compiled with.
_CODE = [
    "-std=gnu11",
    "-O2",
    "-fcf-protection=none",
    "-fno-asynchronous-unwind-tables",
    "-fno-builtin-wcslen",
    "-fno-common",
    "-fno-delete-null-pointer-checks",
    "-fno-jump-tables",
    "-fno-stack-check",
    "-fno-strict-aliasing",
    "-fno-strict-overflow",
    "-fshort-wchar",
    "-fstack-protector-strong",
    "-ftrivial-auto-var-init=zero",
    "-mcmodel=kernel",
    "-mfunction-return=thunk-extern",
    "-mharden-sls=all",
    "-mindirect-branch-cs-prefix",
    "-mno-3dnow",
    "-mno-80387",
    "-mno-avx",
    "-mno-fp-ret-in-387",
    "-mno-mmx",
    "-mno-red-zone",
    "-mno-sse",
    "-mno-sse2",
    "-mretpoline-external-thunk",
    "-mskip-rax-setup",
    "-mstack-alignment=8",
    "-mtune=generic",
]

C_FLAGS = _MACHINE + _CODE + _WARNINGS

# What has Clang count which of the code runs, twice: for reports, where it says in the
# object which lines each counter is about (paths are as from the kernel's root, wherever
# that is), and in a byte for each edge, for a fuzzer that reads them all after each input.
COVERAGE_FLAGS = [
    "-fprofile-instr-generate",
    "-fcoverage-mapping",
    "-fcoverage-compilation-dir=.",
    "-fsanitize-coverage=inline-8bit-counters",
]

# Before each source that is counted. What stands behind a macro in which a branch does not
# return is code that never runs to Clang 19's reports: they take the gap behind the macro
# for one behind a return. The kernel's compile-time assertions are in READ_ONCE(), min(),
# rcu_dereference() and kvm_make_request(). They hold in the KVM that does not count, so they
# need not be there.
COVERAGE_HEADER = """\
#undef __compiletime_assert
#define __compiletime_assert(condition, msg, prefix, suffix) do { } while (0)
"""

# The constructor that Clang makes to tell a runtime of the bytes. No kernel calls it.
COVERAGE_OBJCOPY_FLAGS = [
    "--remove-section=.init_array*",
    "--remove-section=.rela.init_array*",
    "--remove-section=.text.sancov.*",
    "--remove-section=.rela.text.sancov.*",
    "--strip-symbol=__sanitizer_cov_8bit_counters_init",
    "--strip-symbol=__start___sancov_cntrs",
    "--strip-symbol=__stop___sancov_cntrs",
]

# The counters are a section for each function, in a group. A module is to have one.
COVERAGE_LINK_FLAGS = ["--force-group-allocation"]

ASSEMBLY_FLAGS = _MACHINE + ["-D__ASSEMBLY__"]

OBJTOOL_FLAGS = [
    "--hacks=jump_label",
    "--hacks=noinstr",
    "--orc",
    "--retpoline",
    "--rethunk",
    "--sls",
    "--static-call",
    "--uaccess",
    "--module",
]

# Below the kernel's source.
_X86 = "arch/x86/kvm/"

_VIRT = "virt/kvm/"

# Which sources make which module.
MODULES = {
    "kvm": [_X86 + name + ".c" for name in [
        "cpuid",
        "debugfs",
        "emulate",
        "hyperv",
        "i8254",
        "i8259",
        "ioapic",
        "irq",
        "irq_comm",
        "kvm_onhyperv",
        "lapic",
        "mmu/mmu",
        "mmu/page_track",
        "mmu/spte",
        "mmu/tdp_iter",
        "mmu/tdp_mmu",
        "mtrr",
        "pmu",
        "x86",
        "xen",
    ]] + [_VIRT + name + ".c" for name in [
        "async_pf",
        "binary_stats",
        "coalesced_mmio",
        "dirty_ring",
        "eventfd",
        "irqchip",
        "kvm_main",
        "pfncache",
        "vfio",
    ]],
    "kvm-amd": [_X86 + "svm/" + name for name in [
        "avic.c",
        "nested.c",
        "pmu.c",
        "sev.c",
        "svm.c",
        "svm_onhyperv.c",
        "vmenter.S",
    ]],
    "kvm-intel": [_X86 + "vmx/" + name for name in [
        "evmcs.c",
        "nested.c",
        "pmu_intel.c",
        "posted_intr.c",
        "sgx.c",
        "vmcs12.c",
        "vmenter.S",
        "vmx.c",
    ]],
}

# Sources that are left out where the kernel's configuration lacks an option.
NEEDED_OPTIONS = {
    _VIRT + "async_pf.c": "CONFIG_KVM_ASYNC_PF",
    _VIRT + "vfio.c": "CONFIG_KVM_VFIO",
    _X86 + "kvm_onhyperv.c": "CONFIG_HYPERV",
    _X86 + "svm/svm_onhyperv.c": "CONFIG_HYPERV",
    _X86 + "vmx/sgx.c": "CONFIG_X86_SGX_KVM",
    _X86 + "xen.c": "CONFIG_KVM_XEN",
}

# Where the offsets for the assembly sources come from.
ASM_OFFSETS = _X86 + "kvm-asm-offsets.c"

# Headers that one source alone includes. Any other header may be anybody's.
HEADERS_OF_ONE_SOURCE = {
    _X86 + "mmu/paging_tmpl.h": _X86 + "mmu/mmu.c",
}

INCLUDE_FOLDERS = [
    _X86,
    _VIRT,
]
