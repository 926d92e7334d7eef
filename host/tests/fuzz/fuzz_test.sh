#!/bin/bash
# SPDX-License-Identifier: MIT
# What a fuzz test does: it finds, makes a small test of what it has found, replays its
# corpus, ends on Ctrl-C with its corpus kept, and refuses what can't be right.
set -u
unset XML_OUTPUT_FILE TEST_TIMEOUT

export TEST_UNDECLARED_OUTPUTS_DIR=$TEST_TMPDIR/outputs
readonly outputs=$TEST_UNDECLARED_OUTPUTS_DIR
out=$TEST_TMPDIR/out
failures=0

complain() {
	echo "FAILED: $what: $1; its output:" >&2
	sed 's/^/    /' "$out" >&2
	failures=$((failures + 1))
}

# usage: run STATUS NAME ARGUMENT...   the fuzz test of that name
run() {
	local expected=$1 name=$2 status
	shift 2
	what="$name $*"
	rm -rf "$outputs" "$TEST_TMPDIR/corpus"
	mkdir -p "$outputs"
	RINGSIDE_FUZZ=host/tests/fuzz/$name.fuzz "host/tests/fuzz/$name" "$@" >"$out" 2>&1
	status=$?
	[ "$status" -eq "$expected" ] || complain "exit status $status, not $expected"
}

prints() {
	grep -qE -e "$1" "$out" || complain "no line '$1'"
}

prints_once() {
	[ "$(grep -cE -e "$1" "$out")" -eq 1 ] || complain "not one line '$1'"
}

silent() {
	! grep -qE -e "$1" "$out" || complain "a line '$1'"
}

# usage: holds FILE TEXT
holds() {
	grep -qF -e "$2" "$outputs/findings/$1" || complain "no '$2' in $1"
}

FUZZ_SECONDS=0 run 0 passes
prints 'TCONF: 0 seconds are for fuzzing: the corpus alone is replayed'

machine=$(sed -nE 's/^ringside: .*running on machine ([^,]+),.*/\1/p' "$out")

export FUZZ_SECONDS=1
run 1 never_asks
prints 'TBROK: the payload has ended and never asked for an input. Fix: it calls tst_input\(\)'
silent 'TPASS'

run 1 replays --gtest_filter='Files/*'
prints 'OK .*Files/Corpus.RaisesNothing/fine_bin_'
prints 'TFAIL: the lock is open'
prints 'FAILED .*Files/Corpus.RaisesNothing/open_bin_'
prints 'TBROK: host/tests/fuzz/corpus/too_long.bin has 17 bytes, and inputs have 16 at most. Fix: a shorter file, or'
prints 'FAILED .*Files/Corpus.RaisesNothing/too_long_bin_'

FUZZ_SECONDS=many run 2 passes
prints 'FUZZ_SECONDS is "many"; it must be a number from 0 to'
prints 'Fix: --test_env=FUZZ_SECONDS=60'
silent 'Fix: start'
FUZZ_SEED=0 run 2 passes
prints 'FUZZ_SEED is "0"; it must be a number from 1 to'
prints 'Fix: --test_env=FUZZ_SEED=2'

# The rest is about seconds, of which an emulated machine has others than this script.
if [ -n "$machine" ]; then
	echo "not tested on machine $machine: findings, hangs, timeouts and Ctrl-C; a local KVM does that"
	[ $failures -eq 0 ]
	exit
fi

export FUZZ_SECONDS=20
run 1 maze
prints_once 'maze.c:[0-9]+: TFAIL: the lock is open'
prints 'TINFO: found after .*; as a test: .*findings/maze_[0-9a-f]{8}\.c'
found=$(basename "$outputs"/findings/maze_*.c .c)
# What is left of the input is what matters.
holds "$found.c" '	0x4f, 0x4b,'
holds "$found.c" 'TFAIL: the lock is open'
holds BUILD.bazel "name = \"$found\""
holds BUILD.bazel 'payload_srcs = ["//host/tests/fuzz:maze._payload_srcs"]'

export FUZZ_SECONDS=1
run 1 hang
prints 'TBROK: the test did not end within 5 s; stopping its guests'
prints 'the guest still runs'
prints 'main.* at host/tests/fuzz/bad.c:'
prints 'as a test: .*findings/hang_'

run 1 leaves
prints 'TBROK: the guest left unexpectedly: KVM_EXIT_IO'
prints 'as a test: .*findings/leaves_'

run 1 grows
prints_once 'TBROK: tst_kvm_reset\(\): .*have come or gone since the snapshot. Fix: take it when'

FUZZ_SECONDS=5 run 1 warns
prints "TFAIL: the host's kernel has warned, or oopsed, while this input ran: see its log"
prints 'as a test: .*findings/warns_'

run 0 passes
prints 'TPASS: [0-9]+ s, [0-9]+ inputs, [0-9]+ a second; .* 0 finding'
[ ! -e "$outputs/running_input" ] || complain "the input that ran last is still there"

# What was stopped for Bazel's timeout is no finding.
FUZZ_SECONDS=7 TEST_TIMEOUT=8 run 1 passes
prints_once "TBROK: Bazel's timeout of 8 s comes before 7 s of fuzzing are over: .*--test_timeout"
silent 'as a test:'
FUZZ_SECONDS=60 TEST_TIMEOUT=60 run 1 passes
prints_once 'TBROK: 60 s are for fuzzing, and Bazel ends the test after 60 s. Fix: .*--test_timeout'

# Until Ctrl-C: no sleep, but the first line that says how far it is.
what="passes until Ctrl-C"
rm -rf "$outputs"
mkdir -p "$outputs"
RINGSIDE_FUZZ_ON=1 RINGSIDE_FUZZ=host/tests/fuzz/passes.fuzz host/tests/fuzz/passes >"$out" 2>&1 &
fuzzer=$!
tail -f --pid=$fuzzer "$out" 2>/dev/null | grep -qm1 'inputs, .* a second'
kill -INT $fuzzer
wait $fuzzer
status=$?
[ $status -eq 0 ] || complain "exit status $status"
prints_once 'ringside: ended by Ctrl-C; [1-9][0-9]* inputs are kept in .*/outputs/corpus'
[ -n "$(ls "$outputs/corpus")" ] || complain "the corpus is empty"

[ $failures -eq 0 ]
