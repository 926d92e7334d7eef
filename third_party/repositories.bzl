# SPDX-License-Identifier: MIT
"""Everything that Ringside is built from."""

load("@bazel_tools//tools/build_defs/repo:http.bzl", "http_archive")
load("@bazel_tools//tools/build_defs/repo:utils.bzl", "maybe")
load("//third_party:buildifier_repository.bzl", "buildifier_repository")
load("//third_party:debian_packages.bzl", "debian_packages")
load("//third_party:debian_source.bzl", "debian_source")

# What Bochs gets wrong, each with its reason on top.
_BOCHS_PATCHES = [
    "ept_page_walks",
    "posted_interrupt_descriptor",
    "svm_debug_exits",
    "svm_exception_shadow",
    "svm_exit_traps",
    "svm_guest_cr2",
    "svm_guest_task_register",
    "svm_interrupt_masks",
    "svm_lmsw",
    "svm_software_interrupts",
    "virtual_branch_records",
    "virtual_interrupts",
    "vm_entry_interrupts",
    "vm_exit_tsc",
]

# What is needed of the kernel's source.
_LINUX_SOURCES = [
    "Makefile",
    "arch/x86/entry/syscalls",
    "arch/x86/include/uapi",
    "arch/x86/kvm",
    "include/uapi",
    "tools/arch/x86/include",
    "tools/include",
    "tools/lib/rbtree.c",
    "tools/testing/selftests/kselftest.h",
    "tools/testing/selftests/kselftest_harness.h",
    "tools/testing/selftests/kvm",
    "tools/testing/selftests/rseq",
    "virt/kvm",
]

def _bazel_rules():
    """Rule sets that Bazel users share; a workspace's own versions win."""
    maybe(
        http_archive,
        name = "platforms",
        sha256 = "218efe8ee736d26a3572663b374a253c012b716d8af0c07e842e82f238a0a7ee",
        url = "https://github.com/bazelbuild/platforms/releases/download/0.0.10/platforms-0.0.10.tar.gz",
    )
    maybe(
        http_archive,
        name = "bazel_skylib",
        sha256 = "6e78f0e57de26801f6f564fa7c4a48dc8b36873e416257a92bbb0937eeac8446",
        url = "https://github.com/bazelbuild/bazel-skylib/releases/download/1.8.2/bazel-skylib-1.8.2.tar.gz",
    )
    maybe(
        http_archive,
        name = "rules_cc",
        sha256 = "7e2a1f6c5dd908e6e88d7c80257c99d14e16fa985b56342287fddb6a32c435b5",
        strip_prefix = "rules_cc-0.0.11",
        url = "https://github.com/bazelbuild/rules_cc/releases/download/0.0.11/rules_cc-0.0.11.tar.gz",
    )

def ringside_repositories():
    """Declares the repositories that Ringside needs; nothing is fetched before it is used."""
    _bazel_rules()
    ringside_packages()

