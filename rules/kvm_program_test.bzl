# SPDX-License-Identifier: MIT
"""kvm_program_test: any program as a test, on the local KVM or on an emulated machine."""

load("//machines:machine_test.bzl", "machine_test")
load("//machines:machines.bzl", "MACHINES", "emulated_machine", "machine_label")
load("//rules:kvm_test_args.bzl", "check_kvm_program_test_args", "machine_test_names")

visibility("//...")

def kvm_program_test(
        *,
        name,
        program = None,
        requires = [],
        machines = [],
        filter_args = [],
        known_failure = None,
        results = "tap",
        tags = [],
        **kwargs):
    """Runs a program that knows nothing of Ringside as a test where it finds what it requires.

    Exit status 0 is a pass, 4 a skip, as kselftest has it; any other, and a signal, is a
    failure. TAP and KTAP in the output become the cases of test.xml.

    Makes the test `<name>`; several `machines` make `<name>_<machine>` for each, and the
    test suite `<name>`.

    Args:
      name: the test's name.
      program: the executable: a static program for x86-64 Linux, a dynamic one whose
        loader and libraries are among `data`, or a script for /bin/sh.
      requires: the capabilities that the machine must have: docs/machines.md. A literal
        list.
      machines: machines to run on, each in a test of its own, as for kvm_test. A literal
        list.
      filter_args: what --test_filter adds to the program's arguments; "{filter}" stands
        for what it says: ["-t", "{filter}"].
      known_failure: why the test fails where it runs now, in one line. It is skipped with
        this reason then, and fails when the program passes.
      results: how the program writes its results: "tap", which is KTAP too, or
        "kvm-unit-tests".
      tags: tags of the tests, beside "kvm".
      **kwargs: attributes that every test has, such as `size`, `timeout`, `args`, `data`,
        `env`, `flaky` and `visibility`.
    """
    error = check_kvm_program_test_args(
        name = name,
        program = program,
        requires = requires,
        machines = machines,
        known_machines = MACHINES.keys(),
        filter_args = filter_args,
        known_failure = known_failure,
        results = results,
        extra = kwargs.keys(),
    )
    if error:
        fail(error)
    visibility = kwargs.pop("visibility", None)
    size = kwargs.pop("size", "small")
    options = ["--filter=" + argument for argument in filter_args]
    if known_failure:
        options.append("--known-failure=" + known_failure)
    if results != "tap":
        options.append("--results=" + results)

    tests = []
    for test, machine in machine_test_names(name, machines).items():
        tests.append(test)
        machine_test(
            name = test,
            size = size,
            controller = program,
            emulated = machine_label(machine) if machine else emulated_machine(requires),
            pinned = machine != None,
            requires = requires,
            supervisor = Label("//machines/supervisor"),
            supervisor_options = options,
            tags = ["kvm"] + tags + ["requires-" + requirement for requirement in requires],
            visibility = visibility,
            **kwargs
        )
    if tests != [name]:
        native.test_suite(
            name = name,
            tags = ["manual"] if "manual" in tags else [],
            tests = tests,
            visibility = visibility,
        )
