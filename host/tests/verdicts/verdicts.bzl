# SPDX-License-Identifier: MIT
"""Tests whose payloads end in every way that there is."""

load("//:defs.bzl", "kvm_test")

visibility("//...")

# A test's name and the statement that its payload executes.
VERDICTS = {
    "brk_tbrok": "BRK(TBROK)",
    "brk_tconf": "BRK(TCONF)",
    "brk_tfail": "BRK(TFAIL)",
    "brk_tpass": "BRK(TPASS)",
    "nothing": "return",
    "res_tconf": "RES(TCONF)",
    "res_tfail": "RES(TFAIL)",
    "res_tpass": "RES(TPASS)",
    "res_twarn": "RES(TWARN)",
}

_GUESTS = ["i386", "x86_64"]

def verdict_tests(*, name):
    """Declares a kvm_test for each way, and tests of what a user sees of them.

    The former are manual: most of them fail, as they should. The latter are
    `<name>_<guest>_test`.

    Args:
      name: the prefix of the latter.
    """
    for test, statement in VERDICTS.items():
        kvm_test(
            name = test,
            srcs = ["verdict.c"],
            guests = _GUESTS,
            payload_copts = ["'-DVERDICT={}'".format(statement)],
            tags = ["manual"],
            visibility = ["//visibility:private"],
        )
    for guest in _GUESTS:
        native.sh_test(
            name = "{}_{}_test".format(name, guest),
            size = "small",
            srcs = ["verdicts_test.sh"],
            args = [guest],
            data = ["{}_{}".format(test, guest) for test in VERDICTS],
            tags = ["kvm"],
        )
