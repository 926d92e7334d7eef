#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# TST_TEST_TCONF() makes a test that skips, with its reason, and passes so.
#
# usage: tconf_test.sh TEST
set -uo pipefail

readonly output=$TEST_TMPDIR/output xml=$TEST_TMPDIR/test.xml
readonly reason='100% of this test is a skip'

complain() {
	echo "FAILED: $1"
	echo "--- output:" && cat "$output"
	echo "--- XML:" && cat "$xml"
	exit 1
}

XML_OUTPUT_FILE=$xml "guest/tests/api/$1" >"$output" 2>&1 || complain "exit status $?"
grep -qE "^guest/tests/api/tconf\.c: TCONF: $reason\$" "$output" || complain "no line of the reason"
grep -qE "<skipped message=\"[^\"]*$reason" "$xml" || complain "no skip in the XML"
