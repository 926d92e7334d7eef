#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Runs a program on an emulated machine in every way that can end, and looks
# at what a user sees: output, exit status, files, and what is left behind.
#
# usage: emulated_test.sh FOLDER MACHINE [RELEASE]
#
# FOLDER is where the machine's rule is. With RELEASE, which is the kernel's
# that the machine must have booted, only a plain run is made.
# shellcheck disable=SC2065 # ./test is a program here
set -u

readonly folder=ringside/$1 machine=$2 release=${3-}
readonly runfiles=$TEST_SRCDIR
# How an emulator is known among the processes (but not this pattern itself),
# and the files of a snapshot.
case $machine in
amd_qemu*)
	readonly emulator='qemu-syste[m]' snapshot_files="ram state release"
	;;
*)
	readonly emulator='boch[s]' snapshot_files="ram cpu0 release"
	;;
esac
readonly work=$TEST_TMPDIR/work
failures=0
checks=0

fail() {
	printf 'FAIL: %s: %s\n' "$current" "$*"
	sed 's/^/    | /' "$work/output"
	failures=$((failures + 1))
}

# A test of its own in the work folder: the runner under the test's name, and
# the description that machine_test would have written.
prepare() {
	rm -rf "$work"
	mkdir -p "$work/outputs" "$work/tmp"
	ln -s "$runfiles/ringside/machines/runner/runner" "$work/test"
	{
		echo "controller ringside/machines/tests/guest_program"
		echo "machine $machine"
		echo "emulated $folder/$machine.machine"
		[ $# = 0 ] || printf '%s\n' "$@"
	} >"$work/test.test"
}

# start LIMIT ARGUMENT...: runs the test with the environment that Bazel makes.
start() {
	local limit=$1
	shift
	cd "$work" && exec env -i RUNFILES_DIR="$runfiles" TEST_TMPDIR="$work/tmp" \
		TEST_TIMEOUT="$limit" XML_OUTPUT_FILE="$work/test.xml" \
		TEST_UNDECLARED_OUTPUTS_DIR="$work/outputs" GUEST_PROGRAM_VARIABLE="a value" \
		./test "$@" >"$work/output" 2>&1
}

# run NAME LIMIT STATUS ARGUMENT...: runs it to its end and checks the status.
run() {
	current=$1
	local limit=$2 want=$3 status
	shift 3
	checks=$((checks + 1))
	(start "$limit" "$@")
	status=$?
	[ "$status" = "$want" ] || fail "exit status $status, not $want"
	nothing_runs
}

reports() {
	grep -qF -- "$1" "$work/test.xml" || fail "test.xml does not say '$1'"
}

# How many emulators run with files of this test's.
emulators() {
	for process in /proc/[0-9]*; do
		tr '\0' ' ' <"$process/cmdline"
		echo
	done 2>/dev/null | grep -c -e "$runfiles.*$emulator" -e "$work.*$emulator"
}

nothing_runs() {
	[ "$(emulators)" = 0 ] || fail "an emulator is left running"
}

# background ARGUMENT...: runs it and returns when it has said "hanging".
background() {
	checks=$((checks + 1))
	rm "$work/output" # the last run may have said it, too
	(start 60 "$@") &
	child=$!
	until grep -qs hanging "$work/output"; do
		if [ ! -d "/proc/$child" ]; then
			fail "ended early"
			return
		fi
		sleep 0.05
	done
}

says() {
	grep -qF -- "$1" "$work/output" || fail "does not say '$1'"
}

says_not() {
	! grep -qF -- "$1" "$work/output" || fail "says '$1'"
}

prepare
run "a plain run" 60 0 show "two words" ''
says "ringside: machine $machine is asked for; running on machine $machine, Linux "
says "argument 1: <show>"
says "argument 2: <two words>"
says "argument 3: <>"
says "variable: <a value>"
says "folder: <$work>"
says "on stderr"
now=$(date +%s)
told=$(sed -n 's/^time: //p' "$work/output")
# Set once, it goes on by itself, and can be ahead: idle time is skipped.
((now - told > -60 && now - told < 60)) || fail "time $told, not about $now"

if [ -n "$release" ]; then
	says "running on machine $machine, Linux $release"
	echo "$checks checks, $failures failed"
	[ "$failures" = 0 ]
	exit
fi

run "an exit status" 60 7 exit 7
run "a program that crashes" 60 139 crash
says "the controller was ended by signal 11"

run "files" 60 0 leave_files
[ "$(cat "$work/test.xml")" = "<testsuites/>" ] || fail "no test.xml"
[ "$(cat "$work/outputs/below/note.txt")" = "a note" ] || fail "no output file"
[ ! -e "$work/outputs/link" ] || fail "a link came out"
[ -z "$(ls -A "$work/tmp")" ] || fail "files are left in TEST_TMPDIR"

run "much output" 60 0 print_much
[ "$(grep -c '^line ' "$work/output")" = 20000 ] || fail "lines are missing"

current="output that nobody takes"
checks=$((checks + 1))
(cd "$work" && RUNFILES_DIR=$runfiles TEST_TIMEOUT=60 ./test print_much >/dev/full 2>"$work/output")
[ $? = 125 ] || fail "exit status"
says "ringside: cannot write the test's output: No space left on device. Fix: free some space"
nothing_runs

run "children of the test's" 60 0 leave_children

run "a full file system" 60 0 fill_disk
says "stopped: No space left on device"
[ "$(stat -c %s "$work/outputs/large")" -gt 100000000 ] || fail "the file did not come out"

rm "$work/outputs/large"
run "more files than may come out" 60 125 leave_large
says "machine: cannot bring out $work/outputs: the files have more than 512 MB together"
says "machine $machine failed while collecting the results: its results can't be used: they are incomplete"
[ ! -e "$work/outputs/large" ] || fail "a part of the file came out"

run "garbage in the channel" 60 125 write_garbage
says "machine $machine failed while running the test: what came through its channel is not what init sends"
says "Fix: have the test, and its guests, leave the machine's own devices alone"

# What the kernel says of itself is no pass, and beside a failure it is shown.
run "a kernel's warning" 60 125 kernel_says "<4>WARNING: CPU: 0 PID: 1 at kvm.c:1" 0
says "the kernel of machine $machine reported a warning while the test ran:"
says "WARNING: CPU: 0 PID: 1 at kvm.c:1"
says "so the test fails, though it says that it passes"
reports '<testsuites><testsuite name="own"><testcase name="passes"/></testsuite>'
reports "<failure message=\"the kernel of machine $machine reported a warning while the test ran\"/>"
run "a kernel's oops" 60 3 kernel_says "<1>BUG: unable to handle page fault" 3
says "the kernel of machine $machine reported an oops while the test ran:"
run "a kernel's remark" 60 0 kernel_says "<4>nothing to worry about" 0

run "a kernel panic" 60 125 panic
says "machine $machine failed while running the test: its kernel panicked"
reports "<testcase name=\"machine $machine\" classname=\"test\" status=\"run\" result=\"completed\">"
reports "<failure message=\"machine $machine failed while running the test: its kernel panicked\"/>"
reports "<property name=\"machine\" value=\"$machine\"/>"
reports '<property name="kvm_modules" value="pinned"/>'
says "the last lines of its console:"
says "sysrq triggered crash"

run "a reset" 60 125 reset
says "machine $machine failed while running the test: it reset itself"

run "a power-off" 60 125 power_off
says "machine $machine failed while running the test: it was powered off from inside"

run "a hang" 6 125 hang
says "hanging"
says "machine $machine failed while running the test: no verdict before the test's timeout of 6 s"

current="SIGTERM"
background hang
[ "$(emulators)" = 1 ] || fail "no emulator is seen to run: the check for none is void"
kill -TERM "$child"
wait "$child"
status=$?
[ "$status" = 143 ] || fail "exit status $status, not 143"
says "machine $machine failed while running the test: the test was ended from outside by signal 15"
nothing_runs

current="SIGKILL"
background hang
kill -KILL "$child"
wait "$child" 2>/dev/null
# The kernel kills the emulator, a moment later.
for _ in $(seq 100); do
	[ "$(emulators)" = 0 ] && break
	sleep 0.05
done
nothing_runs
[ -z "$(ls -A "$work/tmp")" ] || fail "files are left in TEST_TMPDIR"

prepare "data ringside/machines/tests/data.txt"
run "data" 60 0 print_file "$runfiles/ringside/machines/tests/data.txt"
says "contents: data of a test"

prepare "library ringside/machines/tests/data.txt"
run "a library" 60 0 print_file /machines/tests/data.txt
says "contents: data of a test"

prepare "data other"
mkdir "$work/runfiles"
for entry in "$runfiles"/*; do ln -s "$entry" "$work/runfiles/"; done
ln -s "$runfiles/ringside/machines/tests/guest_program" "$work/runfiles/other"
current="a file under two names"
checks=$((checks + 1))
if ! (cd "$work" && RUNFILES_DIR=$work/runfiles TEST_TIMEOUT=60 ./test same_file \
	"$work/runfiles/ringside/machines/tests/guest_program" "$work/runfiles/other") >"$work/output" 2>&1; then
	fail "exit status"
fi
nothing_runs

prepare "data ringside/machines/tests/no_such_file"
run "missing data" 60 125 show
says "cannot open $runfiles/ringside/machines/tests/no_such_file: No such file or directory"

prepare "data large"
truncate -s 600M "$work/large"
runfiles_of_large=$work/runfiles
mkdir "$runfiles_of_large"
for entry in "$runfiles"/*; do ln -s "$entry" "$runfiles_of_large/"; done
ln -s "$work/large" "$runfiles_of_large/large"
current="a test larger than the machine's memory"
checks=$((checks + 1))
(cd "$work" && RUNFILES_DIR=$runfiles_of_large ./test show >"$work/output" 2>&1)
[ $? = 125 ] || fail "exit status"
says "large does not fit in the machine, which has 256 MB of memory"
truncate -s 200M "$work/large"
current="a test larger than the machine's file system"
checks=$((checks + 1))
(cd "$work" && RUNFILES_DIR=$runfiles_of_large ./test show >"$work/output" 2>&1)
[ $? = 125 ] || fail "exit status"
says "the machine's file system is full"
nothing_runs

# A damaged snapshot, in each of its files.
for file in $snapshot_files; do
	prepare
	mkdir "$work/snapshot" "$work/runfiles"
	for entry in "$runfiles"/*; do ln -s "$entry" "$work/runfiles/"; done
	for part in "$runfiles/$folder/$machine.snapshot"/*; do
		cp -L "$part" "$work/snapshot/" && chmod u+w "$work/snapshot/${part##*/}"
	done
	if [ "$file" = release ]; then
		: >"$work/snapshot/release"
	else
		truncate -s 1000 "$work/snapshot/$file"
	fi
	sed "s|^snapshot .*|snapshot snapshot|" "$runfiles/$folder/$machine.machine" \
		>"$work/runfiles.machine"
	ln -s "$work/snapshot" "$work/runfiles/snapshot"
	cp "$work/runfiles.machine" "$work/runfiles/damaged.machine"
	sed -i "s|^emulated .*|emulated damaged.machine|" "$work/test.test"
	current="a snapshot whose $file is cut off"
	checks=$((checks + 1))
	(cd "$work" && RUNFILES_DIR=$work/runfiles TEST_TIMEOUT=60 ./test show >"$work/output" 2>&1)
	[ $? = 125 ] || fail "exit status"
	says "machine $machine"
	says_not "argument 1"
	nothing_runs
done

echo "$checks checks, $failures failed"
[ "$failures" = 0 ]
