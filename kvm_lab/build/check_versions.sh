#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Refuses to build KVM with the headers of another kernel.
#
# usage: check_versions.sh SOURCE_MAKEFILE VERSION_HEADER OUTPUT
set -eu

source=$(awk '
	$2 == "=" && $1 ~ /^(VERSION|PATCHLEVEL|SUBLEVEL)$/ { number[$1] = $3 }
	END { print number["VERSION"] "." number["PATCHLEVEL"] "." number["SUBLEVEL"] }
' "$1")
headers=$(awk '
	$2 ~ /^LINUX_VERSION_(MAJOR|PATCHLEVEL|SUBLEVEL)$/ { number[$2] = $3 }
	END {
		print number["LINUX_VERSION_MAJOR"] "." number["LINUX_VERSION_PATCHLEVEL"] "." \
			number["LINUX_VERSION_SUBLEVEL"]
	}
' "$2")

[ "$source" != .. ] || {
	echo "error: $1 says no version; kvm_modules(source = ...) needs the Makefile of a kernel's source" >&2
	exit 1
}
[ "$headers" != .. ] || {
	echo "error: $2 says no version; kvm_modules(headers = ...) needs the headers of a kernel that was" \
		"built: include/generated/uapi/linux/version.h" >&2
	exit 1
}
[ "$source" = "$headers" ] || {
	echo "error: the source is Linux $source, the headers are of Linux $headers; give kvm_modules" \
		"'source' and 'headers' of the same kernel" >&2
	exit 1
}
echo "$source" >"$3"
