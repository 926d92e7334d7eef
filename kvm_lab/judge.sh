#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs tests on a rebuilt KVM and judges what they say of it: behind every fault_test.
#
# Beside it, <its name>.runs has a line with the verdict that is expected ("pass", "fail",
# "crash", "hang") and what the fault undoes; then for each test a line with the program,
# the filter of its cases, and its label.
set -u

# How long one test may take on a faulty KVM before it counts as hanging, in seconds.
HANG_SECONDS=60

runfiles=${RUNFILES_DIR:-$TEST_SRCDIR}
export RUNFILES_DIR="$runfiles"
work=$TEST_TMPDIR
wrong=0

# usage: verdict_of STATUS XML LOG
verdict_of() {
	if [ "$1" = 125 ]; then
		if grep -q '^ringside: machine .* failed while running' "$3"; then
			if grep -q 'failed while running .*: no verdict before' "$3"; then
				echo hang
			else
				echo crash
			fi
		else
			echo "no verdict"
		fi
	elif [ ! -s "$2" ]; then
		echo "no verdict"
	elif grep -q '<failure' "$2"; then
		if grep '<failure' "$2" | grep -Eqv "did not end within|time is over|does not end although"; then
			echo fail
		else
			echo hang
		fi
	elif [ "$1" != 0 ]; then
		echo "no verdict"
	elif grep -q '<testcase .*result="completed"' "$2" && ! grep -q '<skipped' "$2"; then
		echo pass
	elif grep -q '<skipped' "$2" && [ "$(grep -c '<testcase ' "$2")" != "$(grep -c '<skipped' "$2")" ]; then
		echo pass
	else
		echo skip
	fi
}

explain() {
	case $1 in
	pass)
		echo "$2 passes on a KVM with this fault: it does not look at what is wrong there, or the" \
			"fault changes nothing; name another test in caught_by, or mend this one"
		;;
	skip) echo "$2 skips, so it says nothing; give the fault's 'requires' what the test needs" ;;
	"no verdict")
		echo "$2 did not come to run; see its output above"
		;;
	*) echo "$2: '$1' instead of '$expected'" ;;
	esac
}

{
	read -r expected undoes
	[ -z "$undoes" ] || echo "the fault undoes: $undoes"
	index=0
	while read -r program cases label; do
		xml=$work/$index.xml log=$work/$index.log
		limit=${TEST_TIMEOUT:-300}
		[ "$expected" = pass ] || [ "$limit" -lt "$HANG_SECONDS" ] || limit=$HANG_SECONDS
		TEST_TIMEOUT=$limit XML_OUTPUT_FILE=$xml \
			"$runfiles/$program" "--gtest_filter=$cases" >"$log" 2>&1 </dev/null
		verdict=$(verdict_of $? "$xml" "$log")
		if [ "$verdict" = "$expected" ]; then
			echo "$label: $verdict, as expected"
			[ "$verdict" = pass ] || grep -E 'TFAIL|TBROK|Failure|failed while' "$log" | head -n 3
		else
			cat "$log"
			echo "error: $(explain "$verdict" "$label")"
			wrong=$((wrong + 1))
		fi
		index=$((index + 1))
	done
} <"$0.runs"
[ "$index" != 0 ] || { echo "error: $0.runs names no test"; exit 1; }
exit "$((wrong != 0))"
