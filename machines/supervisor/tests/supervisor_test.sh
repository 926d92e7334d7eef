#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Runs programs under the supervisor in every way that can end, and looks at what a
# user sees: output, exit status, test.xml, processes.
set -u

readonly supervisor=$PWD/machines/supervisor/supervisor
readonly program=$PWD/machines/supervisor/tests/program
readonly dynamic=$PWD/machines/supervisor/tests/dynamic_program
readonly work=$TEST_TMPDIR/work
failures=0
checks=0
mkdir -p "$work"

fail() {
	printf 'FAIL: %s: %s\n' "$current" "$*"
	tail -c 2000 "$work/output" | sed 's/^/    | /'
	tail -c 2000 "$work/test.xml" 2>/dev/null | sed 's/^/    > /'
	failures=$((failures + 1))
}

# run NAME STATUS WORD...: runs the supervisor with these arguments.
run() {
	current=$1
	local want=$2 status
	shift 2
	checks=$((checks + 1))
	rm -f "$work/test.xml"
	XML_OUTPUT_FILE=${xml-$work/test.xml} TEST_TARGET=//a:test \
		"$supervisor" "$@" >"$work/output" 2>&1
	status=$?
	[ "$status" = "$want" ] || fail "exit status $status, not $want"
}

says() {
	grep -qaF -- "$1" "$work/output" || fail "does not say '$1'"
}

reports() {
	grep -qF -- "$1" "$work/test.xml" || fail "test.xml does not say '$1'"
}

run "a pass" 0 -- "$program" print hello
says hello
says "ringside: passed"
reports 'tests="1" failures="0" errors="0" skipped="0"'
reports "<property name=\"kernel\" value=\"$(uname -r)\"/>"
reports '<property name="machine" value="'

run "a skip" 0 -- "$program" exit 4
says "ringside: skipped: the program does not say why"
reports '<skipped message="the program does not say why"/>'

run "an exit status" 7 -- "$program" exit 7
says "ringside: FAILED: exit status 7"
reports '<failure message="exit status 7"/>'

run "a crash" 139 -- "$program" crash
says "ringside: FAILED: ended by signal 11"

run "TAP" 1 -- "$program" print "1..2" "ok 1 one" "not ok 2 two"
says "ringside: FAILED: 1 of 2 cases failed (2 cases)"
says "ringside: failed case: two"
reports 'tests="2" failures="1"'

run "TAP that stops" 1 -- "$program" print "1..3" "ok 1 one"
says "3 tests are planned, but there are results of 1"

run "a known failure" 0 --known-failure="no nRIP" -- "$program" exit 1
says "ringside: skipped: known failure: no nRIP (exit status 1)"
run "a known failure that passes" 1 --known-failure="no nRIP" -- "$program" print
says "Fix: remove its known_failure"

run "a million lines" 0 -- "$program" million
says "ringside: passed (1000 cases)"
[ "$(grep -c '^# line ' "$work/output")" = 999000 ] || fail "lines are missing"
[ "$(stat -c %s "$work/test.xml")" -lt 8000000 ] || fail "test.xml is large"

run "garbage" 0 -- "$program" garbage
says "ringside: passed (2 cases)"
reports '&lt;after&gt; &amp; &quot;behind&quot;'
! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f]' "$work/test.xml" || fail "test.xml is no XML"
iconv -f UTF-8 -t UTF-8 "$work/test.xml" >/dev/null || fail "test.xml is no UTF-8"

run "children left behind" 0 -- "$program" children
says "the program left 2 of its processes behind; they were killed"
for process in /proc/[0-9]*; do
	! tr '\0' ' ' <"$process/cmdline" 2>/dev/null | grep -q "^$program children" ||
		fail "${process#/proc/} runs"
done

# A file system that is full when test.xml is to be written.
xml=/dev/full run "a full disk" 1 -- "$program" print hello
says "cannot write /dev/full: No space left on device; the program has filled the file system"

TESTBRIDGE_TEST_ONLY=wanted run "a filter" 0 --filter=-t --filter='{filter}.x' -- "$program" print
says "wanted.x"
TESTBRIDGE_TEST_ONLY=wanted run "no filter" 0 -- "$program" print
says "this test has no filter_args"

echo 'int' >"$work/text"
run "no program" 1 -- "$work/text"
says "is neither an ELF program nor a script"
reports '<failure message="'
run "nothing" 1 -- "$work/none"
says "cannot open $work/none: No such file or directory"
printf '#!/no/such/shell\n' >"$work/script"
run "a script without its shell" 1 -- "$work/script"
says "is a script for /no/such/shell, which this machine has not. Fix: "
# shellcheck disable=SC2016 # for that shell
printf '#!/bin/sh\necho a script: $1\n' >"$work/script"
chmod +x "$work/script"
run "a script" 0 -- "$work/script" here
says "a script: here"
chmod -x "$work/script"
run "a script that may not be run" 1 -- "$work/script"
says "cannot execute the program: Permission denied"

# A loader of the same length that is nowhere.
sed 's|/lib64/ld-linux-x86-64|/lib64/ld-absent-x86-64|' "$dynamic" >"$work/dynamic"
chmod +x "$work/dynamic"
cmp -s "$dynamic" "$work/dynamic" && fail "there is no loader in $dynamic"
run "a dynamic program without its loader" 1 -- "$work/dynamic" print
says "is a dynamic program and wants /lib64/ld-absent-x86-64.so.2, which this machine has not. Fix: link"

# The same program for another CPU: the ELF header's machine is at byte 18.
cp "$program" "$work/arm" && chmod u+w "$work/arm"
printf '\267\0' | dd of="$work/arm" bs=1 seek=18 conv=notrunc status=none
run "another CPU's program" 1 -- "$work/arm"
says "is a program for another CPU (ELF machine 183, not 62: x86-64)"
head -c 100 "$program" >"$work/short"
run "half a program" 1 -- "$work/short"
says "is damaged"

current="the end from outside"
checks=$((checks + 1))
rm -f "$work/output" "$work/test.xml"
XML_OUTPUT_FILE=$work/test.xml "$supervisor" -- "$program" hang >"$work/output" 2>&1 &
child=$!
until grep -qs hanging "$work/output"; do
	[ -d "/proc/$child" ] || break
	sleep 0.05
done
kill -TERM "$child"
wait "$child"
status=$?
[ "$status" = 143 ] || fail "exit status $status, not 143"
says "FAILED: ended from outside"
reports '<failure message="ended from outside'

echo "$checks checks, $failures failed"
[ "$failures" = 0 ]
