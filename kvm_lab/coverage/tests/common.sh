# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# For the tests here: a workspace with a Bazel that is fake_bazel.sh.

FAKE=$TEST_TMPDIR/fake
failures=0
export FAKE BUILD_WORKSPACE_DIRECTORY=$FAKE/workspace
export RINGSIDE_COVERAGE_FLAG=//machines:modules RINGSIDE_COVERAGE_MODULES=//kvm:counts

# make_workspace PROGRAM FAKE_BAZEL
make_workspace() {
	PROGRAM=$1
	mkdir -p "$BUILD_WORKSPACE_DIRECTORY"
	cp "$2" "$BUILD_WORKSPACE_DIRECTORY/bazelw"
	chmod +x "$BUILD_WORKSPACE_DIRECTORY/bazelw"
}

fail() {
	printf 'FAIL: %s\n' "$*"
	failures=$((failures + 1))
}

# expect STATUS TEXT WORD...: what the program says
expect() {
	local status=0 wanted=$1 text=$2 output
	shift 2
	output=$("$PROGRAM" "$@" 2>&1) || status=$?
	[ "$status" = "$wanted" ] || fail "$*: status $status, not $wanted: $output"
	grep -qF -- "$text" <<<"$output" || fail "$*: it does not say '$text': $output"
}

# has FILE TEXT, has_not FILE TEXT: whole lines
has() {
	grep -qxF -- "$2" "$1" || fail "$1 has no line '$2': $(cat "$1")"
}
has_not() {
	! grep -qxF -- "$2" "$1" || fail "$1 has a line '$2'"
}
