#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Where the runner says that a test runs, for what the test requires and what
# the local machine offers. The machine's own KVM is asked by the runner alone:
# this script knows only what must follow from its answer.
set -u

readonly runfiles=$TEST_SRCDIR
readonly work=$TEST_TMPDIR/work
failures=0

fail() {
	printf 'FAIL: %s: %s\n' "$current" "$*"
	sed 's/^/    | /' "$work/output"
	failures=$((failures + 1))
}

# decide NAME STATUS LINE...: runs the test that these lines describe.
decide() {
	current=$1
	local want=$2 status
	shift 2
	rm -rf "$work"
	mkdir -p "$work"
	ln -s "$runfiles/ringside/machines/runner/runner" "$work/test"
	{
		echo "controller ringside/machines/tests/guest_program"
		printf '%s\n' "$@"
	} >"$work/test.test"
	(cd "$work" && XML_OUTPUT_FILE=$work/test.xml TEST_TARGET=//some:test \
		exec ${hide_kvm-} ./test exit 0 >"$work/output" 2>&1)
	status=$?
	[ "$status" = "$want" ] || fail "exit status $status, not $want"
}

first_line() {
	# shellcheck disable=SC2053 # a pattern
	[[ $(head -n1 "$work/output") == $1 ]] || fail "the first line is not '$1'"
}

readonly amd="emulated ringside/machines/amd.machine"

decide "a forced machine" 0 "machine amd" "$amd"
first_line "ringside: machine amd is asked for; running on machine amd, Linux *"

decide "a forced machine that lacks something" 0 "machine amd" "$amd" "requires vmx"
first_line "ringside: machine amd is asked for; machine amd offers no VMX: skipped"
grep -q '<skipped message="the machine offers no VMX"/>' "$work/test.xml" || fail "no skip in test.xml"
grep -q '<property name="machine" value="amd"/>' "$work/test.xml" || fail "no machine in test.xml"
grep -q '<property name="kvm_modules" value="pinned"/>' "$work/test.xml" || fail "not whose KVM in test.xml"

decide "a forced machine that does not exist" 125 "machine intel"
first_line "ringside: machine intel is asked for, which the build does not know; build the test anew"

# No CPU has both.
decide "more than the host has" 0 "machine auto" "$amd" "requires svm" "requires vmx"
first_line "ringside: host: no *; machine amd offers no VMX: skipped"

decide "more than any machine has" 0 "machine auto" "requires svm" "requires vmx"
first_line "ringside: host: no *; no emulated machine offers all that this test requires: skipped"
grep -q '<skipped message="the machine offers no ' "$work/test.xml" || fail "no skip in test.xml"
grep -q '<property name="machine" value="host"/>' "$work/test.xml" || fail "no machine in test.xml"
grep -q "<property name=\"kernel\" value=\"$(uname -r)\"/>" "$work/test.xml" || fail "no kernel in test.xml"

decide "the host, plainly" "$([ -w /dev/kvm ] && echo 0 || echo 125)" "machine host"
if [ -w /dev/kvm ]; then
	first_line "ringside: running on the host, Linux $(uname -r)"
	decide "the host, which lacks something" 0 "machine host" "requires svm" "requires vmx"
	first_line "ringside: host: no *; skipped (without --config=host it would run on an emulated machine)"
	grep -q '<skipped' "$work/test.xml" || fail "no skip in test.xml"
	decide "the host where it will do" 0 "machine auto" "$amd"
	first_line "ringside: running on the host, Linux *"
else
	first_line "ringside: host: no usable /dev/kvm (*"
fi

current="the host, of a matrix"
XML_OUTPUT_FILE=$work/test.xml TEST_TARGET=//machines/tests:host_matrix/host/cell_test CELL_WORD="a word" \
	machines/tests/host_matrix/host/cell_test >"$work/output" 2>&1
status=$?
if [ -w /dev/kvm ]; then
	[ $status = 0 ] || fail "exit status $status"
	first_line "ringside: running on the host, Linux *"
else
	[ $status = 125 ] || fail "exit status $status, not 125"
	first_line "ringside: host: no usable /dev/kvm (*; make /dev/kvm usable, or run the test on an emulated machine *"
fi

# The host without KVM, where this machine lets us make one.
readonly hide_script='mount --bind /dev/null /dev/kvm && exec "$@"'
if [ -e /dev/kvm ] && unshare -rm sh -c "$hide_script" sh true 2>/dev/null; then
	printf "#!/bin/sh\nexec unshare -rm sh -c '%s' sh \"\$@\"\n" "$hide_script" >"$TEST_TMPDIR/hide"
	chmod +x "$TEST_TMPDIR/hide"
	hide_kvm=$TEST_TMPDIR/hide
	decide "no KVM" 0 "machine auto" "$amd"
	first_line "ringside: host: /dev/kvm is no KVM device (*; running on machine amd, Linux *"
	decide "no KVM, the host forced" 125 "machine host" "$amd"
	first_line "ringside: host: /dev/kvm is no KVM device (*; make /dev/kvm usable, or run the test on *"
	unset hide_kvm
fi

decide "an unknown capability" 125 "machine auto" "requires magic"
first_line "ringside: unknown capability 'magic' in a description; build the test anew"
decide "a damaged description" 125 "machine auto" "nonsense"
first_line "ringside: ./test.test: no value in line 'nonsense'"

echo "$failures failed"
[ "$failures" = 0 ]
