#!/bin/bash
# SPDX-License-Identifier: MIT
# Results that Collect() has taken are not lost with the process.
set -u
out=$TEST_TMPDIR/out
export XML_OUTPUT_FILE=$TEST_TMPDIR/test.xml
failures=0

complain() {
	echo "FAILED: $case: $1; its output is:" >&2
	sed 's/^/    /' "$out" >&2
	failures=$((failures + 1))
}

# usage: run STATUS CASE
run() {
	local status
	case=$2
	host/gtest/tests/collect --gtest_filter="Collect.$case" >"$out" 2>&1
	status=$?
	[ "$status" -eq "$1" ] || complain "exit status $status, not $1"
}

# usage: prints PATTERN
prints() {
	grep -qE -e "$1" "$out" || complain "no line '$1'"
}

run 1 NeverReturns
prints 'TINFO: before it hangs$'
prints 'TBROK: the test did not end within 1 s'
prints 'TBROK: the test does not end although its time is over; the process gives up'
grep -q 'failure message="[^"]*TBROK: the test did not end within 1 s' "$XML_OUTPUT_FILE" ||
	complain "test.xml has no failure: $(cat "$XML_OUTPUT_FILE")"

run 0 InASecondThread
run 0 WithinCollect

[ $failures -eq 0 ]
