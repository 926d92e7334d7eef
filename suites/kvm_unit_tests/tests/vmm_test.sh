#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs images under the virtual machine monitor in every way that can end, and looks at
# what a user sees: output, exit status, test.xml. Answers in TAP.
#
# usage: vmm_test.sh VMM IMAGE SUPERVISOR
vmm=$1
image=$2
supervisor=$3
output=$TEST_TMPDIR/output
xml=$TEST_TMPDIR/test.xml
count=0

# run NAME STATUS OPTION...: what is wrong is found by says.
run() {
	name=$1
	wanted=$2
	shift 2
	"$vmm" "$@" >"$output" 2>&1
	status=$?
	problem=
	[ "$status" = "$wanted" ] || problem="exit status $status, not $wanted"
}

says() {
	grep -qF -- "$1" "$output" || problem="does not say '$1'"
}

is_silent_on() {
	! grep -qF -- "$1" "$output" || problem="says '$1'"
}

# The end of what belongs to one run.
judge() {
	count=$((count + 1))
	if [ "$problem" ]; then
		tail -n 30 "$output" | sed 's/^/# /'
		echo "# $problem"
		echo "not ok $count $name"
	else
		echo "ok $count $name"
	fi
}

# image NAME STATUS ARGUMENTS OPTION...
image() {
	name=$1
	wanted=$2
	arguments=$3
	shift 3
	run "$name" "$wanted" --image="$image" --append="$arguments" --timeout=30 "$@"
}

image "a pass" 0 ""
says "PASS: the image is told nothing else than what it knows"
says "SUMMARY: 1 tests"
is_silent_on "vmm: "
judge

image "a failure" 1 fail
says "FAIL: group: two"
says "vmm: the image ends with exit status 1"
judge

image "a skip" 4 skip
says "SKIP: nothing to be done here"
judge

for cpus in 1 2 5; do
	image "$cpus CPUs" 0 cpus --cpus="$cpus"
	says "CPUs: $cpus"
	says "PASS: every CPU has started once"
	judge
done

image "arguments" 0 "arguments two  words, 'quoted'"
says "arguments: two  words, 'quoted'"
judge

# shellcheck disable=SC2016 # for no shell
image "the time as an argument" 0 'arguments x `date +%s` y'
grep -qE '^arguments: x [0-9]{9,} y' "$output" || problem="has not the time"
judge

# shellcheck disable=SC2016 # for no shell
image "another command as an argument" 1 'arguments `id`'
says "arguments have a command between \` and \` that is not"
judge

image "an environment" 0 environment --env=A=1 --env="B=two words"
says "A=1"
says "B=two words"
judge

image "no environment" 1 environment
says "FAIL: there is an environment"
judge

image "devices" 0 devices
says "PASS: line 5 has been raised"
is_silent_on "not there"
judge

image "ACPI" 0 acpi
says "PASS: the PM timer runs"
judge

image "a port without a device" 1 keyboard
says "vmm: CPU 0 asks for a device that is not there: port 0x64 (keyboard controller), read of 1 byte"
says "vmm: the image asked in vain for: port 0x64 (keyboard controller), read of 1 byte"
judge

image "an address without a device" 1 hpet
says "vmm: the image asked in vain for: address 0xfed00000 (HPET), read of 4 bytes"
judge

image "a device by name" 4 "" --device=pc-testdev --device=edu
says "1..0 # SKIP the test wants QEMU's device edu, which there is not here"
judge

image "a file that says what it has to" 0 "" --check=/proc/sys/kernel/ostype=Linux
judge
image "a file that says something else" 4 "" --check=/proc/sys/kernel/ostype=Minix
says "1..0 # SKIP the test wants /proc/sys/kernel/ostype to say 'Minix', and it says 'Linux'"
judge
image "a file that is not there" 4 "" --check=/proc/none=1
says "and there is no such file"
judge

image "a CPU without features" 0 "" --cpu=qemu64,+x2apic,-pku,phys-bits=36
is_silent_on "vmm: "
judge
image "an unknown feature" 1 "" --cpu=max,+sse9
says "Bail out! the CPU's feature 'sse9' is not known. Fix: "
judge
image "an unknown word on the CPU" 1 "" --cpu=max,speed=9
says "Bail out! of the CPU 'speed=9' is asked for, which is not known. Fix: "
judge

