#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# third_party/debian_mirror: which of apt's sources it takes for a Debian mirror.
# The fake apt-get prints what apt 2.6 and 3.0 print for such sources.
# shellcheck disable=SC2016 # eval's variables
set -uo pipefail

# shellcheck source-path=SCRIPTDIR source=fakes.bash
. "$(dirname "${BASH_SOURCE[0]}")/fakes.bash"

# usage: sources [ADDRESS SUITE COMPONENT]...   the machine's apt configuration
sources() {
	new_world
	unset DEBIAN_MIRROR
	mkdir "$world/lists"
	: >"$world/sources"
	local name
	while [ $# -gt 0 ]; do
		name=${1#*://}
		name=${name%/}
		name=${name//\//_}_dists_${2//\//_}
		printf "'%s/dists/%s/InRelease' %s_InRelease 0 \n" "${1%/}" "$2" "$name"
		printf "'%s/dists/%s/%s/binary-amd64/Packages.xz' %s_%s_binary-amd64_Packages 0 \n" \
			"${1%/}" "$2" "$3" "$name" "$3"
		shift 3
	done >"$world/sources"
	fake apt-get <<-'F'
		[ "$*" = "update --print-uris" ] || exit 1
		cat "$world/sources"
		# It may complain all the same, of a cdrom: for one.
		echo "E: The method driver could not be found." >&2
		exit 100
	F
}

# usage: fetched FILE ORIGIN   what apt keeps of a source once its lists are fetched
fetched() {
	printf -- '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: %s\nLabel: x\n' "$2" \
		>"$world/lists/$1_InRelease"
}

find_mirror() {
	status=0
	PATH=$world/bin sh "$world/ws/third_party/debian_mirror" >"$world/out" 2>"$world/err" || status=$?
}

# usage: check_mirror WHAT URL
check_mirror() {
	find_mirror
	check "$1" prints "$2"
	check "$1: status" ends_with 0
	check "$1: nothing else is said" is_silent
}

# usage: check_none WHAT MESSAGE
check_none() {
	find_mirror
	check "$1: says so" says "debian_mirror: $2"
	check "$1: names the mend" says '--repo_env=DEBIAN_MIRROR=<URL> or in the environment'
	check "$1: no raw error" eval '! grep -qE ": [0-9]+: " "$world/err"'
	check "$1: prints no address" prints ''
	check "$1: status" ends_with 1
}
readonly NONE="apt's configuration names no mirror of a Debian release"

# --- Given by the user -------------------------------------------------------

sources http://a.invalid/debian bookworm main
export DEBIAN_MIRROR=https://b.invalid/x//
check_mirror "DEBIAN_MIRROR wins, without its last slashes" https://b.invalid/x
DEBIAN_MIRROR=file:/srv/debian/
check_mirror "a local one" file:/srv/debian
for bad in ftp://a.invalid a.invalid/debian 'http://a b' http:// "http://a
deb"; do
	DEBIAN_MIRROR=$bad
	check_none "DEBIAN_MIRROR '$bad'" "DEBIAN_MIRROR is '${bad%%$'\n'*}"
done

# --- apt's -------------------------------------------------------------------

sources http://a.invalid/debian/ bookworm main http://b.invalid/debian trixie main
check_mirror "the first one" http://a.invalid/debian
sources http://s.invalid/debian-security bookworm-security main \
	http://s.invalid/debian-security bookworm/updates main \
	http://u.invalid/debian bookworm-updates main http://p.invalid/debian bookworm-backports main
check_none "no release, only updates" "$NONE"
sources http://a.invalid/debian bookworm contrib
check_none "no main" "$NONE"
sources http://a.invalid/ubuntu noble main
check_none "another distribution" "$NONE"
sources
check_none "no source at all" "$NONE"
sources cdrom://Debian bookworm main tor+http://x.invalid/debian bookworm main \
	http://a.invalid/debian bookworm main
check_mirror "what no downloader can fetch is passed over" http://a.invalid/debian
sources file:/srv/mirror trixie main
check_mirror "a folder" file:/srv/mirror

sources https://apt.invalid bookworm main https://a.invalid/mirrors/debian bookworm main
check_mirror "before lists are fetched, the path tells Debian from another publisher" \
	https://a.invalid/mirrors/debian
sources https://a.invalid/mirrors/main-archive bookworm main
check_mirror "a mirror by another name" https://a.invalid/mirrors/main-archive
sources https://dl.invalid/browser stable main
check_none "a browser's own archive with a 'stable main'" "$NONE"
sources https://a.invalid/debian stable main
check_mirror "Debian by its suite's name" https://a.invalid/debian

sources https://apt.invalid/debian bookworm main https://a.invalid/archive stable main
fetched apt.invalid_debian_dists_bookworm "A Publisher"
fetched a.invalid_archive_dists_stable Debian
check_mirror "once they are fetched, their origin tells" https://a.invalid/archive
sources https://apt.invalid/debian bookworm main
fetched apt.invalid_debian_dists_bookworm "A Publisher"
check_none "another publisher's bookworm" "$NONE"

for address in "mirror+file:$world/list" "mirror+file://$world/list"; do
	sources "$address" bookworm main
	printf '# ours\n\ntor+http://x.invalid/debian\n\thttp://m.invalid/debian/\tpriority:1\n' >"$world/list"
	check_mirror "a mirror list, ${address%%"$world"*}" http://m.invalid/debian
done
sources "mirror+file:$world/nowhere" bookworm main
check_none "a mirror list that is not there" "$NONE"

sources
rm "$world/bin/apt-get"
check_none "no apt" "this machine has no apt to ask"

finish
