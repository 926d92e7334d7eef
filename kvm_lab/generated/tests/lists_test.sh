#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The lists of generated faults fit what is declared: as many targets as faults, and each
# row of the equivalents is one.
#
# usage: lists_test.sh EQUIVALENTS NAME=COUNT=LIST...
set -u

readonly equivalents=$1
shift
failures=0

for list; do
	IFS='=' read -r name count file <<<"$list"
	found=$(wc -l <"$file")
	[ "$found" = "$count" ] || {
		echo "FAIL: $name has $found faults. Fix: say so in _COUNTS of kvm_lab/generated/BUILD.bazel, not $count"
		failures=$((failures + 1))
	}
	cat "$file"
done >"$TEST_TMPDIR/output"
grep '^FAIL' "$TEST_TMPDIR/output"

awk -F '\t' '
	NR == FNR { faults[$2 FS $5 FS $4 FS $6]; next }
	/^#/ || /^$/ { next }
	NF != 5 || $5 == "" {
		print "FAIL: line " FNR " of the equivalents: " NF " columns. Fix: file, function, operator, what is replaced, reason, with tabs between"
		failed = 1
		next
	}
	!(($1 FS $2 FS $3 FS $4) in faults) {
		print "FAIL: line " FNR " of the equivalents: there is no such fault: " $1 " " $2 " " $3 " " $4
		failed = 1
	}
	END { exit failed }
' "$TEST_TMPDIR/output" "$equivalents" || failures=$((failures + 1))
exit "$((failures != 0))"
