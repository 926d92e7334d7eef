# SPDX-License-Identifier: MIT
"""Which Bazel Ringside works with.

What //:workspace.bzl loads has to load in old versions, too, or they would not
come to say it: no visibility() in this folder, and no lambda.
"""

# The version in .bazelversion; MODULE.bazel says the same to Bazel's modules.
BAZEL_VERSION = "7.7.1"

def _numbers(version):
    """The numbers that a version begins with: [7, 7, 1] for "7.7.1- (@non-git)"."""
    numbers = []
    for part in version.split(".")[:3]:
        digits = ""
        for i in range(len(part)):
            if not part[i].isdigit():
                break
            digits += part[i]
        if not digits:
            break
        numbers.append(int(digits))
    return numbers

def bazel_version_error(version):
    """Checks a version of Bazel.

    Args:
      version: native.bazel_version; empty in a Bazel that is no release of Bazel's own:
        one that somebody built for themselves, or Debian's.

    Returns:
      A message that names the mend, or None if Ringside works with that version.
    """
    found = _numbers(version)
    wanted = _numbers(BAZEL_VERSION)
    if not found or (found[0] == wanted[0] and found >= wanted):
        return None
    return ("Ringside works with Bazel {wanted} or a later {major}.x; this is Bazel {version}.\n" +
            "Fix: write {wanted} into .bazelversion and start Bazel with Bazelisk, or copy " +
            "Ringside's bazelw, which fetches that Bazel.").format(
        major = wanted[0],
        version = version,
        wanted = BAZEL_VERSION,
    )
