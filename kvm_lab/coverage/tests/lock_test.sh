#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A lock in KVM, of which the payload sees nothing. A fuzz test that KVM's own coverage
# guides keeps inputs that are right for more and more of it, until it is open. Without,
# no input is worth more than another, however many there are.
#
# usage: lock_test.sh LOCK_THAT_COUNTS LOCK   fault_tests, whose programs are run without the judge
set -u

unset XML_OUTPUT_FILE
export RINGSIDE_FUZZ=kvm_lab/coverage/tests/lock.fuzz
failures=0

fail() {
	echo "FAIL: $what: $1; its output:" >&2
	sed 's/^/    /' "$out" >&2
	failures=$((failures + 1))
}

# usage: fuzz NAME PROGRAM SECONDS; sets status
fuzz() {
	what=$1
	out=$TEST_TMPDIR/$1.out
	export TEST_UNDECLARED_OUTPUTS_DIR=$TEST_TMPDIR/$1.outputs
	mkdir "$TEST_UNDECLARED_OUTPUTS_DIR"
	FUZZ_SECONDS=$3 "$2.0" --gtest_filter='Fuzz.*' >"$out" 2>&1
	status=$?
}

prints() {
	grep -qE -e "$1" "$out" || fail "no line '$1'"
}

# usage: number BEFORE BEHIND; the first one between these words
number() {
	sed -nE "s/.*$1([0-9]+)$2.*/\1/p" "$out" | head -n 1
}

fuzz coverage "$1" 60
prints "TINFO: KVM's coverage guides the inputs, too: [0-9]+ counters of kvm, kvm_amd\$"
prints "of 3 edges, [0-9]+ of KVM's [0-9]+; "
inputs=$(number ' ' ' inputs, ')
if [ $status -eq 0 ]; then
	kept=$(number ' ' ' worth keeping')
	[ "${kept:-0}" -ge 4 ] || fail "$kept inputs are kept, so the lock did not show its parts"
	echo "$kept of $inputs inputs are kept"
else
	prints 'TFAIL: the lock in KVM is open$'
	echo "the lock is open after $inputs inputs"
fi

fuzz chance "$2" 60
[ $status -eq 0 ] || fail "exit status $status"
prints 'of 3 edges; 0 finding'
! grep -q "KVM's coverage" "$out" || fail 'it speaks of coverage that there is not'
tried=$(number ' ' ' inputs, ')
[ "${tried:-0}" -ge "${inputs:-0}" ] || fail "fewer inputs than the $inputs by coverage"
kept=$(number ' ' ' worth keeping')
[ "${kept:-2}" -le 1 ] || fail "inputs are kept that differ in nothing"

[ $failures -eq 0 ]
