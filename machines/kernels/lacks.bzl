# SPDX-License-Identifier: MIT
"""Fixes of KVM that the pinned kernels lack, Linux 6.1.176 both."""

# As tests have them in fixed_by; docs/regressions.md says what each test looks for.
LACKS = [
    "0735d1c34e49",
    "0e3223d8d00a",
    "1d1722e52fcd",
    "27c4fa42b11a",
    "321ef62b0c5f",
    "33d3617a52f9",
    "5d291ef0585e",
    "7334ede457c6",
    "7e79f71bca5c",
    "81ccda30b4e8",
    "8a4821412cf2",
    "b53ab5167a81",
    "be5fa8737d42",
    "c36991c6f8d2",
    "cdc69269b18a",
]
