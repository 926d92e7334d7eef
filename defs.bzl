# SPDX-License-Identifier: MIT
"""Ringside's public rules.

    load("//:defs.bzl", "kvm_test")          # in this repository
    load("@ringside//:defs.bzl", "kvm_test") # in others
"""

load("//kvm_lab:planted_fault.bzl", _planted_fault = "planted_fault")
load("//kvm_lab/build:kernel_headers.bzl", _kernel_headers = "kernel_headers")
load("//kvm_lab/build:kvm_modules.bzl", _kvm_edit = "kvm_edit", _kvm_modules = "kvm_modules")
load("//machines:linux_kernel.bzl", _linux_kernel = "linux_kernel")
load("//machines:machine_rules.bzl", _bochs_machine = "bochs_machine", _qemu_machine = "qemu_machine")
load("//rules:kvm_fuzz_test.bzl", _kvm_fuzz_test = "kvm_fuzz_test")
load("//rules:kvm_program_test.bzl", _kvm_program_test = "kvm_program_test")
load("//rules:kvm_test.bzl", _kvm_test = "kvm_test")
load("//rules:kvm_test_matrix.bzl", _kvm_test_matrix = "kvm_test_matrix")
load("//suites/kvm_unit_tests:kvm_unit_test.bzl", _kvm_unit_test = "kvm_unit_test")

bochs_machine = _bochs_machine
kernel_headers = _kernel_headers
kvm_edit = _kvm_edit
kvm_modules = _kvm_modules
kvm_fuzz_test = _kvm_fuzz_test
kvm_program_test = _kvm_program_test
kvm_test = _kvm_test
kvm_test_matrix = _kvm_test_matrix
kvm_unit_test = _kvm_unit_test
linux_kernel = _linux_kernel
planted_fault = _planted_fault
qemu_machine = _qemu_machine
