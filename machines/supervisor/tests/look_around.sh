#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Is what a machine offers there? Answers in TAP.
#
# usage: look_around.sh 'two words' MACHINE
count=0

check() {
	count=$((count + 1))
	name=$1
	shift
	if "$@"; then
		echo "ok $count $name"
	else
		echo "# $(pwd)"
		echo "not ok $count $name"
	fi
}

echo "TAP version 13"
check "arguments" [ "$#" = 2 ]
check "an argument of two words" [ "$1" = "two words" ]
check "environment" [ "$LOOK_AROUND" = "a value" ]
check "data under a path from the workspace" \
	grep -q "data of a program" machines/supervisor/tests/data.txt
check "/tmp" touch /tmp/file
check "TEST_TMPDIR" touch "$TEST_TMPDIR/file"
check "the machine" [ "$RINGSIDE_MACHINE" = "$2" ]
check "/dev/kvm" [ -c /dev/kvm ]
check "the kernel" [ "$(uname -s)" = Linux ]
echo "1..$count"
