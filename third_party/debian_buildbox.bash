# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of tools/remote and of debian_unpack.bash
#
# Debian's package of BuildBox, a server for remote execution, unpacked with what it
# depends on into a folder of the user's: read by tools/remote, which provides
# root, say and die. Its programs come to stand in $buildbox_home/bin.

# BuildBox is new to Debian: this release is the first that has it.
readonly SUITE=forky
readonly PACKAGES=(buildbox)
# A sandbox that is not used, and ciphers of old.
readonly NOT_NEEDED=(bubblewrap openssl-provider-legacy)
readonly NEEDED_MIB=200 DOWNLOAD_MB=26
readonly RECIPE=1

# shellcheck source=third_party/debian_unpack.bash
. "$root/third_party/debian_unpack.bash"

product=BuildBox own="install BuildBox and put it on PATH" version=
find_cache
buildbox_home=$cache/buildbox-r$RECIPE
home=$buildbox_home

# BuildBox's programs start each other by name: each gets a wrapper that runs it
# with the loader and the libraries beside it.
set_up() {
	say "4/4 setting up"
	local program
	mkdir "$tree/bin"
	for program in buildbox-casd buildbox-fuse buildbox-run-hosttools; do
		from_tree "usr/bin/$program" --help >/dev/null ||
			die "the unpacked $program does not run on this machine:" \
				"$(tail -n 1 "$partial/log")" "Fix: $own."
		# shellcheck disable=SC2016 # the wrapper's variables
		printf '#!/bin/sh\nexec %s --inhibit-cache --library-path %s --argv0 "$0" %s "$@"\n' \
			"$home/$LOADER" "$home/$LIBS" "$home/usr/bin/$program" >"$tree/bin/$program"
		chmod +x "$tree/bin/$program"
	done
}
