#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What a user reads who gave a wrong edit, or source and headers of two kernels.
#
# usage: bad_input_test.sh PLANT CHECK_VERSIONS
set -u

readonly plant=$1 check_versions=$2 work=$TEST_TMPDIR
failures=0

# run NAME STATUS PROGRAM ARGUMENT...
run() {
	local status
	current=$1
	local want=$2
	shift 2
	"$@" >"$work/said" 2>&1
	status=$?
	[ "$status" = "$want" ] || fail "status $status, not $want"
}

fail() {
	printf 'FAIL: %s: %s; it said:\n' "$current" "$*"
	cat "$work/said"
	failures=$((failures + 1))
}

says() {
	grep -qF -- "$1" "$work/said" || fail "does not say '$1'"
}

source=$work/source.c
printf 'one;\n\ttwo;\nthree;\n\ttwo;\n' >"$source"

run "an edit" 0 "$plant" //my:fault kvm/a.c "$source" "$work/new" $'one;\n\ttwo' zero
[ "$(cat "$work/new")" = "$(printf 'zero;\nthree;\n\ttwo;')" ] || fail "made $(cat "$work/new")"
run "two edits" 0 "$plant" //my:fault kvm/a.c "$source" "$work/new" one 1 three 3
[ "$(cat "$work/new")" = "$(printf '1;\n\ttwo;\n3;\n\ttwo;')" ] || fail "made $(cat "$work/new")"

run "never" 1 "$plant" //my:fault kvm/a.c "$source" "$work/new" four 4
says "//my:fault: 'find' does not stand in kvm/a.c (0 times, it has to be once)"
run "twice" 1 "$plant" //my:fault kvm/a.c "$source" "$work/new" two 2
says "//my:fault: 'find' stands 2 times in kvm/a.c, it has to be once: lines 2 4"
run "empty" 1 "$plant" //my:fault kvm/a.c "$source" "$work/new" "" 2
says "'find' is empty"
run "the same" 1 "$plant" //my:fault kvm/a.c "$source" "$work/new" one one
says "nothing changes"
run "no source" 1 "$plant" //my:fault kvm/a.c "$work/nothing" "$work/new" one 1
says "cannot read"

makefile=$work/Makefile header=$work/version.h
printf 'VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 176\n' >"$makefile"
version() {
	printf '#define LINUX_VERSION_MAJOR %s\n#define LINUX_VERSION_PATCHLEVEL %s\n' "$1" "$2"
	printf '#define LINUX_VERSION_SUBLEVEL %s\n' "$3"
}
version 6 1 176 >"$header"
run "one kernel" 0 "$check_versions" "$makefile" "$header" "$work/stamp"
version 6 12 3 >"$header"
run "two kernels" 1 "$check_versions" "$makefile" "$header" "$work/stamp"
says "the source is Linux 6.1.176, the headers are of Linux 6.12.3"
version "" "" "" >"$header"
run "headers without a version" 1 "$check_versions" "$makefile" "$header" "$work/stamp"
says "$header says no version"
version 6 1 176 >"$header"
echo "all:" >"$makefile"
run "no kernel" 1 "$check_versions" "$makefile" "$header" "$work/stamp"
says "says no version"
exit "$((failures != 0))"
