# SPDX-License-Identifier: MIT
"""Unit tests of the check of Bazel's version."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load("//third_party:bazel_version.bzl", "bazel_version_error")

visibility("//...")

def _accepts_test_impl(ctx):
    env = unittest.begin(ctx)
    for version in ["7.7.1", "7.7.1- (@non-git)", "7.8.0", "7.10.0", "7.7.2rc1", ""]:
        asserts.equals(env, None, bazel_version_error(version), version)
    return unittest.end(env)

def _refuses_test_impl(ctx):
    env = unittest.begin(ctx)
    for version in ["4.2.3- (@non-git)", "6.5.0", "7.0.0", "7.7.0", "8.0.0", "10.1.0", "77.1.0"]:
        asserts.equals(
            env,
            ("Ringside works with Bazel 7.7.1 or a later 7.x; this is Bazel {}.\n" +
             "Fix: write 7.7.1 into .bazelversion and start Bazel with Bazelisk, or copy " +
             "Ringside's bazelw, which fetches that Bazel.").format(version),
            bazel_version_error(version),
        )
    return unittest.end(env)

_accepts_test = unittest.make(_accepts_test_impl)
_refuses_test = unittest.make(_refuses_test_impl)

def bazel_version_test_suite(*, name):
    """Declares the unit tests.

    Args:
      name: the suite's name.
    """
    unittest.suite(name, _accepts_test, _refuses_test)
