# SPDX-License-Identifier: MIT
"""planted_fault: KVM with one thing wrong, and the tests that must notice."""

load("//kvm_lab:fault_test.bzl", "CAUGHT_AS", "fault_test")
load("//kvm_lab/build:kvm_modules.bzl", "kvm_edit", "kvm_modules")
load("//machines:machines.bzl", "MACHINES", "machine_for")

visibility("//...")

def _split(test):
    """Takes "//package:test:Suite.Case" apart into a label and a filter."""
    parts = test.split(":")
    cases = parts[2] if len(parts) == 3 else "*"
    return ":".join(parts[:2]), cases

def planted_fault_error(name, caught_by, caught_as, requires):
    """Tells what is wrong with a fault's arguments.

    Args:
      name: planted_fault's argument, as all the others.
      caught_by: planted_fault's argument.
      caught_as: planted_fault's argument.
      requires: planted_fault's argument.

    Returns:
      A message, or None.
    """
    if not caught_by:
        return "planted_fault '{}': caught_by is empty; name a test that must fail".format(name)
    if caught_as not in CAUGHT_AS:
        return "planted_fault '{}': caught_as is \"{}\", which is none of \"{}\"".format(
            name,
            caught_as,
            "\", \"".join(CAUGHT_AS),
        )
    if not machine_for(requires):
        return "planted_fault '{}' requires {}, which no machine has together; there are {}".format(
            name,
            ", ".join(requires),
            ", ".join(MACHINES.keys()),
        )
    for test in caught_by:
        parts = test.split(":")
        if len(parts) not in (2, 3) or not all(parts):
            return "planted_fault '{}': caught_by has \"{}\"; it takes \"//package:test\", or \"//package:test:CASES\" with a filter of GoogleTest's".format(
                name,
                test,
            )
    return None

def planted_fault(
        *,
        name,
        file,
        find,
        replace,
        undoes,
        caught_by,
        requires = [],
        caught_as = "fail",
        tags = [],
        **kwargs):
    """Plants a fault in KVM, and tests that tests catch it.

    Makes the test `<name>`: each test of `caught_by` fails on the faulty KVM, by a verdict
    of its own. For each of these, the test `unedited_<its name>` once in a package: it
    passes on KVM as it is, rebuilt in the same way. `<name>._kvm` is the faulty KVM,
    for --//machines:modules; `<name>._kvm_that_counts` is the same with coverage, which
    guides fuzz tests.

    Args:
      name: the fault's name: what is wrong, not how.
      file: a path as from the kernel's root: "arch/x86/kvm/svm/nested.c".
      find: a piece of its text that stands there exactly once.
      replace: what stands there instead.
      undoes: a fix's commit, a CVE, or the check that the architecture demands, with the
        manual's section.
      caught_by: the tests that must fail: labels of tests that kvm_test makes, for one
        guest, each maybe with a filter of their cases behind a colon.
      requires: the capabilities of the machine on which the fault shows:
        machines/capabilities/table.bzl. The first machine that has them is taken.
      caught_as: "fail"; "crash" for a fault that ends the machine, "hang" for one after
        which the guest waits for what never comes, such as a lost interrupt; "warn" and
        "oops" for one of which the machine's kernel itself complains.
      tags: tags of the tests.
      **kwargs: attributes that every test has.
    """
    error = planted_fault_error(name, caught_by, caught_as, requires)
    if error:
        fail(error)
    machine = machine_for(requires)
    machine_target = Label("//machines:" + machine)
    for suffix, coverage in {"._kvm": False, "._kvm_that_counts": True}.items():
        kvm_modules(
            name = name + suffix,
            coverage = coverage,
            edits = [kvm_edit(file = file, find = find, replace = replace)],
            tags = ["manual"],
        )
    cases = [_split(test) for test in caught_by]
    tests = {test: None for test, _ in cases}.keys()
    fault_test(
        name = name,
        size = "medium",
        machine = machine_target,
        file = file,
        modules = name + "._kvm",
        tags = ["kvm"] + tags,
        runs = ["{} {}".format(tests.index(test), filter) for test, filter in cases],
        tests = tests,
        undoes = undoes,
        verdict = caught_as,
        **kwargs
    )
    for test in tests:
        unedited = "unedited_{}_{}".format(test.split(":")[1], machine)
        if native.existing_rule(unedited):
            continue
        fault_test(
            name = unedited,
            size = "large",
            machine = machine_target,
            modules = Label("//kvm_lab:unedited"),
            tags = [
                "kvm",
                "unedited",
            ] + tags,
            runs = ["0 *"],
            tests = [test],
            verdict = "pass",
            **kwargs
        )