image "a hang" 1 hang --timeout=1 --cpus=2
says "vmm: CPU 0:"
says "vmm: CPU 1:"
says "Bail out! the image has not ended within 1 seconds"
says "run+0x"
judge
image "a halt for good" 1 halt --timeout=1
says "Bail out! the image has not ended within 1 seconds"
judge

image "a triple fault" 1 shutdown
says "KVM_EXIT_SHUTDOWN"
says "Bail out! CPU 0 has shut down, by a triple fault"
judge

run "an ELF file that is no image" 1 --image="$vmm"
says "is no Multiboot image: there is no Multiboot 1 header in its first 8192 bytes. Fix: "
judge
run "a script" 1 --image="$0"
says "is no Multiboot image"
judge
: >"$TEST_TMPDIR/empty"
run "an empty file" 1 --image="$TEST_TMPDIR/empty"
says "is no Multiboot image"
judge
run "no file" 1 --image=/none
says "Bail out! cannot open /none: No such file or directory. Fix: "
judge
run "a folder" 1 --image=/
says "Bail out! / is no regular file. Fix: "
judge
# At byte 44 is how many program headers there are; the second one's size in the file is at 100.
damage() {
	cp "$image" "$TEST_TMPDIR/damaged" && chmod u+w "$TEST_TMPDIR/damaged"
	printf '\377\377' | dd of="$TEST_TMPDIR/damaged" bs=1 seek="$1" conv=notrunc 2>/dev/null
	run "$2" 1 --image="$TEST_TMPDIR/damaged"
	says "is damaged: $3"
	judge
}
damage 44 "an image without its program headers" "its program headers are not in it. Fix: "
damage 102 "an image without a part of it" "a part of it is not in the file. Fix: "
# Byte 4 of an ELF file is its class.
cp "$image" "$TEST_TMPDIR/long" && chmod u+w "$TEST_TMPDIR/long"
printf '\002' | dd of="$TEST_TMPDIR/long" bs=1 seek=4 conv=notrunc 2>/dev/null
run "a 64-bit image" 1 --image="$TEST_TMPDIR/long"
says "is an ELF file of class 2 for machine 3, and Multiboot's are of class 1 for machine 3"
judge

run "no options" 1
says "Bail out! there is no --image=FILE, the image to boot"
judge
for option in --cpus=0 --cpus=256 --memory=x --timeout= --check=x --env==x --speed=9; do
	run "$option" 1 --image="$image" "$option"
	says "'$option'"
	judge
done

# As a test: what the supervisor makes of it.
# verdict NAME STATUS ARGUMENTS OPTION...
verdict() {
	name=$1
	wanted=$2
	arguments=$3
	shift 3
	XML_OUTPUT_FILE=$xml "$supervisor" --results=kvm-unit-tests -- "$vmm" --image="$image" \
		--append="$arguments" "$@" >"$output" 2>&1
	status=$?
	problem=
	[ "$status" = "$wanted" ] || problem="exit status $status, not $wanted"
}

reports() {
	grep -qF -- "$1" "$xml" || problem="test.xml does not say '$1'"
}

verdict "a verdict of a pass" 0 ""
says "ringside: passed (1 cases)"
reports 'name="the image is told nothing else than what it knows"'
judge
verdict "a verdict of a failure" 1 fail
says "ringside: FAILED: 1 of 2 cases failed"
says "ringside: failed case: group: two"
judge
verdict "a verdict of a skip" 0 skip
says "ringside: skipped: nothing to be done here"
judge
verdict "a verdict of a skip by the monitor" 0 "" --device=edu
says "ringside: skipped: the test wants QEMU's device edu"
judge
verdict "a verdict without a summary" 0 unfinished
says "no end of this li"
says "ringside: passed (1 cases)"
judge
verdict "a verdict with a wrong summary" 1 miscounted
says "ringside: FAILED: the summary counts 1 tests, but there are results of 2"
judge
verdict "a verdict of a status" 1 status
says "ringside: FAILED: exit status 1, though no case failed"
judge
verdict "a verdict of a hang" 1 hang --timeout=1
says "ringside: FAILED: the image has not ended within 1 seconds"
reports '<failure message="the image has not ended within 1 seconds'
judge
verdict "a verdict of a triple fault" 1 shutdown
says "ringside: FAILED: CPU 0 has shut down, by a triple fault"
judge

echo "1..$count"
