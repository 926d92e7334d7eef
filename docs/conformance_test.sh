#!/bin/bash
# SPDX-License-Identifier: MIT
# The table of docs/conformance.md is complete; and the check that says so
# finds what is missing, naming it.
#
# usage: conformance_test.sh LABEL... HEADER...
#   LABELs, which begin with //, are the tests that exist.
# shellcheck disable=SC2016 # Markdown's backticks
set -u

check=docs/check_conformance.sh
table=docs/conformance.md
tests=$TEST_TMPDIR/tests.txt
failures=0

complain() {
	echo "FAILED: $1" >&2
	failures=$((failures + 1))
}

while [[ ${1-} == //* ]]; do
	echo "$1"
	shift
done >"$tests"

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

"$check" "$table" "$tests" "$@" || complain "the table is not complete"

header=$TEST_TMPDIR/new.h
cat >"$header" <<'END'
#define NEW_MACRO(x) (x)
struct new_structure {
	int new_field;
};
extern struct new_structure new_array[], *new_pointer;
typedef int (*new_type)(void *data);
const char *new_function(int arg, void (*callback)(int)) __attribute__((noreturn));
END
for name in NEW_MACRO new_structure new_array new_pointer new_type new_function; do
	refuses "a public name without a row" "$name has no row" "$table" "$tests" "$@" "$header"
done

grep -v '`tst_heap_alloc`' "$table" >"$TEST_TMPDIR/short.md"
refuses "a lost row" "tst_heap_alloc has no row" "$TEST_TMPDIR/short.md" "$tests" "$@"

sed 's/`tst_heap_alloc`/`tst_heap_alloc`, `tst_heap_free`/' "$table" >"$TEST_TMPDIR/stale.md"
refuses "a row for nothing" "tst_heap_free, which no public header declares" \
	"$TEST_TMPDIR/stale.md" "$tests" "$@"

sed 's,`//guest/tests:heap`,`//guest/tests:no_such_test`,' "$table" >"$TEST_TMPDIR/untested.md"
refuses "a test that does not exist" "//guest/tests:no_such_test, which does not exist" \
	"$TEST_TMPDIR/untested.md" "$tests" "$@"

sed '/`tst_heap_alloc`/s/`[^`]*`//2g' "$table" >"$TEST_TMPDIR/empty.md"
refuses "a row without a test" "a row without a test" "$TEST_TMPDIR/empty.md" "$tests" "$@"

[ $failures -eq 0 ]
