#!/bin/bash
# SPDX-License-Identifier: MIT
# clang-format would leave each C and C++ file as it is.
#
# usage: clang_format_test.sh CLANG_FORMAT FOLDER
set -u

clang_format=$(realpath -s "../$1")
cd "$2" || exit
mapfile -t files < <(find -L . -type f \( -name '*.c' -o -name '*.cc' -o -name '*.h' \) | sort)
[ ${#files[@]} -gt 0 ] || {
	echo "found no files" >&2
	exit 1
}
"$clang_format" --dry-run --Werror "${files[@]}" || {
	echo "Fix: ./bazelw run //:format" >&2
	exit 1
}
