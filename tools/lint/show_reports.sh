#!/bin/bash
# SPDX-License-Identifier: MIT
# The test of a commands_test: it passes if every report is empty, and no file is
# without one.
set -u

reports=$(find -L reports -type f | wc -l)
findings=$(find -L reports -type f -size +0 | sort)
[ "$reports" -gt 0 ] || {
	echo "no file was read" >&2
	exit 1
}
status=0
while read -r report; do
	view=${report#reports/}
	view=${view%%/*}
	echo "--- ${report#reports/"$view"/} ($view)" >&2
	cat "$report" >&2
	status=1
done < <(printf '%s' "$findings${findings:+$'\n'}")
while read -r file; do
	echo "$file: no target in TARGETS of tools/lint/BUILD.bazel compiles it, with what that depends on; add one that does" >&2
	status=1
done <uncovered
echo "$reports readings of sources"
exit $status
