#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Compiles one source of KVM's and completes the object as a kernel's: one action.
#
# usage: compile.sh RUN_TOOL RUNTIME OBJTOOL "OBJTOOL FLAGS" OBJCOPY AUTOCONF OPTION OUTPUT CLANG FLAG...
#
# OBJCOPY: a command that takes from the object what no kernel knows, or "".
# OPTION: what the configuration (AUTOCONF, a header) must have for this source to be
# part of KVM, or ""; without it, the object is empty.
set -eu
# shellcheck source=kvm_lab/build/run_tool.sh
. "./$1"
runtime=$2 objtool=$3 objtool_flags=$4 objcopy=$5 autoconf=$6 option=$7 output=$8
shift 8
clang=$1
shift

if [ -n "$option" ] && ! grep -Eq "^#define ${option}(_MODULE)? 1\$" "$autoconf"; then
	echo | "$clang" --target=x86_64-linux-gnu -no-canonical-prefixes -x c -c -o "$output" -
	exit
fi
"$clang" "$@" -c -o "$output"
# Both have flags, in a list of words.
# shellcheck disable=SC2086
[ -z "$objcopy" ] || $objcopy "$output"
# shellcheck disable=SC2086
run_tool "$runtime" "$objtool" $objtool_flags "$output"
