# SPDX-License-Identifier: MIT
"""kvm_unit_test: an x86 image of kvm-unit-tests as a test."""

load("//rules:kvm_program_test.bzl", "kvm_program_test")
load("//suites/kvm_unit_tests:kvm_unit_test_args.bzl", "check_kvm_unit_test_args", "vmm_args")

visibility("//...")

def kvm_unit_test(
        *,
        name,
        image = None,
        smp = 1,
        args = [],
        cpu = "max",
        memory_mb = 128,
        cpu_pm = False,
        checks = [],
        devices = [],
        environment = {},
        requires = [],
        machines = [],
        known_failure = None,
        timeout = "moderate",
        data = [],
        tags = [],
        **kwargs):
    """Runs an image of kvm-unit-tests on Ringside's engine, unmodified.

    It runs where it finds what it requires, like a kvm_test. The lines that it prints
    before its summary (PASS:, FAIL:, SKIP:) are the cases of test.xml.

    Makes the test `<name>`; several `machines` make `<name>_<machine>` for each, and the
    test suite `<name>`.

    Args:
      name: the test's name.
      image: the image: a .flat file for x86, or any other Multiboot 1 image that is an
        i386 ELF file.
      smp: how many virtual CPUs there are.
      args: the image's arguments.
      cpu: the CPUs' model, in the words of QEMU's option -cpu.
      memory_mb: the guest's RAM in MiB. Little of it has to be there.
      cpu_pm: whether the guest may halt and pause the CPU without leaving, as with
        QEMU's -overcommit cpu-pm=on.
      checks: "FILE=VALUE" each: what a file of the machine has to say, or the test is
        skipped.
      devices: QEMU's names of devices that the image wants. The test is skipped for
        one that there is not.
      environment: a dict, the image's environment.
      requires: the capabilities that the machine must have (docs/machines.md), beside
        "irqchip" and "native". A literal list.
      machines: machines to run on, each in a test of its own, as for kvm_test. A
        literal list.
      known_failure: why the test fails where it runs now, as for kvm_program_test.
      timeout: "short", "moderate", "long" or "eternal", as for every test. An image
        that has not ended shortly before is ended with a message.
      data: files that the test finds in its runfiles.
      tags: tags of the tests.
      **kwargs: attributes that every test has, such as `flaky` and `visibility`.
    """
    error = check_kvm_unit_test_args(
        name = name,
        image = image,
        smp = smp,
        args = args,
        cpu = cpu,
        memory_mb = memory_mb,
        checks = checks,
        devices = devices,
        environment = environment,
        timeout = timeout,
    )
    if error:
        fail(error)
    kvm_program_test(
        name = name,
        size = "small",
        timeout = timeout,
        # As files of any repository are found from the main repository's runfiles.
        args = ["--image=../$(rlocationpath {})".format(image)] + vmm_args(
            smp = smp,
            args = args,
            cpu = cpu,
            memory_mb = memory_mb,
            cpu_pm = cpu_pm,
            checks = checks,
            devices = devices,
            environment = environment,
            timeout = timeout,
        ),
        data = data + [image],
        known_failure = known_failure,
        machines = machines,
        program = Label("//suites/kvm_unit_tests/vmm"),
        requires = [
            requirement
            for requirement in ["irqchip", "native"]
            if requirement not in requires
        ] + requires,
        results = "kvm-unit-tests",
        tags = tags,
        **kwargs
    )
