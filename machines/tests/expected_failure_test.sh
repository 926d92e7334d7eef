#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What the runner makes of a test that wants a fix, on a kernel that lacks it and on
# others: the cases of expected_cases.cc on a machine that is said to lack this and that.
set -u

readonly machine=amd controller=ringside/machines/tests/expected_cases.controller
readonly work=$TEST_TMPDIR/work files=$TEST_TMPDIR/files
failures=0

fail() {
	printf 'FAIL: %s: %s\n' "$current" "$*"
	sed 's/^/    | /' "$work/output"
	[ ! -e "$work/test.xml" ] || sed 's/^/    > /' "$work/test.xml"
	failures=$((failures + 1))
}

# The runfiles, with a machine's description of our own.
mkdir -p "$files/ringside/machines"
for file in "$TEST_SRCDIR"/*; do
	[ "${file##*/}" = ringside ] || ln -s "$file" "$files/"
done
for file in "$TEST_SRCDIR"/ringside/*; do
	[ "${file##*/}" = machines ] || ln -s "$file" "$files/ringside/"
done
for file in "$TEST_SRCDIR"/ringside/machines/*; do
	[ "${file##*/}" = $machine.machine ] || ln -s "$file" "$files/ringside/machines/"
done

# kernel LINE...: what the machine's kernel lacks.
kernel() {
	{
		cat "$TEST_SRCDIR/ringside/machines/$machine.machine"
		[ $# = 0 ] || printf 'lacks %s\n' "$@"
	} >"$files/ringside/machines/$machine.machine"
}

# run NAME STATUS CASES LINE...: runs cases of the test that these lines describe.
# Without a report, another variable takes its place.
run() {
	current=$1
	local want=$2 cases=$3 status
	shift 3
	rm -rf "$work"
	mkdir -p "$work/tmp"
	ln -s "$TEST_SRCDIR/ringside/machines/runner/runner" "$work/test"
	{
		echo "controller $controller"
		echo "machine $machine"
		echo "emulated ringside/machines/$machine.machine"
		[ $# = 0 ] || printf '%s\n' "$@"
	} >"$work/test.test"
	(cd "$work" && exec env -i RUNFILES_DIR="$files" TEST_TMPDIR="$work/tmp" TEST_TIMEOUT=60 \
		"${report-XML_OUTPUT_FILE=$work/test.xml}" ./test "--gtest_filter=$cases" >"$work/output" 2>&1)
	status=$?
	[ "$status" = "$want" ] || fail "exit status $status, not $want"
}

says() {
	grep -qF -- "$1" "$work/output" || fail "does not say '$1'"
}

says_not() {
	! grep -qF -- "$1" "$work/output" || fail "says '$1'"
}

# counts FAILURES SKIPS: of test.xml, in its tags as in its numbers.
counts() {
	[ "$(grep -cE '^ *<failure |><failure ' "$work/test.xml")" = "$1" ] || fail "not $1 failures in test.xml"
	[ "$(grep -c '^ *<skipped ' "$work/test.xml")" = "$2" ] || fail "not $2 skips in test.xml"
	grep -q "<testsuites .*failures=\"$1\"" "$work/test.xml" || fail "test.xml does not count $1 failures"
	grep -q "<testsuite .*failures=\"$1\"" "$work/test.xml" || fail "test.xml does not count $1 failures in its suite"
}

readonly fix="fixed_by 0123456789ab"

kernel "ba9876543210" "0123456789abcdef0123456789abcdef01234567 L2's \"<VMMCALL>\" & its way"
run "fails as expected" 0 Cases.Fails "$fix"
says "this kernel lacks 0123456789ab (L2's \"<VMMCALL>\" & its way): the test has to fail"
says "the bug is there: </failure> & <failure>"
says "ringside: fails as expected: this kernel lacks 0123456789ab (L2's \"<VMMCALL>\" & its way) (1 case)"
counts 0 0
grep -q "<system-out>fails as expected: this kernel lacks 0123456789ab (L2's &quot;&lt;VMMCALL&gt;&quot; &amp; its way)" \
	"$work/test.xml" || fail "test.xml does not tell why it passes"
grep -q "and once more" "$work/test.xml" || fail "test.xml has lost what the case said"

run "the words of the test" 0 Cases.Asserts "fixed_by 0123456789abc the test's words"
says "fails as expected: this kernel lacks 0123456789abc (the test's words) (1 case)"
run "each in its way" 0 "Cases.Fails:Cases.Asserts:Cases.EndsWithFailure:Cases.Skips" "$fix"
says "(3 cases)"
counts 0 1
run "one of several fixes" 0 Cases.Fails "fixed_by aaaaaaaaaaaa" "$fix"
says_not "aaaaaaaaaaaa"
run "two fixes" 0 Cases.Fails "fixed_by ba9876543210" "$fix"
says "lacks ba9876543210 and 0123456789ab (L2's"

report=UNUSED=1 run "nobody asks for a report" 0 Cases.Fails "$fix"
says "fails as expected"

run "an unexpected pass" 1 Cases.Passes "$fix"
says "1 case passed, although this kernel is said to lack 0123456789ab"
says "Fix: if the kernel has it, take it out of 'lacks' of its linux_kernel; if the case does not look for that bug, move it to a test without 'fixed_by'"
says_not "as expected"
counts 1 0
grep -q '<failure message="passes, although this kernel is said to lack 0123456789ab' "$work/test.xml" || fail "no failure in test.xml"
run "one pass among failures" 1 "Cases.Passes*:Cases.Fails" "$fix"
says "2 cases passed, although"
says_not "as expected"
counts 2 0

run "a skip" 0 Cases.Skips "$fix"
says_not "as expected"
counts 0 1

run "no verdict of its own" 1 Cases.Breaks "$fix"
says "1 case failed, and not by a verdict of its own (TFAIL): this kernel lacks 0123456789ab"
says_not "as expected"
counts 1 0
run "out of time" 1 "Cases.RunsOutOfTime" "$fix"
says_not "as expected"
for end in EndsTheProgram:1 Crashes:134; do
	run "$end" "${end#*:}" "Cases.${end%:*}" "$fix"
	says "no verdict of the test's own, which has to fail: this kernel lacks 0123456789ab"
	says_not "as expected"
done

run "a test that wants none" 1 Cases.Asserts
says_not "lacks"
counts 1 0
run "a fix that the kernel has" 1 Cases.Asserts "fixed_by aaaaaaaaaaaa its words"
says "ringside: a KVM that fails this test lacks aaaaaaaaaaaa (its words)"
says_not "as expected"
counts 1 0

kernel
run "a kernel that lists nothing" 1 Cases.Asserts "$fix"
says "ringside: a KVM that fails this test lacks 0123456789ab"
says_not "as expected"
counts 1 0
run "a kernel that lists nothing, and a pass" 0 Cases.Passes "$fix"
counts 0 0

echo "$failures failed"
[ "$failures" = 0 ]
