# SPDX-License-Identifier: MIT
"""Ringside's public rules.

    load("//:defs.bzl", "kvm_test")          # in this repository
    load("@ringside//:defs.bzl", "kvm_test") # in others
"""

load("//machines:linux_kernel.bzl", _linux_kernel = "linux_kernel")
load("//rules:kvm_test.bzl", _kvm_test = "kvm_test")

kvm_test = _kvm_test
linux_kernel = _linux_kernel
