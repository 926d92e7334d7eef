#!/bin/bash
# SPDX-License-Identifier: MIT
# The checker of a commands_test for clang-tidy.
#
# usage: check_clang_tidy.sh REPORT COMMAND MERGE CLANG_TIDY FILE
set -u

report=$1 command=$2 merge=$3 clang_tidy=$4 file=$5
commands=$(mktemp -d)
trap 'rm -rf "$commands"' EXIT
"$merge" controller "$PWD" "$PWD" "$PWD/external" <"$command" >"$commands/compile_commands.json" || exit

# What it says on its standard error are counts of what it left out.
if "$clang_tidy" --quiet -p "$commands" "$file" >"$commands/findings" 2>"$commands/log"; then
	: >"$report"
else
	sed "s|$PWD/||g" "$commands/findings" >"$report"
	[ -s "$report" ] || cat "$commands/log" >"$report"
fi
