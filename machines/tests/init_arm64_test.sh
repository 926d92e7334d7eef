#!/bin/bash
# SPDX-License-Identifier: MIT
#
# init is built for arm64, and has what a kernel of that architecture runs as its first
# program: an executable for that CPU (ELF, e_type and e_machine) without a loader.
#
# usage: init_arm64_test.sh INIT
set -u
init=$1
failures=0

# usage: number OFFSET SIZE
number() {
	od -An -j "$1" -N "$2" -t "u$2" "$init" | tr -d ' '
}

# usage: expect WHAT IS WANTED
expect() {
	[ "$2" = "$3" ] && return
	echo "$1 is $2, not $3"
	failures=$((failures + 1))
}

expect e_type "$(number 16 2)" 2
expect e_machine "$(number 18 2)" 183
at=$(number 32 8) size=$(number 54 2) count=$(number 56 2)
for ((i = 0; i < count; i++)); do
	[ "$(number $((at + i * size)) 4)" != 3 ] || expect "a program header's type" PT_INTERP none
done
[ "$i" -gt 0 ] || expect "the number of program headers" 0 "1 or more"
echo "$failures failed"
[ "$failures" = 0 ]
