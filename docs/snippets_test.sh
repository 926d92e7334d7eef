#!/bin/bash
# SPDX-License-Identifier: MIT
# The documents show the examples as they are; and the check notices when not.
set -u

check=docs/check_snippets.sh
failures=0

complain() {
	echo "FAILED: $1" >&2
	failures=$((failures + 1))
}

for markdown in "$@"; do
	"$check" "$markdown" || complain "$markdown shows something else than its files"
done

# refuses WHAT TEXT: the check must fail for $TEST_TMPDIR/bad.md, saying TEXT.
refuses() {
	local output
	if output=$("$check" "$TEST_TMPDIR/bad.md" 2>&1); then
		complain "$1 is not noticed"
	elif [[ $output != *"$2"* ]]; then
		complain "$1: no '$2' in: $output"
	fi
}

good=$1
sed 's/Hello, world!/Hello, worlds!/' "$good" >"$TEST_TMPDIR/bad.md"
refuses "another text" "is not what docs/examples/hello.c holds"
sed 's/    name = "hello",/    name = "hallo",/' "$good" >"$TEST_TMPDIR/bad.md"
refuses "another part" "is no piece of docs/examples/BUILD.bazel"
sed 's,<!-- docs/examples/hello.c -->,<!-- docs/examples/hallo.c -->,' "$good" >"$TEST_TMPDIR/bad.md"
refuses "another file" "there is no file docs/examples/hallo.c"
sed '/<!-- docs/d' "$good" >"$TEST_TMPDIR/bad.md"
refuses "a block without a file" "a block of c without a file"

[ $failures -eq 0 ]
