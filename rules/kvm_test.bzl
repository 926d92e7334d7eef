# SPDX-License-Identifier: MIT
"""kvm_test: a controller with its payload inside, as one test."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library")
load("//machines:machine_test.bzl", "machine_test")
load("//machines:machines.bzl", "MACHINES", "emulated_machine", "machine_label")
load("//rules:kvm_test_args.bzl", "check_kvm_test_args", "machine_test_names", "requirements_of", "test_names")
load("//rules:payload.bzl", "kvm_payload")
load("//toolchains:cc_binary.bzl", controller_binary = "cc_binary")

visibility("//...")

def kvm_test(
        *,
        name,
        # Not left to Bazel, which tells nobody who writes src what it is called.
        srcs = None,
        payload_srcs = None,
        guests = ["x86_64"],
        requires = [],
        machines = [],
        deps = [],
        payload_deps = [],
        copts = [],
        payload_copts = [],
        tags = [],
        **kwargs):
    """Builds a payload for each guest, a controller around it, and tests that pair.

    Without `payload_srcs`, each C file in `srcs` is compiled twice: for the
    payload with `COMPILE_PAYLOAD` defined, and for the controller without.

    Makes, for one guest, the test `<name>`; for several, the tests
    `<name>_<guest>` and the test suite `<name>` of them all. Several `machines` add
    `_<machine>` to the tests' names in the same way. `<name>._payload`
    is the payload as an ELF file, which kvm_test builds for each guest's platform;
    `<name>_<guest>._controller` is the controller, one static program that holds the
    payload and runs on any x86-64 Linux. The test itself decides where to run it.

    Args:
      name: the test's name.
      srcs: sources of the controller, in C or C++ (GoogleTest); without
        `payload_srcs`, C files that hold both sides. Accepts select().
      payload_srcs: sources of the payload, in C or assembly, if they are
        separate. Accepts select().
      guests: payload architectures: "x86_64", "i386". A literal list.
      requires: the capabilities that the machine must have on which the test runs,
        such as "svm" or "native": machines/capabilities/table.bzl, docs/machines.md.
        A literal list. Tests of i386 require 32-bit paging ("pae") by themselves.
      machines: machines to run on, each in a test of its own, whatever
        --//machines:machine says: names of Ringside's ("amd_npt0") or labels of
        qemu_machine and bochs_machine. Without it, one test that runs where it can. A
        literal list.
      deps: libraries of the controller. Accepts select().
      payload_deps: libraries of the payload. Accepts select().
      copts: compiler options of the controller. Accepts select().
      payload_copts: compiler options of the payload. Accepts select().
      tags: tags of the tests, beside "kvm".
      **kwargs: attributes that every test has, such as `size`, `timeout`,
        `args`, `data`, `env`, `flaky`, `shard_count` and `visibility`.
    """
    error = check_kvm_test_args(
        name = name,
        package = native.package_name(),
        srcs = srcs,
        payload_srcs = payload_srcs,
        guests = guests,
        requires = requires,
        machines = machines,
        known_machines = MACHINES.keys(),
        extra = kwargs.keys(),
    )
    if error:
        fail(error)

    single_source = payload_srcs == None
    visibility = kwargs.pop("visibility", None)
    size = kwargs.pop("size", "small")
    features = kwargs.pop("features", [])
    compatible = kwargs.pop("target_compatible_with", [])
    toolchains = kwargs.pop("toolchains", [])
    private = ["manual"]
    payload = name + "._payload"

    cc_binary(
        name = payload,
        testonly = True,
        srcs = srcs if single_source else payload_srcs,
        copts = payload_copts,
        linkstatic = True,
        local_defines = ["COMPILE_PAYLOAD"],
        tags = private,
        target_compatible_with = [Label("//toolchains:kvm_guest")],
        visibility = ["//visibility:private"],
        deps = [Label("//guest")] + payload_deps,
    )

    # One compilation serves the controllers of all guests.
    cc_library(
        name = name + "._controller_code",
        testonly = True,
        srcs = srcs,
        copts = copts,
        features = features,
        linkstatic = True,
        tags = private,
        target_compatible_with = compatible,
        toolchains = toolchains,
        visibility = ["//visibility:private"],
        deps = [
            Label("//host"),
            Label("//host/gtest"),
        ] + deps,
        alwayslink = True,
    )

    tests = []
    for variant, guest in test_names(name, guests).items():
        required = requirements_of(guest, requires)
        kvm_payload(
            name = variant + "._payload_object",
            testonly = True,
            binary = payload,
            guest = guest,
            tags = private,
            visibility = ["//visibility:private"],
        )
        controller_binary(
            name = variant + "._controller",
            testonly = True,
            features = features,
            linkstatic = True,
            tags = private,
            target_compatible_with = compatible,
            visibility = ["//visibility:private"],
            deps = [
                name + "._controller_code",
                variant + "._payload_object",
                Label("//host/gtest:main"),
            ],
        )
        for test, machine in machine_test_names(variant, machines).items():
            tests.append(test)
            machine_test(
                name = test,
                size = size,
                controller = variant + "._controller",
                emulated = machine_label(machine) if machine else emulated_machine(required),
                pinned = machine != None,
                requires = required,
                tags = ["kvm"] + tags + ["requires-" + requirement for requirement in required],
                target_compatible_with = compatible,
                toolchains = toolchains,
                visibility = visibility,
                **kwargs
            )

    if tests != [name]:
        native.test_suite(
            name = name,
            # A suite of tests that "..." leaves out is left out itself.
            tags = ["manual"] if "manual" in tags else [],
            tests = tests,
            visibility = visibility,
        )
