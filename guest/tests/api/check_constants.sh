#!/bin/bash
# SPDX-License-Identifier: MIT
# Finds the constants that no source holds against a manual, and names each.
#
# usage: check_constants.sh HEADER... SOURCE...
#   Headers end in .h, sources in .c. An assertion stands at a line's start:
#   IS(NAME, ...), BIT(NAME, ...), FIELD(NAME, ...).
set -u

headers=()
sources=()
for file in "$@"; do
	case $file in
	*.h) headers+=("$file") ;;
	*) sources+=("$file") ;;
	esac
done

# Macros that take no arguments and have a value; guards have none.
constants=$(sed -nE 's/^#[ \t]*define[ \t]+([A-Za-z_0-9]+)[ \t]+[^ \t].*/\1/p' "${headers[@]}" | sort -u)
asserted=$(sed -nE 's/^[A-Z_]+\(([A-Za-z_0-9]+)( - 1)?, .*\);$/\1/p' "${sources[@]}" | sort -u)

count=$(wc -l <<<"$constants")
if [ "$count" -lt 100 ]; then
	echo "found $count constants only: are the headers given?" >&2
	exit 1
fi
missing=$(comm -23 <(echo "$constants") <(echo "$asserted"))
[ -z "$missing" ] && exit
while read -r name; do
	echo "$name is held against no manual; add IS($name, VALUE) or BIT($name, NR) to one of ${sources[*]}" >&2
done <<<"$missing"
exit 1
