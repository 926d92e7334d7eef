#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Makes the header with which KVM's assembly sources find members of structures: the
# compiler leaves each as a line `.ascii "->NAME $VALUE ..."` in its assembly.
#
# usage: asm_offsets.sh OUTPUT CLANG FLAG...
set -eu
output=$1
shift
"$@" -S -o "$output.s"
sed -n 's/^[[:space:]]*\.ascii[[:space:]]*"->\([A-Za-z0-9_]*\) [$#]*\([-0-9]*\) .*/#define \1 \2/p' \
	"$output.s" >"$output"
[ -s "$output" ] || {
	echo "error: $output: the compiler's assembly has no line that begins with ->" >&2
	exit 1
}
