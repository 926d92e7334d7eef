#!/bin/bash
# SPDX-License-Identifier: MIT
# There is nothing that shellcheck has to say about any shell script.
#
# usage: shellcheck_test.sh SHELLCHECK FOLDER
set -u

shellcheck=$(realpath -s "../$1")
cd "$2" || exit
# Named *.sh or *.bash, or known by its first line.
mapfile -t files < <({
	find -L . -type f \( -name '*.sh' -o -name '*.bash' \)
	find -L . -type f -exec awk 'FNR == 1 && /^#!.*sh$/ { print FILENAME } { nextfile }' {} +
} | sort -u)
[ ${#files[@]} -gt 0 ] || {
	echo "found no files" >&2
	exit 1
}
"$shellcheck" --external-sources "${files[@]}"
