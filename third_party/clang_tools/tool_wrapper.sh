#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the program of this wrapper's name with the dynamic loader and the
# libraries of the repository that has Clang, and what that lacks from its own.
root=${0%/*}/..
llvm=${0%clang_tools/bin/*}llvm
exec "$llvm/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" --inhibit-cache --argv0 "$0" \
	--library-path "$llvm/usr/lib/x86_64-linux-gnu:$llvm/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu" \
	"$root/usr/lib/llvm-19/bin/${0##*/}" "$@"
