#!/bin/bash
# SPDX-License-Identifier: MIT
# No file holds the address of a package registry or of a mirror: where packages
# come from is the machine's own configuration.
#
# usage: check_addresses.sh FOLDER
set -u
cd "$1" || exit

# Hosts that a URL may name: where sources are released, bugs are discussed and
# standards stand. Names under .invalid and .example are nobody's.
readonly ALLOWED='127\.0\.0\.1|github\.com|git\.kernel\.org|lore\.kernel\.org|docs\.kernel\.org|cve\.mitre\.org|bazel\.build|clangd\.llvm\.org|www\.w3\.org|([a-z0-9-]+\.)*(invalid|example|example\.(com|net|org))'
# First parts of names that hosts of packages have.
readonly PACKAGE_HOST='(deb|ftp|security|snapshot|archive|packages|mirrors?|registry|proxy|pypi|index|crates|static\.crates|repo1?|bcr|ghcr|gcr|docker)'

urls() {
	grep -RInoE '[a-z]+://([^/@[:space:]]*@)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+' . |
		grep -vE "://([^/@]*@)?($ALLOWED)\$"
}

names() {
	grep -RInoE "(^|[^A-Za-z0-9./@_-])$PACKAGE_HOST(\.[a-z0-9-]+)*\.(org|com|net|io|dev|build)\b" .
}


[ -n "$(find -L . -type f -print -quit)" ] || {
	echo "found no files" >&2
	exit 1
}
found=$({ urls; names; } | sort -u)
[ -z "$found" ] || {
	sed 's|^\./||; s|$|: this host is not among those that tools/lint/check_addresses.sh allows|' <<<"$found" >&2
	exit 1
}
