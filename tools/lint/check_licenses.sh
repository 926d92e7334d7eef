#!/bin/bash
# SPDX-License-Identifier: MIT
# Each source file says under which license it is, before anything else.
#
# usage: check_licenses.sh FOLDER
set -u
cd "$1" || exit

# Text for people and data for tests say nothing.
files=$(find -L . -type f ! -name '*.md' ! -name '*.svg' ! -name '*.txt' ! -name '*.bin' ! -name LICENSE ! -name .bazelversion)
[ -n "$files" ] || {
	echo "found no files" >&2
	exit 1
}

# The first line, or the second after #!.
# shellcheck disable=SC2016 # awk's variables
found=$(tr '\n' '\0' <<<"$files" | xargs -0 awk '
	FNR == 1 { first = FILENAME; line = 1 + /^#!/ }
	FNR == line && /^(\/\/|\/\*|#) SPDX-License-Identifier: MIT( \*\/)?$/ { print FILENAME }')
missing=$(sort <<<"$files" | comm -23 - <(sort <<<"$found"))
[ -z "$missing" ] || {
	while read -r file; do
		echo "${file#./}:1: no comment 'SPDX-License-Identifier: MIT' in the first line"
	done <<<"$missing" >&2
	exit 1
}
