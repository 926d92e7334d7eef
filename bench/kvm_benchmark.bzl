# SPDX-License-Identifier: MIT
"""kvm_benchmark: measurements, as ratios to a floor."""

load("//:defs.bzl", "kvm_test")

visibility("//bench/...")

def kvm_benchmark(*, name, srcs):
    """Benchmarks with the payloads of guest.h; ratios.h says how they are run.

    They are manual: what else runs is measured with them.

    Args:
      name: the target's name.
      srcs: C++ files that register benchmarks.
    """
    kvm_test(
        name = name,
        size = "large",
        srcs = srcs,
        payloads = {
            "functions": [
                "guest.h",
                "guest_payload.c",
            ],
            "hello": ["hello_payload.c"],
        },
        tags = [
            "exclusive",
            "manual",
        ],
        deps = [
            ":footprint",
            ":machine",
            ":ratios",
        ],
    )
