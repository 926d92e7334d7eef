# SPDX-License-Identifier: MIT
"""kvm_test_matrix: tests on machines with kernels, each as a test of its own."""

load("//machines:machine_with_kernel.bzl", "machine_with_kernel")
load("//machines:machines.bzl", "MACHINES", "machine_label")
load("//machines:matrix_cell_test.bzl", "matrix_cell_test")
load("//rules:kvm_test_matrix_args.bzl", "HOST", "cell_name", "check_kvm_test_matrix_args", "matrix_columns")

visibility("//...")

def kvm_test_matrix(
        *,
        name,
        tests,
        machines = [HOST] + MACHINES.keys(),
        kernels = [],
        tags = [],
        visibility = None,
        **kwargs):
    """Runs each of some tests on each of some machines with each of some kernels.

    Makes a test for each of these, `<name>/<machine>/<test>` or
    `<name>/<machine>/<kernel>/<test>`, and the test suite `<name>` of them all. They run
    what the tests have built: no controller, payload or emulator is built for a machine or
    kernel. A machine that lacks what a test requires skips it, and says so.

    Args:
      name: the matrix's name.
      tests: labels of tests that kvm_test, kvm_program_test and their like make, each for
        one guest: ":hello_i386". A literal list.
      machines: "host", names of Ringside's machines, or labels of bochs_machine and
        qemu_machine; all of the former if left out. A literal list.
      kernels: labels of kernels for the emulated machines, as linux_kernel makes them;
        without them, each boots what it always does. A literal list.
      tags: tags of the tests, beside "kvm".
      visibility: of the tests and the test suite.
      **kwargs: attributes that every test has, such as `size`, `timeout` and `flaky`. They
        don't come from the tests; a timeout must not be shorter than that of one of
        them. Without `size` and `timeout`, as with kvm_test, five minutes.
    """
    error = check_kvm_test_matrix_args(
        name = name,
        tests = tests,
        machines = machines,
        kernels = kernels,
        known_machines = [HOST] + MACHINES.keys(),
    )
    if error:
        fail(error)
    if "size" not in kwargs and "timeout" not in kwargs:
        kwargs["timeout"] = "moderate"
    size = kwargs.pop("size", "small")
    cells = []
    for column in matrix_columns(name, machines, kernels):
        machine = None if column.machine == HOST else machine_label(column.machine)
        if column.kernel:
            machine_with_kernel(
                name = column.name + "._machine",
                kernel = column.kernel,
                machine = machine,
                tags = ["manual"],
                visibility = ["//visibility:private"],
            )
            machine = column.name + "._machine"
        for test in tests:
            cells.append(cell_name(column, test))
            matrix_cell_test(
                name = cells[-1],
                size = size,
                machine = machine,
                tags = ["kvm"] + tags,
                test = test,
                visibility = visibility,
                **kwargs
            )
    native.test_suite(
        name = name,
        tags = ["manual"] if "manual" in tags else [],
        tests = cells,
        visibility = visibility,
    )
