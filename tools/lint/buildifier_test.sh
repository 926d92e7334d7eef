#!/bin/bash
# SPDX-License-Identifier: MIT
# buildifier would leave each Bazel file as it is, and has nothing to say.
#
# usage: buildifier_test.sh BUILDIFIER FOLDER
set -u

buildifier=$(realpath -s "../$1")
cd "$2" || exit
mapfile -t files < <(find -L . -type f \( -name '*.bazel' -o -name '*.bzl' -o -name WORKSPACE \) | sort)
[ ${#files[@]} -gt 0 ] || {
	echo "found no files" >&2
	exit 1
}
# sh_test is still Bazel's own here.
"$buildifier" --mode=check --lint=warn --warnings=-native-sh-test,-native-sh-binary "${files[@]}" || {
	echo "Fix: ./bazelw run //:format; what is a warning above, mend by hand" >&2
	exit 1
}
