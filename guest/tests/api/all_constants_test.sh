#!/bin/bash
# SPDX-License-Identifier: MIT
# Every constant of the headers is asserted; and the check that says so notices
# one that is not, naming it.
#
# usage: all_constants_test.sh HEADER... SOURCE...
set -u

check=guest/tests/api/check_constants.sh
failures=0

complain() {
	echo "FAILED: $1" >&2
	failures=$((failures + 1))
}

# refuses WHAT TEXT ARGUMENTS...: the check must fail, with TEXT in what it says.
refuses() {
	local what=$1 text=$2 output
	shift 2
	if output=$("$check" "$@" 2>&1); then
		complain "$what is not noticed"
	elif [[ $output != *"$text"* ]]; then
		complain "$what: no '$text' in: $output"
	fi
}

"$check" "$@" || complain "constants without an assertion"

header=$TEST_TMPDIR/new.h
cat >"$header" <<'END'
#define NEW_GUARD_H
#define NEW_FUNCTION(x) (x)
#define NEW_CONSTANT 1
END
refuses "a new constant" "NEW_CONSTANT is held against no manual" "$@" "$header"
[[ $("$check" "$@" "$header" 2>&1) == *NEW_[GF]* ]] && complain "what is no constant is complained of"

source=$TEST_TMPDIR/lost.c
for file in "$@"; do
	[[ $file == *.c ]] && grep -v '(SVM_EXIT_HLT,' "$file"
done >"$source"
headers=()
for file in "$@"; do
	[[ $file == *.h ]] && headers+=("$file")
done
refuses "a lost assertion" "SVM_EXIT_HLT is held" "${headers[@]}" "$source"

refuses "no header" "are the headers given?" "$source"

[ $failures -eq 0 ]
