#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Compiles one source of KVM's and completes the object as a kernel's: one action.
#
# usage: compile.sh RUN_TOOL RUNTIME OBJTOOL "OBJTOOL FLAGS" AUTOCONF OPTION OUTPUT CLANG FLAG...
#
# OPTION: what the configuration (AUTOCONF, a header) must have for this source to be
# part of KVM, or ""; without it, the object is empty.
set -eu
# shellcheck source=kvm_lab/build/run_tool.sh
. "./$1"
runtime=$2 objtool=$3 objtool_flags=$4 autoconf=$5 option=$6 output=$7 clang=$8
shift 8

if [ -n "$option" ] && ! grep -Eq "^#define ${option}(_MODULE)? 1\$" "$autoconf"; then
	echo | "$clang" --target=x86_64-linux-gnu -no-canonical-prefixes -x c -c -o "$output" -
	exit
fi
"$clang" "$@" -c -o "$output"
# Its flags are a list of words.
# shellcheck disable=SC2086
run_tool "$runtime" "$objtool" $objtool_flags "$output"
