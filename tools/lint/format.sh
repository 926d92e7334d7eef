#!/bin/bash
# SPDX-License-Identifier: MIT
# Gives every C, C++ and Bazel file of the checkout the form that the tests want.
#
# usage: format.sh CLANG_FORMAT BUILDIFIER, run by Bazel with the files' copies in source/
set -u

[ -n "${BUILD_WORKSPACE_DIRECTORY-}" ] || {
	echo "format: this only works when Bazel runs it" >&2
	echo "  Fix: ./bazelw run //:format" >&2
	exit 1
}
clang_format=$(realpath -s "../$1")
buildifier=$(realpath -s "../$2")
mapfile -t c_files < <(cd source && find -L . -type f \( -name '*.c' -o -name '*.cc' -o -name '*.h' \) | sort)
mapfile -t bazel_files < <(cd source && find -L . -type f \( -name '*.bazel' -o -name '*.bzl' -o -name WORKSPACE \) | sort)
cd "$BUILD_WORKSPACE_DIRECTORY" || exit

status=0
before=$(sha256sum "${c_files[@]}" "${bazel_files[@]}")
"$clang_format" -i "${c_files[@]}" || status=1
"$buildifier" --mode=fix "${bazel_files[@]}" || status=1
sha256sum "${c_files[@]}" "${bazel_files[@]}" | diff <(echo "$before") - |
	sed -n 's|^> [0-9a-f]*  \./|format: mended |p'
exit $status
