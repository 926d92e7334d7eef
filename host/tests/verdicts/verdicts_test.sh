#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Runs controllers whose payloads end in every way that there is, and checks
# the exit status, the lines printed and the XML that Bazel shows to a user.
#
# usage: verdicts_test.sh GUEST
set -uo pipefail

guest=$1
out=$TEST_TMPDIR/out
xml=$TEST_TMPDIR/test.xml
failures=0

complain() {
	echo "FAILED: $1"
	echo "--- output:" && cat "$out"
	echo "--- XML:" && cat "$xml"
	failures=$((failures + 1))
}

# run NAME STATUS: runs a controller and checks its exit status.
run() {
	name=$1
	rm -f "$xml"
	XML_OUTPUT_FILE=$xml "host/tests/verdicts/${name}_$guest" >"$out" 2>&1
	local status=$?
	[ $status -eq "$2" ] || complain "$name: exit status $status, expected $2"
	prints '^host/tests/verdicts/verdict\.c:[0-9]+: TINFO: before$'
}

prints() {
	grep -qE -e "$1" "$out" || complain "$name: prints no line '$1'"
}

silent() {
	! grep -qE -e "$1" "$out" || complain "$name: prints a line '$1'"
}

reports() {
	grep -qE -e "$1" "$xml" || complain "$name: the XML has no '$1'"
}

run res_tpass 0
prints '^host/tests/verdicts/verdict\.c:[0-9]+: TPASS: verdict TPASS$'
prints 'TINFO: after$'
prints 'TINFO: cleanup was run$'
reports 'failures="0"'
reports '<testcase name="[^"]+"[^>]* status="run" result="completed"'

run res_tfail 1
prints '^host/tests/verdicts/verdict\.c:[0-9]+: TFAIL: verdict TFAIL$'
prints 'TINFO: after$'
prints 'TINFO: cleanup was run$'
prints 'may lack the fix 0123456789ab'
prints 'CVE-2021-0000'
reports 'failures="1"'
reports '<failure message="[^"]*verdict\.c:[0-9]+[^"]*verdict TFAIL'

run brk_tfail 1
prints '^host/tests/verdicts/verdict\.c:[0-9]+: TFAIL: verdict TFAIL$'
silent 'TINFO: after$'
prints 'TINFO: cleanup was run$'
reports '<failure message="[^"]*verdict\.c:[0-9]+[^"]*verdict TFAIL'

run brk_tbrok 1
prints '^host/tests/verdicts/verdict\.c:[0-9]+: TBROK: verdict TBROK$'
silent 'TINFO: after$'
prints 'TINFO: cleanup was run$'
reports '<failure message="[^"]*verdict\.c:[0-9]+[^"]*verdict TBROK'

run res_twarn 1
prints '^host/tests/verdicts/verdict\.c:[0-9]+: TWARN: verdict TWARN$'
prints 'TINFO: after$'
reports '<failure message="[^"]*verdict\.c:[0-9]+[^"]*verdict TWARN'

run res_tconf 0
prints '^host/tests/verdicts/verdict\.c:[0-9]+: TCONF: verdict TCONF$'
prints 'TINFO: after$'
reports 'failures="0"'
reports 'result="skipped"'
reports '<skipped message="[^"]*verdict\.c:[0-9]+[^"]*verdict TCONF'

run brk_tconf 0
prints '^host/tests/verdicts/verdict\.c:[0-9]+: TCONF: verdict TCONF$'
silent 'TINFO: after$'
prints 'TINFO: cleanup was run$'
reports 'result="skipped"'
reports '<skipped message="[^"]*verdict\.c:[0-9]+[^"]*verdict TCONF'

run nothing 1
prints 'without (a |one )?result'
reports 'failures="1"'

[ $failures -eq 0 ]
