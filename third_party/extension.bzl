# SPDX-License-Identifier: MIT
"""The pinned packages as a module extension."""

load("//third_party:repositories.bzl", "ringside_packages")

packages = module_extension(
    implementation = lambda _mctx: ringside_packages(),
    doc = "Declares the repositories of Ringside that hold pinned Debian packages.",
)
