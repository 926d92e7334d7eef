# SPDX-License-Identifier: MIT
"""Ringside's public rules.

    load("//:defs.bzl", "kvm_test")          # in this repository
    load("@ringside//:defs.bzl", "kvm_test") # in others
"""

load("//machines:linux_kernel.bzl", _linux_kernel = "linux_kernel")
load("//machines:machine_rules.bzl", _bochs_machine = "bochs_machine", _qemu_machine = "qemu_machine")
load("//rules:kvm_program_test.bzl", _kvm_program_test = "kvm_program_test")
load("//rules:kvm_test.bzl", _kvm_test = "kvm_test")

bochs_machine = _bochs_machine
kvm_program_test = _kvm_program_test
kvm_test = _kvm_test
linux_kernel = _linux_kernel
qemu_machine = _qemu_machine
