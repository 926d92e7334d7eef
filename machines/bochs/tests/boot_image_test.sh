#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Hands boot_image what a user may hand it by mistake, and checks that it says
# what is wrong; then checks what it makes of a kernel.
#
# usage: boot_image_test.sh BOOT_IMAGE BZIMAGE
set -uo pipefail

boot_image=$1
kernel=$2
tmp=$TEST_TMPDIR
failures=0

complain() {
	echo "FAILED: $1"
	cat "$tmp/out"
	failures=$((failures + 1))
}

# run OPTION...: the options that a call lacks are sound ones.
run() {
	"$boot_image" --kernel="$kernel" --initramfs="$tmp/initramfs" --append=quiet \
		--memory=256 --image="$tmp/image" --rom="$tmp/rom" "$@" >"$tmp/out" 2>&1
}

# refuses MESSAGE OPTION...
refuses() {
	local message=$1
	shift
	run "$@" && complain "accepted: $*"
	grep -qF -e "boot_image: $message" "$tmp/out" || complain "says no '$message': $*"
	[ "$(wc -l <"$tmp/out")" -eq 1 ] || complain "says more than one line: $*"
}

head -c 100001 /dev/zero >"$tmp/initramfs"
head -c 20 "$kernel" >"$tmp/short"
head -c 100000 /dev/zero >"$tmp/zeros"
head -c 10000 "$kernel" >"$tmp/cut"
{ head -c $((0x206)) "$kernel" && printf '\005\002' && tail -c +$((0x209)) "$kernel"; } >"$tmp/old"
{ head -c $((0x234)) "$kernel" && printf '\000' && tail -c +$((0x236)) "$kernel"; } >"$tmp/fixed"
long=$(printf 'word%.0s ' {1..2000})

refuses "cannot open '$tmp/none': No such file" --kernel="$tmp/none"
refuses "cannot open '$tmp/none': No such file" --initramfs="$tmp/none"
refuses "'$tmp/short' is not a bzImage" --kernel="$tmp/short"
refuses "'$tmp/zeros' is not a bzImage" --kernel="$tmp/zeros"
refuses "'$tmp/cut' is damaged" --kernel="$tmp/cut"
refuses "'$tmp/old' speaks boot protocol 2.05" --kernel="$tmp/old"
refuses "'$tmp/fixed' is not relocatable" --kernel="$tmp/fixed"
refuses "kernel '$kernel' and initramfs '$tmp/initramfs' need" --memory=32
refuses "--memory=0 is not" --memory=0
refuses "--memory=256M is not" --memory=256M
refuses "--memory=99999999999999999999 is not" --memory=99999999999999999999
refuses "the kernel's command line has ${#long} characters" --append="$long"
refuses "cannot create '$tmp/none/image'" --image="$tmp/none/image"
refuses "cannot create '$tmp/none/rom'" --rom="$tmp/none/rom"
refuses "usage: " superfluous

run || complain "refused a sound kernel"
# The image begins with its first chunk's address, 0x10000, and size, 64 KiB.
[ "$(od -An -tx4 -N8 "$tmp/image" | tr -d ' ')" = 0001000000004000 ] ||
	complain "the image does not begin with the setup code's place"
[ "$(od -An -tu1 -v "$tmp/rom" | awk '{ for (i = 1; i <= NF; i++) sum += $i } END { print sum % 256 }')" = 0 ] ||
	complain "the ROM's bytes don't add up to 0"
[ "$(od -An -tx1 -N3 "$tmp/rom" | tr -d ' ')" = 55aa04 ] || complain "the ROM's header is wrong"

[ $failures -eq 0 ] && echo "all as expected"
exit $((failures > 0))
