# SPDX-License-Identifier: MIT
"""selftest: one program of the kernel's selftests of KVM, as a test."""

load("//rules:kvm_program_test.bzl", "kvm_program_test")
load("//suites/selftests:selftest_sources.bzl", "selftest_sources")
load("//toolchains:cc_binary.bzl", "cc_binary")

visibility("//suites/selftests/...")

# As the selftests' Makefile has it.
COPTS = [
    "-O2",
    "-fno-PIE",
    "-fno-stack-protector",
    "-std=gnu99",
    "-U_FORTIFY_SOURCE",
    "-D_GNU_SOURCE",
    # A comparison stays a call of memcmp(), which guests have a version of, and
    # becomes none of bcmp(), which is the C library's.
    "-fno-builtin-memcmp",
    # Their sources are as they are.
    "-w",
]

def selftest(*, name, test, known_failures = {}):
    """Builds a selftest and runs it where it finds what it requires.

    Args:
      name: its name in the kernel's source.
      test: its row in SELFTESTS.
      known_failures: its row in KNOWN_FAILURES: from machines to reasons.
    """
    selftest_sources(
        name = name + "._source",
        program = name,
        source = ":source",
        tags = ["manual"],
    )
    cc_binary(
        name = name + "._program",
        testonly = True,
        srcs = [name + "._source"],
        copts = COPTS + test.copts,
        linkstatic = True,
        tags = ["manual"],
        deps = [":library"],
    )
    kvm_program_test(
        name = name,
        size = test.size,
        args = test.args,
        machines = test.machines,
        program = name + "._program",
        requires = test.requires,
        tags = ["manual"] if test.no_verdict else [],
    )
    for machine, reason in known_failures.items():
        kvm_program_test(
            name = "{}_on_{}".format(name, machine),
            size = test.size,
            args = test.args,
            known_failure = reason,
            machines = [machine],
            program = name + "._program",
        )
