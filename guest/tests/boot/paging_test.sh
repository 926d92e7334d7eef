#!/bin/bash
# SPDX-License-Identifier: MIT
# An i386 payload has paging on, or it breaks and says why: it never runs without.
# The controller runs here, whatever this KVM offers: no machine is asked for.
#
# usage: paging_test.sh CONTROLLER
set -u

output=$("$1" 2>&1)
status=$?
echo "$output"
case $status in
0) grep -q 'paging\.c:[0-9]*: TPASS: CR0\.PG is 1$' <<<"$output" ;;
*)
	grep -qE 'TBROK: .*(this KVM refuses 32-bit paging|cannot open /dev/kvm)' <<<"$output" &&
		! grep -q 'CR0\.PG is' <<<"$output"
	;;
esac
