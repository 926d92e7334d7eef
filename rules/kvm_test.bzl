# SPDX-License-Identifier: MIT
"""kvm_test: a controller with its payload inside, as one test."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library")
load("//machines:machine_test.bzl", "machine_test")
load("//machines:machines.bzl", "MACHINES", "emulated_machine", "machine_label")
load("//rules:kvm_test_args.bzl", "check_kvm_test_args", "machine_test_names", "requirements_of", "test_names")
load("//rules:payload.bzl", "kvm_payload")
load("//rules:payload_data.bzl", "payload_data")
load("//toolchains:cc_binary.bzl", controller_binary = "cc_binary")

visibility("//...")

def kvm_test(
        *,
        name,
        # Not left to Bazel, which tells nobody who writes src what it is called.
        srcs = None,
        payload_srcs = None,
        payloads = None,
        guests = ["x86_64"],
        requires = [],
        machines = [],
        fixed_by = [],
        deps = [],
        payload_deps = [],
        copts = [],
        additional_compiler_inputs = [],
        payload_copts = [],
        payload_data_files = {},
        payload_features = [],
        payload_stack_size = 0,
        tags = [],
        **kwargs):
    """Builds a payload for each guest, a controller around it, and tests that pair.

    Without `payload_srcs`, each C file in `srcs` is compiled twice: for the
    payload with `COMPILE_PAYLOAD` defined, and for the controller without.

    Makes, for one guest, the test `<name>`; for several, the tests
    `<name>_<guest>` and the test suite `<name>` of them all. Several `machines` add
    `_<machine>` to the tests' names in the same way. `<name>.payload`
    is the payload as an ELF file, which kvm_test builds for each guest's platform;
    `<name>_<guest>.controller` is the controller, one static program that holds the
    payload and runs on any x86-64 Linux. The test itself decides where to run it.

    Args:
      name: the test's name.
      srcs: sources of the controller, in C or C++ (GoogleTest); without
        `payload_srcs`, C files that hold both sides. Accepts select().
      payload_srcs: sources of the payload, in C or assembly, if they are
        separate. Accepts select().
      payloads: several payloads in place of `payload_srcs`: a literal dict from a
        name, for `struct tst_kvm_config.payload`, to the sources of that payload.
        The first one is what runs by default.
      guests: payload architectures: "x86_64", "i386". A literal list.
      requires: the capabilities that the machine must have on which the test runs,
        such as "svm" or "native": machines/capabilities/table.bzl, docs/machines.md.
        A literal list. Tests of i386 require 32-bit paging ("pae") by themselves.
      machines: machines to run on, each in a test of its own, whatever
        --//machines:machine says: names of Ringside's ("amd_npt0") or labels of
        qemu_machine and bochs_machine. Without it, one test that runs where it can. A
        literal list.
      fixed_by: commits that mend the bug for which the test looks: ids, each maybe with a
        blank and a few words, ["c36991c6f8d2 L2's VMMCALL is not KVM's"]. On a kernel
        that lacks one of them (linux_kernel's `lacks`), each case has to fail, and the
        test passes then. A literal list.
      deps: libraries of the controller. Accepts select().
      payload_deps: libraries of the payload. Accepts select().
      copts: compiler options of the controller. Accepts select().
      additional_compiler_inputs: files that these options name, with `$(execpath)`.
      payload_copts: compiler options of the payload. Accepts select().
      payload_data_files: files inside the payload: a literal dict from a C name to
        a file's label. For `{"firmware": "firmware.bin"}` the payload declares
        `extern const unsigned char firmware[], firmware_end[];`.
      payload_features: ["simd"]: the payload, its library and `payload_deps` are
        compiled with x87, MMX, SSE and SSE2, and these are switched on before
        main(), with all that the CPU has of AVX; the test requires "native". A
        literal list.
      payload_stack_size: bytes of each stack, main()'s, other CPUs' and nested
        guests'; a multiple of 4096. 0: 8192.
      tags: tags of the tests, beside "kvm".
      **kwargs: attributes that every test has, such as `size`, `timeout`,
        `args`, `data`, `env`, `flaky`, `shard_count` and `visibility`. Without `size` and
        `timeout`, a test is small and its timeout moderate, five minutes.
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
        fixed_by = fixed_by,
        payloads = payloads,
        payload_data_files = payload_data_files,
        payload_features = payload_features,
        payload_stack_size = payload_stack_size,
        extra = kwargs.keys(),
    )
    if error:
        fail(error)

    visibility = kwargs.pop("visibility", None)
    if "size" not in kwargs and "timeout" not in kwargs:
        # A small test is not a short one: an emulated machine on a busy computer takes its
        # time, and a guest that hangs has a limit of its own.
        kwargs["timeout"] = "moderate"
    size = kwargs.pop("size", "small")
    features = kwargs.pop("features", [])
    compatible = kwargs.pop("target_compatible_with", [])
    toolchains = kwargs.pop("toolchains", [])
    private = ["manual"]
    if payloads == None:
        payloads = {"payload": srcs if payload_srcs == None else payload_srcs}
    if "simd" in payload_features and "native" not in requires:
        requires = requires + ["native"]

    for symbol, file in payload_data_files.items():
        payload_data(
            name = "{}._data_{}".format(name, symbol),
            testonly = True,
            src = file,
            symbol = symbol,
            tags = private,
            target_compatible_with = [Label("//toolchains:kvm_guest")],
            visibility = ["//visibility:private"],
        )
    binaries = {}
    for payload, payload_sources in payloads.items():
        binary = name + ".payload" + ("_" + payload if binaries else "")
        binaries[binary] = payload
        cc_binary(
            name = binary,
            testonly = True,
            srcs = payload_sources,
            # The controller may find any function or variable by its name, so the
            # linker has to keep them: with the file that main() is in.
            copts = [
                "-fno-function-sections",
                "-fno-data-sections",
            ] + payload_copts,
            linkopts = ["-Wl,--defsym=kvm_stack_size={}".format(payload_stack_size)] if payload_stack_size else [],
            linkstatic = True,
            local_defines = ["COMPILE_PAYLOAD"],
            tags = private,
            target_compatible_with = [Label("//toolchains:kvm_guest")],
            visibility = ["//visibility:private"],
            deps = [Label("//guest")] + payload_deps +
                   ["{}._data_{}".format(name, symbol) for symbol in payload_data_files],
        )
    first = binaries.keys()[0]

    # One compilation serves the controllers of all guests.
    cc_library(
        name = name + "._controller_code",
        testonly = True,
        srcs = srcs,
        additional_compiler_inputs = additional_compiler_inputs,
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
            binary = first,
            guest = guest,
            others = {binary: payload for binary, payload in binaries.items() if binary != first},
            payload_features = payload_features,
            payload_name = binaries[first],
            tags = private,
            visibility = ["//visibility:private"],
        )
        controller_binary(
            name = variant + ".controller",
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
                controller = variant + ".controller",
                emulated = machine_label(machine) if machine else emulated_machine(required),
                fixed_by = fixed_by,
                pinned = machine != None,
                requires = required,
                tags = ["kvm"] + tags + ["requires-" + requirement for requirement in required] + ["fixed-by-" + fix.split(" ")[0] for fix in fixed_by],
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
