#!/bin/bash
# SPDX-License-Identifier: MIT
# What a user sees of a struct tst_test: output, exit status, command line.
set -u

# Else the last case's report would be this test's.
unset XML_OUTPUT_FILE

program=host/tests/api/runner_cases
out=$TEST_TMPDIR/out
failures=0

complain() {
	echo "FAILED: $1; its output is:" >&2
	sed 's/^/    /' "$out" >&2
	failures=$((failures + 1))
}

# run STATUS ARGUMENTS...: the program, and what it must exit with.
run() {
	local expected=$1 status
	shift
	what=$*
	"$program" "$@" >"$out" 2>&1
	status=$?
	[ "$status" -eq "$expected" ] || complain "'$what': exit status $status, expected $expected"
}

suite() {
	local expected=$1 name=$2
	shift 2
	run "$expected" --gtest_filter="$name.*" "$@"
}

prints() {
	grep -qE -e "$1" "$out" || complain "'$what' prints no line '$1'"
}

silent() {
	! grep -qE -e "$1" "$out" || complain "'$what' prints a line '$1'"
}

count() {
	local found
	found=$(grep -cE -e "$2" "$out")
	[ "$found" -eq "$1" ] || complain "'$what' prints $found lines '$2', expected $1"
}

# The set-up once, the cases, the clean-up once.
suite 0 passes
count 1 'TINFO: set-up$'
count 1 'TPASS: passed$'
count 1 'TINFO: clean-up$'
silent 'may lack the fix'

suite 1 cases
count 1 'TINFO: set-up$'
prints 'TPASS: case 0 passed$'
prints 'TFAIL: case 1 failed$'
prints 'TPASS: case 2 passed$'
count 1 'TINFO: clean-up$'
# What a failure may point to.
count 1 'the kernel may lack the fix 0123456789ab'
count 1 'the kernel may be vulnerable to CVE-2021-0000'
count 1 'see note read it$'

# Cases can be chosen: the set-up and clean-up still frame them.
run 0 --gtest_filter=cases.test_2
count 1 'TINFO: set-up$'
count 1 'TPASS: case'
count 1 'TINFO: clean-up$'

# A filter that fits no test, as --test_filter hands it over and as a flag.
export TESTBRIDGE_TEST_ONLY='nothing*'
run 1
unset TESTBRIDGE_TEST_ONLY
prints 'no test here has a name that the filter "nothing\*" fits; there are:$'
prints '^  cases\.test_1$'
prints 'Fix: --test_filter='
run 1 --gtest_filter=-*
prints 'no test here has a name that the filter "-\*" fits'
run 0 --gtest_filter=nothing --gtest_list_tests
run 1 --gtest_filter='DISABLED*'
prints 'no test was run: what the filter "DISABLED\*" fits is disabled$'
run 0 --gtest_filter='DISABLED*' --gtest_also_run_disabled_tests
prints 'TPASS'
# A shard may have nothing to do, all of them may not.
export GTEST_TOTAL_SHARDS=2 GTEST_SHARD_INDEX=1
run 0 --gtest_filter=passes.test_all
silent 'TPASS'
run 0 --gtest_filter=nothing
export GTEST_SHARD_INDEX=0
run 0 --gtest_filter=passes.test_all
prints 'TPASS'
run 1 --gtest_filter=nothing
prints 'no test here has a name that the filter "nothing" fits'
unset GTEST_TOTAL_SHARDS GTEST_SHARD_INDEX

# A set-up that breaks: no case runs, the clean-up does.
suite 1 set_up_breaks
prints 'TBROK: the set-up broke$'
count 1 "TBROK: the test's set-up failed, see the first"
silent 'TPASS'
count 1 'TINFO: clean-up$'

suite 1 clean_up_breaks
prints 'TPASS: passed$'
prints 'TBROK: the clean-up broke$'

suite 1 silent
prints 'TBROK: the test ended without a result'
suite 1 informs
prints 'TBROK: the test ended without a result'

suite 0 errors
prints 'TPASS: TEST\(\) keeps'
prints 'TINFO: errno: EBUSY '
prints 'TINFO: kept: ENOENT '
prints 'TINFO: returned: EXDEV '

suite 0 skipped
prints 'TCONF: why$'
prints 'SKIPPED'
silent 'TINFO: set-up'

# It hangs in the controller: the process gives up and says so.
export XML_OUTPUT_FILE=$TEST_TMPDIR/hangs.xml
suite 1 hangs
unset XML_OUTPUT_FILE
grep -q 'the test does not end although its time is over' "$TEST_TMPDIR/hangs.xml" ||
	complain "'$what' leaves no XML that says so"
prints 'TBROK: the test did not end within 3 s, and no guest is running'
prints 'TBROK: the test does not end although its time is over'

# A clean-up need not know whether there is a machine.
suite 0 machine
prints 'TPASS: Hello, world!'
prints 'TINFO: clean-up$'

# A definition with nothing in it is no test.
run 0 --gtest_list_tests
silent '^nothing'

# The command line.
suite 0 passes -i 3
count 1 'TINFO: set-up$'
count 3 'TPASS: passed$'
count 1 'TINFO: clean-up$'
run 1 --gtest_filter=cases.test_1 -i 3
count 1 'TFAIL: case 1 failed$' # tst_brk() ends the iterations, too
suite 0 machine -i2
count 2 'TPASS: Hello, world!'
run 0 -h
prints 'usage: .*-i N'
for bad in 0 -1 x '' 99999999999; do
	run 2 -i "$bad"
	prints "-i \"$bad\": it needs a number from 1 to"
done
run 2 -i
prints 'it needs a number'
run 2 -x
prints 'unknown argument "-x"'
prints 'usage:'
run 2 word
prints 'unknown argument "word"'
run 2 --gtest_no_such_flag
prints 'unknown argument "--gtest_no_such_flag"'

# A verdict that nobody can read is none. The controller itself is asked, on the host.
full() {
	local expected=$1 stream=$2 status
	shift 2
	what="$* with a full $stream"
	case $stream in
	output) "$program.controller" "$@" >/dev/full 2>"$out" ;;
	report)
		# Files have no room; pipes do.
		(trap '' XFSZ; ulimit -f 0; XML_OUTPUT_FILE=$TEST_TMPDIR/full.xml "$program.controller" "$@" 2>&1) | cat >"$out"
		(exit "${PIPESTATUS[0]}")
		;;
	esac
	status=$?
	[ "$status" -eq "$expected" ] || complain "'$what': exit status $status, expected $expected"
	prints "cannot write the $stream"
	prints 'Fix: free some space'
}
full 1 output --gtest_filter=passes.test_all
prints 'the output: No space left on device'
full 1 output --gtest_filter=cases.test_1
full 1 output --gtest_list_tests
full 1 output -h
full 1 report --gtest_filter=passes.test_all
prints 'full.xml is cut off'

# Programs without a struct tst_test, and without any test.
program=host/tests/api/matchers
run 2 -i 2
prints '-i is for tests that are a struct tst_test; .* use --gtest_repeat'
program=host/tests/api/no_test
run 2
prints 'there is no test in this program; a C source defines'

[ $failures -eq 0 ]
