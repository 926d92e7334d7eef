# SPDX-License-Identifier: MIT
"""Tests of what a payload's linked ELF file holds."""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("//rules:payload.bzl", "kvm_payload")

visibility("//...")

_LLVM_PROGRAMS = [
    "@ringside_llvm//:llvm-nm",
    "@ringside_llvm//:llvm-objdump",
    "@ringside_llvm//:llvm-readelf",
]

def payload_elf_test(
        *,
        name,
        finding = "",
        copts = [],
        linkopts = [],
        additional_linker_inputs = [],
        deps = ["//guest"],
        features = [],
        guests = ["x86_64", "i386"]):
    """Builds the payload `<name>.c` and tests what the checker finds in it.

    Makes a test `<name>_<guest>_test` for each guest.

    Args:
      name: the payload's source, without its suffix.
      finding: a part of what the checker must find; empty: it must find nothing.
      copts: compiler options of the payload.
      linkopts: linker options of the payload.
      additional_linker_inputs: files that the linker options name.
      deps: libraries of the payload.
      features: the payload's features, as in kvm_test's payload_features.
      guests: payload architectures.
    """
    cc_binary(
        name = name + ".payload",
        testonly = True,
        srcs = [name + ".c"],
        copts = copts,
        additional_linker_inputs = additional_linker_inputs,
        linkopts = linkopts,
        tags = ["manual"],
        target_compatible_with = ["//toolchains:kvm_guest"],
        deps = deps,
    )
    for guest in guests:
        prefix = "{}_{}".format(name, guest)
        kvm_payload(
            name = prefix + "._payload_object",
            testonly = True,
            binary = name + ".payload",
            guest = guest,
            payload_features = features,
            tags = ["manual"],
        )
        native.filegroup(
            name = prefix + "._elf",
            testonly = True,
            srcs = [prefix + "._payload_object"],
            output_group = "elf",
            tags = ["manual"],
        )
        native.sh_test(
            name = prefix + "_test",
            size = "small",
            srcs = ["payload_elf_test.sh"],
            args = [
                "$(rlocationpath @ringside_llvm//:llvm-objdump)",
                "$(rlocationpath {}._elf)".format(prefix),
                "'{}'".format(finding),
            ] + features,
            data = [
                prefix + "._elf",
                "check_payload_elf.sh",
            ] + _LLVM_PROGRAMS,
        )
