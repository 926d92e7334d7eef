#!/bin/bash
# SPDX-License-Identifier: MIT
# Bazel shows nothing of a log above 1 MiB: what a test prints stays below, with what matters in it.
set -u
unset XML_OUTPUT_FILE

export TEST_UNDECLARED_OUTPUTS_DIR=$TEST_TMPDIR/bazel-out/x/testlogs/pkg/name/test.outputs
readonly log=$TEST_UNDECLARED_OUTPUTS_DIR/results.log
readonly place=bazel-testlogs/pkg/name/test.outputs/results.log
out=$TEST_TMPDIR/out
failures=0

complain() {
	echo "FAILED: $what: $1; of its output:" >&2
	{ head -n 5 "$out"; echo ...; tail -n 30 "$out"; } | sed 's/^/    /' >&2
	failures=$((failures + 1))
}

# usage: run STATUS PROGRAM ARGUMENT...
run() {
	local expected=$1 status program=$2
	shift 2
	what="$program $*"
	rm -rf "$TEST_UNDECLARED_OUTPUTS_DIR"
	mkdir -p "$TEST_UNDECLARED_OUTPUTS_DIR"
	"host/gtest/tests/$program" "$@" >"$out" 2>&1
	status=$?
	[ "$status" -eq "$expected" ] || complain "exit status $status, not $expected"
	[ "$(stat -c %s "$out")" -lt 1000000 ] || complain "it prints $(stat -c %s "$out") bytes"
}

prints() {
	grep -qE -e "$1" "$out" || complain "no line '$1'"
}

silent() {
	! grep -qE -e "$1" "$out" || complain "a line '$1'"
}

# usage: logs NUMBER PATTERN   all results are in the log
logs() {
	local found
	found=$(grep -cE -e "$2" "$log")
	[ "$found" -eq "$1" ] || complain "the log has $found lines '$2', not $1"
}

run 1 flood --gtest_filter=Flood.FailsOnce
prints 'TPASS: result 0,'
prints 'TFAIL: result 15000,'
silent 'TPASS: result 14990,'
prints 'TPASS: result 19999,'
prints "^ringside: .* only failures and skips are shown; every result is in $place"
prints '^ringside: [0-9]+ results are left out; the last of them:$'
prints "^ringside: every result is in $place"
prints 'FAILED.* Flood.FailsOnce'
logs 20000 ': (TPASS|TFAIL): result '

run 1 flood --gtest_filter=Flood.FailsAlways
prints 'TFAIL: result 0,'
prints 'TFAIL: result 19999,'
prints '^ringside: [0-9]+ results are left out, [0-9]+ of them failures; the last'
logs 20000 ': TFAIL: result '

run 1 flood --gtest_filter=Flood.Expects
prints 'Which is: 0|^  i$'
prints '^ringside: [0-9]+ results are left out, [0-9]+ of them failures'
logs 20000 '^host/.*: Failure$'
prints 'FAILED.* Flood.Expects'

# What is known when the limit is reached is said there: the process may not live to its end.
run 134 flood --gtest_filter=Flood.Aborts
prints "^ringside: .* only failures and skips are shown; every result is in $place"
logs 20000 'TPASS: result '

run 1 flood_cases
prints 'TFAIL: case 15000'
prints 'FAILED.* flood_cases.test_15000'
prints 'TCONF: case 16000'
prints 'TPASS: case 19999'
silent 'test_14990'
logs 20000 ': case '
SKIP_ALL=1 run 1 flood_cases
prints 'TFAIL: case 15000'
logs 20000 ': case '

# A test that says little keeps no log beside Bazel's.
run 0 flood --gtest_filter=Flood.SaysLittle
silent '^ringside: .*results'
[ ! -e "$log" ] || complain "there is a log"

# GoogleTest's report says which KVM it was.
XML_OUTPUT_FILE=$TEST_TMPDIR/test.xml run 1 flood_cases --gtest_filter='*test_15000'
machine=$(sed -nE 's/^ringside: .*running on machine ([^,]+),.*/\1/p' "$out")
kernel=$(sed -nE 's/^ringside: .*running on .*, Linux (.*)/\1/p' "$out")
what="properties"
[ "$(grep -c "<property name=\"machine\" value=\"${machine:-host}\"/>" "$TEST_TMPDIR/test.xml")" -eq 1 ] || complain "no machine"
grep -q "<property name=\"kernel\" value=\"$kernel\"/>" "$TEST_TMPDIR/test.xml" || complain "no kernel"
grep -q 'TFAIL: case 15000' "$TEST_TMPDIR/test.xml" || complain "no failure"

# By hand, all is shown.
unset TEST_UNDECLARED_OUTPUTS_DIR
what="by hand"
host/gtest/tests/flood --gtest_filter=Flood.FailsOnce >"$out" 2>&1
[ "$(grep -c ': result ' "$out")" -eq 20000 ] || complain "lines are left out"

what="many cases by hand"
host/gtest/tests/flood_cases >"$out" 2>&1
[ "$(grep -c '^\[ RUN ' "$out")" -eq 20000 ] || complain "cases are left out"

# A folder that can't be there: on the host nothing but the log is lost, and a machine says why.
export TEST_UNDECLARED_OUTPUTS_DIR=/dev/null/folder
what="no folder for the log"
host/gtest/tests/flood --gtest_filter=Flood.FailsOnce >"$out" 2>&1
if [ -n "$machine" ]; then
	prints "^ringside: machine $machine failed while .*$TEST_UNDECLARED_OUTPUTS_DIR: Not a directory"
else
	[ "$(grep -c ': result ' "$out")" -eq 20000 ] || complain "lines are lost"
fi

[ $failures -eq 0 ]