def ringside_packages():
    """Declares the repositories that hold pinned packages of Debian's."""
    maybe(
        debian_packages,
        name = "ringside_llvm",
        build_file = Label("//third_party:llvm/BUILD.overlay.bazel"),
        package_set = "llvm",
        remove = [
            "etc",
            "lib64",
            "usr/bin",
            "usr/include",
            "usr/share",
        ],
        wrapped_directory = "usr/lib/llvm-19/bin",
        wrapper = Label("//third_party:llvm/tool_wrapper.sh"),
    )
    maybe(
        debian_packages,
        name = "ringside_sysroot_x86_64",
        build_file = Label("//third_party:sysroot/BUILD.overlay.bazel"),
        package_set = "sysroot",
        remove = [
            "etc",
            "usr/share",
        ],
    )
    maybe(
        debian_packages,
        name = "ringside_sysroot_arm64",
        build_file = Label("//third_party:sysroot_arm64/BUILD.overlay.bazel"),
        package_set = "sysroot_arm64",
        remove = ["usr/share"],
    )
    maybe(
        debian_packages,
        name = "ringside_googletest",
        build_file = Label("//third_party:googletest/BUILD.overlay.bazel"),
        package_set = "googletest",
        remove = ["usr/share"],
    )
    maybe(
        debian_packages,
        name = "ringside_zlib",
        build_file = Label("//third_party:zlib/BUILD.overlay.bazel"),
        package_set = "zlib",
        remove = ["usr/share"],
    )
    maybe(
        debian_packages,
        name = "ringside_jansson",
        build_file = Label("//third_party:jansson/BUILD.overlay.bazel"),
        package_set = "jansson",
        remove = ["usr/share"],
    )
    maybe(
        debian_packages,
        name = "ringside_busybox",
        build_file = Label("//third_party:busybox/BUILD.overlay.bazel"),
        package_set = "busybox",
        remove = ["usr"],
    )
    maybe(
        debian_packages,
        name = "ringside_qemu",
        build_file = Label("//third_party:qemu/BUILD.overlay.bazel"),
        package_set = "qemu",
        remove = [
            "etc",
            "lib/systemd",
            "usr/lib/x86_64-linux-gnu/gconv",
            "usr/libexec",
            "usr/share/doc",
            "usr/share/locale",
            "usr/share/man",
        ],
    )
    maybe(
        debian_packages,
        name = "ringside_linux",
        build_file = Label("//third_party:linux/BUILD.overlay.bazel"),
        package_set = "linux",
        remove = ["usr"],
    )
    maybe(
        debian_packages,
        name = "ringside_linux_generic",
        build_file = Label("//third_party:linux/BUILD.overlay.bazel"),
        package_set = "linux_generic",
        remove = ["usr"],
    )
    maybe(
        debian_packages,
        name = "ringside_linux_headers",
        build_file = Label("//third_party:linux_headers/BUILD.overlay.bazel"),
        package_set = "linux_headers",
        remove = [
            "etc",
            "lib64",
            "usr/lib/x86_64-linux-gnu/gconv",
            "usr/share",
        ],
    )
    maybe(
        debian_packages,
        name = "ringside_linux_source",
        archive = "usr/src/linux-source-6.1.tar.xz",
        archive_members = [
            "linux-source-6.1/" + part
            for part in _LINUX_SOURCES
        ],
        build_file = Label("//third_party:linux_source/BUILD.overlay.bazel"),
        busybox = Label("@ringside_busybox//:bin/busybox"),
        package_set = "linux_source",
        remove = ["usr"],
    )
    maybe(
        debian_source,
        name = "ringside_benchmark",
        build_file = Label("//third_party:benchmark/BUILD.overlay.bazel"),
        path = "pool/main/b/benchmark/benchmark_1.7.1.orig.tar.gz",
        sha256 = "6430e4092653380d9dc4ccb45a1e2dc9259d581f4866dc0759713126056bc1d7",
        strip_prefix = "benchmark-1.7.1",
    )
    maybe(
        debian_source,
        name = "ringside_bochs",
        added_files = {
            Label("//third_party:bochs/instrument.h"): "ringside/instrument.h",
        },
        build_file = Label("//third_party:bochs/BUILD.overlay.bazel"),
        patches = [
            Label("//third_party:bochs/{}.patch".format(patch))
            for patch in _BOCHS_PATCHES
        ],
        path = "pool/main/b/bochs/bochs_3.0+dfsg.orig.tar.xz",
        sha256 = "78f6c73d4a6472d5130a87ab9dc306d02c7c71ed8e25b3a8ef642e2a7acd282b",
        strip_prefix = "bochs-3.0",
    )
    maybe(
        debian_packages,
        name = "ringside_bochs_firmware",
        build_file = Label("//third_party:bochs/BUILD.firmware.bazel"),
        package_set = "bochs_firmware",
        remove = ["usr/share/doc"],
    )
    maybe(
        debian_packages,
        name = "ringside_clang_tools",
        build_file = Label("//third_party:clang_tools/BUILD.overlay.bazel"),
        package_set = "clang_tools",
        remove = [
            "etc",
            "usr/bin",
            "usr/share",
        ],
        wrapped_directory = "usr/lib/llvm-19/bin",
        wrapper = Label("//third_party:clang_tools/tool_wrapper.sh"),
    )
    maybe(
        debian_packages,
        name = "ringside_shellcheck",
        build_file = Label("//third_party:shellcheck/BUILD.overlay.bazel"),
        package_set = "shellcheck",
        remove = [
            "etc",
            "lib64",
            "usr/lib/x86_64-linux-gnu/gconv",
            "usr/share",
        ],
        wrapped_directory = "usr/bin",
        wrapper = Label("//third_party:shellcheck/tool_wrapper.sh"),
    )
    maybe(
        buildifier_repository,
        name = "ringside_buildifier",
    )
    maybe(
        debian_packages,
        name = "ringside_nginx",
        build_file = Label("//third_party:nginx/BUILD.overlay.bazel"),
        package_set = "nginx",
        remove = [
            "etc",
            "usr/share",
        ],
    )
