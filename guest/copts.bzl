# SPDX-License-Identifier: MIT
"""How the payload's library is compiled."""

visibility("//guest/...")

_COMMON = ["-fno-jump-tables"]

# The image is copied for each test, so small is fast.
# With -Oz, i386 code calls functions for shifts of 64 bits.
SMALL = _COMMON + select({
    "@platforms//cpu:x86_64": ["-Oz"],
    "//conditions:default": [],
})

# What each result goes through: an emulated guest pays for each instruction.
FAST = _COMMON + ["-O2"]
