#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# An image of kvm-unit-tests is started with the arguments that Bazel would give it, and has
# as much time.
#
# usage: describe_test.sh DESCRIPTION
set -eu

failures=0

# has LINE
has() {
	grep -qxF -- "$1" "$description" || {
		echo "there is no line '$1' in:"
		cat "$description"
		failures=$((failures + 1))
	}
}

description=$1
image=$(sed -n 's|^data \(.*/suites/kvm_unit_tests/tests/image\)$|\1|p' <<<"$(sed 's/^line //' "$description")")
has "argument --image=../$image"
has "argument --append=arguments it's \$HOME, \"quoted\""
has "argument --env=A=\$B 'c'"
has "timeout short"
has "line option --results=kvm-unit-tests"
exit "$((failures != 0))"
