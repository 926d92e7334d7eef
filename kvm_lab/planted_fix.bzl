# SPDX-License-Identifier: MIT
"""planted_fix: the pinned KVM with a fix that it lacks, and the tests that must pass on it."""

load("//kvm_lab:fault_test.bzl", "fault_test")
load("//kvm_lab/build:kvm_modules.bzl", "kvm_modules")
load("//machines:machines.bzl", "machine_for")

visibility("//...")

def planted_fix(*, name, edits, passes, requires = [], tags = [], **kwargs):
    """Plants a fix in KVM, and tests that tests which fail without it pass.

    Makes the test `<name>`. `<name>._kvm` is the mended KVM, for --//machines:modules.

    Args:
      name: the fix's name: what is right then.
      edits: a list of kvm_edit().
      passes: labels of tests with `fixed_by`, for one guest each.
      requires: the capabilities of the machine to run them on.
      tags: tags of the test.
      **kwargs: attributes that every test has.
    """
    machine = machine_for(requires)
    if not machine:
        fail("planted_fix '{}' requires {}, which no machine has together".format(name, ", ".join(requires)))
    kvm_modules(
        name = name + "._kvm",
        edits = edits,
        tags = ["manual"],
    )
    fault_test(
        name = name,
        size = "medium",
        machine = Label("//machines:" + machine),
        modules = name + "._kvm",
        tags = ["kvm"] + tags,
        runs = ["{} *".format(index) for index in range(len(passes))],
        tests = passes,
        verdict = "pass",
        **kwargs
    )
