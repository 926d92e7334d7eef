#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the program of this wrapper's name with the dynamic loader and the
# libraries that came with it: nothing of the machine's own is used.
root=${0%/*}/..
exec "$root/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" --inhibit-cache --argv0 "$0" \
	--library-path "$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu" \
	"$root/usr/bin/${0##*/}" "$@"
