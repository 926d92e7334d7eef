# SPDX-License-Identifier: MIT
"""How the payload's library is compiled: its image is copied for each test, so small is fast."""

visibility("//guest/...")

# With -Oz, i386 code calls functions for shifts of 64 bits.
SMALL = ["-fno-jump-tables"] + select({
    "@platforms//cpu:x86_64": ["-Oz"],
    "//conditions:default": [],
})
