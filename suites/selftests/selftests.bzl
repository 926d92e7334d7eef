# SPDX-License-Identifier: MIT
"""The table of the kernel's selftests of KVM: what each requires, and where it is known to fail.

docs/suites.md says what came of them.
"""

visibility("//suites/selftests/...")

_LARGE = "//suites/selftests:amd_large"
_LARGE_SMP = "//suites/selftests:amd_qemu_large"

def _test(
        *,
        requires = ["native"],
        machines = [],
        args = [],
        copts = [],
        no_verdict = None,
        size = "small"):
    """A row of the table.

    Args:
      requires: what the machine must have: docs/machines.md.
      machines: a machine that has what no capability names; it runs there alone.
      args: arguments that keep its time, or its memory, bounded.
      copts: compiler options that a source of the pinned tree needs.
      no_verdict: why it ends on no machine within the time of a test: it runs when it is
        named, and not with others.
      size: how long it may take.

    Returns:
      A struct.
    """
    return struct(
        args = args,
        copts = copts,
        machines = machines,
        no_verdict = no_verdict,
        requires = requires,
        size = size,
    )

_ANY = _test()
_SVM = _test(requires = ["svm"])
_VMX = _test(requires = ["vmx"])

# What tests memory in bulk: of a gigabyte, as it is by default, each page costs an
# emulated machine a microsecond and more.
_BULK = _test(
    args = [
        "-b",
        "64M",
    ],
    machines = [_LARGE],
)

SELFTESTS = {
    # The pinned kernel has no CONFIG_IDLE_PAGE_TRACKING: skipped.
    "access_tracking_perf_test": _ANY,
    # No emulated CPU has AMX: skipped.
    "amx_test": _ANY,
    "cpuid_test": _ANY,
    "cr4_cpuid_sync_test": _ANY,
    "debug_regs": _test(requires = [
        "guest_debug",
        "native",
    ]),
    "demand_paging_test": _BULK,
    "dirty_log_perf_test": _BULK,
    "dirty_log_test": _test(
        args = [
            "-i",
            "3",
            "-M",
            "dirty-log",
        ],
        # A fix that the stable tree took uses the name that a later kernel has.
        copts = ["-DTEST_ASSERT_EQ=ASSERT_EQ"],
        machines = [_LARGE_SMP],
        size = "medium",
    ),
    # Its KVM_CAP_SMALLER_MAXPHYADDR is a parameter of kvm_intel.
    "emulator_error_test": _test(machines = ["//suites/selftests:intel_maxphyaddr"]),
    "evmcs_test": _VMX,
    "fix_hypercall_test": _ANY,
    "get_msr_index_features": _ANY,
    "hardware_disable_test": _test(
        machines = ["amd_qemu"],
        no_verdict = "it makes 512 virtual machines of four CPUs and many threads",
        size = "medium",
    ),
    "hyperv_clock": _ANY,
    "hyperv_cpuid": _ANY,
    "hyperv_features": _ANY,
    "hyperv_svm_test": _SVM,
    "kvm_binary_stats_test": _ANY,
    "kvm_clock_test": _ANY,
    "kvm_create_max_vcpus": _ANY,
    "kvm_page_table_test": _BULK,
    "kvm_pv_test": _ANY,
    # It takes three quarters of the CPUs, rounded down.
    "max_guest_memory_test": _test(
        args = [
            "-m",
            "4",
            "-s",
            "1",
        ],
        machines = [_LARGE_SMP],
        no_verdict = "it touches four gigabytes of guest memory page by page, again and again",
        size = "medium",
    ),
    "max_vcpuid_cap_test": _ANY,
    "memslot_modification_stress_test": _BULK,
    "memslot_perf_test": _test(
        args = [
            "-l",
            "1",
            "-s",
            "100",
        ],
        machines = [_LARGE_SMP],
        no_verdict = "it measures how fast memslots can be changed, and finds no number that is slow enough",
        size = "medium",
    ),
    # It wants KVM without unrestricted guests.
    "mmio_warning_test": _test(machines = ["intel_unrestricted0"]),
    "monitor_mwait_test": _ANY,
    "nested_exceptions_test": _VMX,
    "platform_info_test": _ANY,
    # No emulated CPU has a performance counter that counts what it tests: skipped.
    "pmu_event_filter_test": _ANY,
    "rseq_test": _test(
        no_verdict = "it waits for 100,000 migrations between CPUs",
        requires = [
            "native",
            "smp",
        ],
        size = "medium",
    ),
    "set_boot_cpu_id": _ANY,
    "set_memory_region_test": _test(
        machines = [_LARGE],
        size = "medium",
    ),
    "set_sregs_test": _ANY,
    # No emulated CPU has SEV: skipped.
    "sev_migrate_tests": _ANY,
    "smm_test": _ANY,
    "state_test": _ANY,
    # The stable tree's source takes a header for granted.
    "steal_time": _test(copts = [
        "-include",
        "linux/stddef.h",
    ]),
    "svm_int_ctl_test": _SVM,
    "svm_nested_shutdown_test": _SVM,
    "svm_nested_soft_inject_test": _SVM,
    "svm_vmcall_test": _SVM,
    "sync_regs_test": _ANY,
    "system_counter_offset_test": _ANY,
    "triple_fault_event_test": _ANY,
    "tsc_msrs_test": _ANY,
    # TSC scaling: Bochs' Intel CPU has it.
    "tsc_scaling_sync": _VMX,
    # So with corrected machine checks.
    "ucna_injection_test": _VMX,
    "userspace_io_test": _ANY,
    "userspace_msr_exit_test": _ANY,
    "vmx_apic_access_test": _VMX,
    "vmx_close_while_nested_test": _VMX,
    "vmx_dirty_log_test": _VMX,
    "vmx_exception_with_invalid_guest_state": _test(
        machines = ["intel_unrestricted0"],
        no_verdict = "it waits for a timer to hit between two steps of KVM, which an emulator's even pace avoids",
        size = "medium",
    ),
    "vmx_invalid_nested_guest_state": _VMX,
    "vmx_msrs_test": _VMX,
    "vmx_nested_tsc_scaling_test": _VMX,
    "vmx_pmu_caps_test": _VMX,
    # 160 seconds of the machine's time.
    "vmx_preemption_timer_test": _test(
        requires = ["vmx"],
        size = "medium",
    ),
    "vmx_set_nested_state_test": _VMX,
    "vmx_tsc_adjust_test": _VMX,
    "xapic_ipi_test": _ANY,
    "xapic_state_test": _ANY,
    # The pinned kernel has no CONFIG_KVM_XEN: skipped.
    "xen_shinfo_test": _ANY,
    "xen_vmcall_test": _ANY,
    "xss_msr_test": _ANY,
}

# What passes elsewhere and fails on a machine, with the reason: a test for each, which
# says when that is over.
KNOWN_FAILURES = {
    "nested_exceptions_test": {
        "amd": "Bochs sets EXT in the error code of a fault during an exception's delivery, as Intel does and AMD does not",
    },
}
