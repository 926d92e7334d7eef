# SPDX-License-Identifier: MIT
"""Makes platforms and toolchains out of the table of architectures."""

load("@rules_cc//cc:defs.bzl", "cc_toolchain")
load("//toolchains:architectures.bzl", "CONTROLLER_HOST", "GUESTS", "HOSTS")
load("//toolchains:cc_toolchain_config.bzl", "cc_toolchain_config")

visibility("//...")

_LLVM = "@ringside_llvm//:"

# Where Clang keeps the headers and runtimes that are its own.
_RESOURCE_DIR = "usr/lib/llvm-19/lib/clang/19"

# Every toolchain runs on the same machines, whatever it makes code for.
_EXEC_CONSTRAINTS = [
    "@platforms//cpu:x86_64",
    "@platforms//os:linux",
]

# What tests that use /dev/kvm ask of a remote worker, and no other action does:
# the prefix names the execution group of //machines:machine_test.bzl.
KVM_EXEC_PROPERTIES = {"kvm.requires-kvm": "true"}

def guest_platform(guest):
    """Returns the label of a guest's platform.

    Args:
      guest: a key of GUESTS.

    Returns:
      A label that means the same in every repository.
    """
    return Label("//toolchains:guest_" + guest)

def host_platform(host):
    """Returns the label of a host's platform.

    Args:
      host: a key of HOSTS.

    Returns:
      A label that means the same in every repository.
    """
    return Label("//toolchains:" + host)

def _toolchain(name, constraints, files, **config):
    cc_toolchain_config(
        name = name + "_config",
        ar = _LLVM + "bin/llvm-ar",
        clang = _LLVM + "bin/clang",
        clangxx = _LLVM + "bin/clang++",
        linker = _LLVM + "bin/ld.lld",
        no_shared_library = "no_shared_library.sh",
        objcopy = _LLVM + "bin/llvm-objcopy",
        strip = _LLVM + "bin/llvm-strip",
        **config
    )
    native.filegroup(
        name = name + "_compiler_files",
        srcs = [_LLVM + "compiler"] + files,
    )
    native.filegroup(
        name = name + "_linker_files",
        srcs = [
            "no_shared_library.sh",
            _LLVM + "compiler",
            _LLVM + "linker",
        ] + files,
    )
    native.filegroup(
        name = name + "_all_files",
        srcs = [name + "_linker_files", _LLVM + "binutils"],
    )
    cc_toolchain(
        name = name + "_cc",
        all_files = name + "_all_files",
        ar_files = _LLVM + "binutils",
        as_files = name + "_compiler_files",
        compiler_files = name + "_compiler_files",
        dwp_files = _LLVM + "none",
        linker_files = name + "_linker_files",
        objcopy_files = _LLVM + "binutils",
        strip_files = _LLVM + "binutils",
        supports_param_files = True,
        toolchain_config = name + "_config",
    )
    native.toolchain(
        name = name + "_toolchain",
        exec_compatible_with = _EXEC_CONSTRAINTS,
        target_compatible_with = constraints,
        toolchain = name + "_cc",
        toolchain_type = "@bazel_tools//tools/cpp:toolchain_type",
    )

def _declare_guest(guest, row):
    llvm = Label(_LLVM + "BUILD.bazel").workspace_root
    native.platform(
        name = "guest_" + guest,
        constraint_values = row.constraints,
        visibility = ["//visibility:public"],
    )
    _toolchain(
        name = "guest_" + guest,
        constraints = row.constraints,
        files = [Label("//toolchains:undefined_symbol.sh")],
        builtin_include_directories = ["%workspace%/{}/{}".format(llvm, _RESOURCE_DIR)],
        compile_flags = row.compile_flags + [
            "-resource-dir",
            "{}/{}".format(llvm, _RESOURCE_DIR),
            "-isystem",
            "{}/{}/include".format(llvm, _RESOURCE_DIR),
        ],
        c_flags = ["-std=gnu11"],
        cpu = guest,
        link_flags = row.link_flags + [
            "-Wl,--error-handling-script=" + "/".join([
                part
                for part in [Label("//toolchains:BUILD.bazel").workspace_root, "toolchains/undefined_symbol.sh"]
                if part
            ]),
        ],
        link_triple = row.link_triple,
        simd_flags = row.simd_flags,
        triple = row.triple,
    )

def _declare_host(host, row):
    llvm = Label(_LLVM + "BUILD.bazel").workspace_root
    sysroot = Label(row.sysroot + ":BUILD.bazel").workspace_root
    sysroot_flags = [
        "--sysroot=" + sysroot + row.root,
        "--gcc-install-dir={}/{}".format(sysroot, row.gcc),
        "-resource-dir",
        "{}/{}".format(llvm, _RESOURCE_DIR),
    ]
    native.platform(
        name = host,
        constraint_values = row.constraints,
        exec_properties = KVM_EXEC_PROPERTIES,
        # Other repositories build controllers, and nothing else.
        visibility = ["//visibility:public" if host == CONTROLLER_HOST else "//visibility:private"],
    )
    _toolchain(
        name = host,
        constraints = row.constraints,
        files = [row.sysroot + ":files"],
        builtin_include_directories = [
            "%workspace%/{}/{}".format(llvm, _RESOURCE_DIR),
            "%workspace%/{}/usr".format(sysroot),
            # What rules/precompiled_header.bzl has read, and has as its inputs.
            "/proc/self/cwd",
        ],
        # C code is compiled with unwind tables: a test that breaks off throws
        # through it.
        compile_flags = sysroot_flags + ["-fexceptions", "-fno-pie"],
        c_flags = ["-std=gnu11"],
        cxx_flags = ["-std=c++17"],
        cpu = row.cpu,
        hosted = True,
        link_flags = sysroot_flags + ["-pthread", "-Wl,--build-id=none", "-Wl,--fatal-warnings"],
        triple = row.triple,
    )

def declare_toolchains(*, name):
    """Declares a platform and a toolchain for each row of the table.

    Args:
      name: unused; the rows have names of their own.
    """
    for guest, row in GUESTS.items():
        _declare_guest(guest, row)
    for host, row in HOSTS.items():
        _declare_host(host, row)
