#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The linker has refused a payload, and its log says why.
#
# usage: refused_test.sh LOG TEXT...
set -uo pipefail

log=$1
shift
failures=0

cat "$log"
if ! grep -q "^linker's exit status: [1-9]" "$log"; then
	echo "FAILED: the payload linked" >&2
	failures=1
fi
for text in "$@"; do
	grep -qF -- "$text" "$log" || {
		echo "FAILED: the log has no '$text'" >&2
		failures=1
	}
done
exit $failures
