#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Faults that no test catches: their tests fail, and say why.
set -u

readonly folder=$TEST_SRCDIR/$TEST_WORKSPACE/kvm_lab/tests
failures=0

# expect FAULT TEXT
expect() {
	local output status
	output=$(TEST_TMPDIR=$(mktemp -d) "$folder/$1" 2>&1)
	status=$?
	[ "$status" = 1 ] || {
		echo "FAIL: $1: status $status, not 1"
		failures=$((failures + 1))
	}
	grep -qF -- "$2" <<<"$output" || {
		printf 'FAIL: %s does not say "%s":\n%s\n' "$1" "$2" "$output"
		failures=$((failures + 1))
	}
}

expect changes_nothing "vmload_vmsave_state_x86_64 passes on a KVM with this fault"
expect does_not_load "cannot load module kvm_amd.ko (parameters \"nested=1\"): No such device"
expect does_not_load "no test meets this fault: KVM's modules can't be loaded with it; choose another edit"
expect no_such_case "no test here has a name that the filter \"no_such_case\" fits"
exit "$((failures != 0))"
