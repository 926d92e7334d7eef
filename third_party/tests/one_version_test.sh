#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Checks that the Bazel version is the same wherever it has to be spelled out.
set -u

version=$(<.bazelversion)
failures=0

# usage: check FILE LINE
check() {
	grep -qxF -- "$2" "$1" && return
	echo "FAIL: $1 has no line '$2', but .bazelversion says $version"
	failures=$((failures + 1))
}

check third_party/bazel_version.bzl "BAZEL_VERSION = \"$version\""
check MODULE.bazel "        \">=$version\","
check MODULE.bazel "        \"<$((${version%%.*} + 1)).0.0\","
[ "$failures" = 0 ]
