#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Runs tests whose guest hangs, with Bazel's timeout and none of their own before
# it: each has to end before Bazel would end it, and to show the guest.
#
# usage: timeouts_test.sh TEST...
set -uo pipefail

readonly limit=16
readonly out=$TEST_TMPDIR/out
failures=0

complain() {
	echo "FAILED: $test: $1"
	echo "--- output:" && cat "$out"
	failures=$((failures + 1))
}

prints() {
	grep -qE -e "$1" "$out" || complain "prints no line '$1'"
}

for test in "$@"; do
	xml=$TEST_TMPDIR/test.xml
	rm -f "$xml"
	begin=${EPOCHREALTIME/./}
	TEST_TIMEOUT=$limit XML_OUTPUT_FILE=$xml "host/tests/timeouts/$test" >"$out" 2>&1
	status=$?
	took=$(((${EPOCHREALTIME/./} - begin) / 1000))
	echo "$test: over after $took ms of $limit s"
	[ $status -eq 1 ] || complain "exit status $status, not 1"
	[ $took -lt $((limit * 1000 - 500)) ] || complain "took $took ms"
	[ $took -gt $((limit * 500)) ] || complain "took only $took ms"
	prints "not ended shortly before Bazel's timeout of $limit s .*; stopping its guests"
	prints "the test's time is over and the guest still runs"
	prints 'mode, rip 0*[1-9a-f]'
	prints ' main\+0x[0-9a-f]+ at host/tests/timeouts/hang\.c:10$'
	[ "$(grep -c 'has not ended shortly' "$out")" -eq 1 ] || complain "says it more than once"
	grep -q 'the guest still runs' "$xml" || complain "the XML does not show the guest"
done

[ $failures -eq 0 ]
