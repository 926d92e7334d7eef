# SPDX-License-Identifier: MIT
"""image: a Multiboot image of our own that speaks kvm-unit-tests' conventions."""

load("@rules_cc//cc:cc_binary.bzl", "cc_binary")
load("//rules:guest_transition.bzl", "guest_transition")

visibility("//suites/kvm_unit_tests/tests/...")

def _guest_file_impl(ctx):
    image = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = image, target_file = ctx.files.binary[0])
    return [DefaultInfo(files = depset([image]), runfiles = ctx.runfiles([image]))]

_guest_file = rule(
    implementation = _guest_file_impl,
    doc = "A program, built for a guest.",
    attrs = {
        "binary": attr.label(
            mandatory = True,
            cfg = guest_transition,
            doc = "The program: a cc_binary.",
        ),
        "guest": attr.string(
            mandatory = True,
            doc = "The guest's architecture: toolchains/architectures.bzl.",
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
)

def image(*, name, srcs):
    """An i386 image.

    Args:
      name: the file's name.
      srcs: its sources, C and assembly.
    """
    cc_binary(
        name = name + "._cc",
        testonly = True,
        srcs = srcs,
        linkopts = [
            "-Wl,-Ttext=0x400000",
            "-Wl,--image-base=0x3f0000",
            "-Wl,--entry=start",
        ],
        tags = ["manual"],
        target_compatible_with = ["//toolchains:kvm_guest"],
    )
    _guest_file(
        name = name,
        testonly = True,
        binary = name + "._cc",
        guest = "i386",
    )
