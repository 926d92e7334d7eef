# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of the script that reads this one
#
# Packages of a Debian release that the machine need not be, unpacked with what they
# depend on into a folder of the user's. Read by a script that provides
#   say, die               how to talk, and how to give up
#   root                   the checkout
#   product, home          what this is about, for messages; where it goes, below $cache
#   version                the version that must be offered, or nothing
#   own                    what the user can do without all this, for messages
#   SUITE, PACKAGES        the release; the packages, the one that names the version first
#   NOT_NEEDED             dependencies that apt takes as installed
#   NEEDED_MIB, DOWNLOAD_MB  space for archives, lists and tree; size of the archives
#   set_up                 makes what is unpacked in $tree ready to be used at $home
#   take_release WHY       gets the product elsewhere, when Debian's can't be had; may be absent
#
# Nothing is installed, no root is needed, and the machine's own package lists stay
# as they are. apt checks the archive's signatures and resolves the dependencies.
# Downloads gather in $home.partial, which outlives a run that failed or was
# killed; the unpacked tree moves to $home when it is whole.

readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
# Where the packages keep their libraries, and the loader that belongs to them.
readonly LIBS=usr/lib/x86_64-linux-gnu
readonly LOADER=$LIBS/ld-linux-x86-64.so.2

# Sets cache, the folder for all that is unpacked.
find_cache() {
	cache=${RINGSIDE_CACHE:-${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}}
	[ -n "$cache" ] || die "no folder to unpack $product into: HOME is not set" \
		"Fix: set HOME or RINGSIDE_CACHE, or $own."
	[ -n "${RINGSIDE_CACHE-}" ] || cache+=/ringside
	[[ $cache == /* ]] || cache=$PWD/$cache
	# Java's class path, apt's configuration and sed's expressions will hold it.
	[[ $cache != *[[:space:]:\;\'\"\`\$\\\|\&\#]* ]] ||
		die "cannot unpack $product into '$cache': blanks and : ; ' \" \` \$ \\ | & # don't work in its name" \
			"Fix: name another folder with RINGSIDE_CACHE, or $own."
	[[ $cache/ != "$root"/* ]] ||
		die "the cache $cache lies in the workspace, where Bazel would take it for sources" \
			"Fix: name a folder outside with RINGSIDE_CACHE."
}

# The result says where it was made: its paths are absolute.
is_complete() {
	[ -r "$home/complete" ] && [ "$(<"$home/complete")" = "$home" ]
}

# usage: fall_back WHY FIX   to where else the product comes from, if anywhere
fall_back() {
	if declare -F take_release >/dev/null; then
		take_release "$1"
	else
		die "$1" "Fix: $2."
	fi
}

# Whether Debian's packages can be unpacked here; else sets why, and what to fix.
can_unpack() {
	local program
	for program in apt-get apt-cache dpkg-deb flock; do
		why="$product is not on PATH, and without $program Debian's can't be unpacked" fix=$own
		type -P "$program" >/dev/null || return
	done
	why="$product is not on PATH, and without $KEYRING Debian's can't be verified"
	fix="install the package debian-archive-keyring, or $own"
	[ -r "$KEYRING" ]
}

find_mirror() {
	local argument before='' named=${DEBIAN_MIRROR-}
	for argument; do
		[ "$argument" != -- ] || break
		[ "$before" != --repo_env ] || argument=--repo_env=$argument
		case $argument in
		--repo_env=DEBIAN_MIRROR=*) named=${argument#--repo_env=DEBIAN_MIRROR=} ;;
		esac
		before=$argument
	done
	mirror=$(DEBIAN_MIRROR=$named sh "$root/third_party/debian_mirror") ||
		die "$product is not on PATH, and without a mirror Debian's can't be had" \
			"Fix: as above, or $own."
}

# One run at a time. Its children share the lock: a killed run's apt may live on
# for a while, and nobody else may write to its folder before it ends.
lock_cache() {
	{ mkdir -p "$cache" && exec 9>>"$home.lock"; } 2>/dev/null ||
		die "cannot write to $cache" \
			"Fix: make it writable, name another folder with RINGSIDE_CACHE, or $own."
	if ! flock -n 9; then
		say "another run is unpacking $product; waiting for it"
		flock 9
	fi
}

# Before anything is downloaded: does the cache's file system do?
check_folder() {
	local free
	free=$(df -Pm "$cache" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$NEEDED_MIB" ] ||
		die "unpacking $product takes $NEEDED_MIB MiB, and $cache has $free MiB free" \
			"Fix: free some, name another folder with RINGSIDE_CACHE, or $own."
	mkdir -p "$partial"/{lists,archives,nothing}/partial
	printf '#!/bin/sh\n' >"$partial/runs"
	chmod +x "$partial/runs"
	"$partial/runs" 2>/dev/null ||
		die "$cache is on a file system that runs no programs (mounted 'noexec')" \
			"Fix: name another folder with RINGSIDE_CACHE, or $own."
}

# An apt of our own: its sources, lists and idea of what is installed.
configure_apt() {
	: >"$partial/log"
	printf 'Package: %s\nStatus: install ok installed\nVersion: 999:999
Architecture: amd64\nMaintainer: none\nDescription: none\n\n' "${NOT_NEEDED[@]}" >"$partial/status"
	# From a file: mirror apt would take archives without bringing them here.
	printf 'deb [arch=amd64 signed-by=%s] %s %s main\n' "$KEYRING" "${mirror/#file:/copy:}" "$SUITE" \
		>"$partial/sources.list"
	cat >"$partial/apt.conf" <<-CONF
		Dir::Etc::SourceList "$partial/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::Etc::Preferences "/dev/null";
		Dir::Etc::PreferencesParts "/dev/null";
		Dir::State "$partial";
		Dir::State::Lists "$partial/lists";
		Dir::State::status "$partial/status";
		Dir::Cache "$partial";
		Dir::Cache::Archives "$partial/archives";
		Dir::Cache::pkgcache "$partial/pkgcache.bin";
		Dir::Cache::srcpkgcache "";
		APT::Architecture "amd64";
		#clear APT::Architectures;
		APT::Architectures { "amd64"; };
		APT::Default-Release "";
		APT::Install-Recommends "false";
		APT::Install-Suggests "false";
		APT::Sandbox::User "";
		// The machine's own hooks act on its own lists.
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		Acquire::Languages "none";
		Acquire::PDiffs "false";
		Acquire::ForceHash "SHA256";
		// A mirror may lag behind; what it has is signed all the same.
		Acquire::Check-Valid-Until "false";
		Acquire::Retries "2";
		Debug::NoLocking "true";
	CONF
}

# usage: apt PROGRAM [ARGUMENT]...
# Ours comes after the machine's configuration, which knows its proxies and passwords.
apt() {
	LC_ALL=C "$1" -c "$partial/apt.conf" "${@:2}" 2>>"$partial/log"
}

# apt's own words on what went wrong.
apt_errors() {
	grep -E '^(E|W):' "$partial/log" | awk '!seen[$0]++' | head -n 3
}

read_lists() {
	say "1/4 reading the package lists of Debian $SUITE"
	if ! apt apt-get update >>"$partial/log" || grep -qE '^(E|Err):' "$partial/log"; then
		die "cannot read the package lists of Debian $SUITE from $mirror:" "$(apt_errors)" \
			"Fix: check the network and the space in $cache, name another mirror with DEBIAN_MIRROR, or $own."
	fi
}

# Whether the release has the version; else sets why, and what to fix.
is_offered() {
	local offered
	offered=$(apt apt-cache show --no-all-versions "${PACKAGES[0]}" | sed -n 's/^Version: //p') || :
	why="Debian $SUITE on $mirror offers ${product% *} '${offered:-none}', not ${version:-a version of it}"
	fix="name another mirror with DEBIAN_MIRROR, or $own"
	[[ -n $offered && (-z $version || $offered == "$version"[-+~]*) ]]
}

list_archives() {
	# A line for each archive as sha256sum reads it, the biggest first. apt leaves
	# out what it finds downloaded: let it look elsewhere.
	apt apt-get -y --print-uris -o "Dir::Cache::Archives=$partial/nothing" install "${PACKAGES[@]}" |
		awk '$4 ~ /^SHA256:/ { print $3, substr($4, 8) "  " $2 }' |
		sort -rn | sed 's/^[0-9]* //' >"$partial/wanted" || : >"$partial/wanted"
	[ -s "$partial/wanted" ] ||
		die "cannot tell what $product needs from Debian $SUITE:" "$(apt_errors)" \
			"Fix: name another mirror with DEBIAN_MIRROR, or $own."
}

# Shows apt's progress on a terminal.
show_progress() {
	local kind percent
	while IFS=: read -r kind _ percent _; do
		[ ! -t 2 ] || [ "$kind" != dlstatus ] || printf '%3d%%\r' "${percent%.*}" >&2
	done
}

# Prints the wanted archives that are missing or not what they should be.
wrong_archives() {
	(cd "$partial/archives" && LC_ALL=C sha256sum -c --quiet ../wanted 2>/dev/null) |
		sed -n 's/: FAILED.*//p'
}

download() {
	say "2/4 downloading $product and what it depends on, some $DOWNLOAD_MB MB"
	# apt knows an archive that is here by its size alone: leave it no wrong ones.
	wrong_archives | (cd "$partial/archives" && xargs -r rm -f --) || :
	if ! apt apt-get -y --download-only -o APT::Status-Fd=3 install "${PACKAGES[@]}" \
		3>&1 >>"$partial/log" | show_progress || [ -n "$(wrong_archives)" ]; then
		die "cannot download $product from $mirror:" "$(apt_errors)" \
			"What is here is kept in $partial; the next run goes on from there." \
			"Fix: check the network and the space in $cache, name another mirror with DEBIAN_MIRROR, or $own."
	fi
}

unpack() {
	say "3/4 unpacking"
	local errors
	mkdir "$tree"
	# Whatever fails, xargs waits for all of them: nobody writes to a tree that goes.
	# shellcheck disable=SC2016 # the inner shell's variables
	errors=$(sed 's/^[0-9a-f]*  //' "$partial/wanted" | (
		cd "$partial/archives" && xargs -n 1 -P "$(nproc)" bash -c '
			set -o pipefail
			dpkg-deb --fsys-tarfile "$2" |
				tar -x -C "$1" --no-same-owner --no-same-permissions \
					--exclude="./usr/share/doc" --exclude="./usr/share/man" \
					--exclude="./usr/share/maven-repo" --exclude="./usr/lib/*/gconv" \
					--exclude="./usr/lib/jvm/*/lib/server/*_coh.jsa"' bash "$tree"
	) 2>&1) ||
		die "cannot unpack the packages of $product into $cache:" "$(head -n 3 <<<"$errors")" \
			"Fix: free some space, name another folder with RINGSIDE_CACHE, or $own."
}

# usage: from_tree PROGRAM [ARGUMENT]...
# Runs an unpacked program with the libraries beside it, wherever it is now.
from_tree() {
	"$tree/$LOADER" --library-path "$tree/$LIBS" "$tree/$1" "${@:2}" 2>>"$partial/log"
}

# Nothing half-done stays but the downloads, and no failure goes without a word.
drop_unfinished() {
	local status=$?
	rm -rf "$tree"
	[ $status -eq 36 ] || say "stopped while unpacking $product into $cache, status $status" \
		"(what is downloaded is kept; mend what is said above, free space there, and run again, or $own)"
	# A signal's status stays.
	[ $status -gt 128 ] || status=36
	exit $status
}

# usage: unpack_debian [ARGUMENT OF BAZELW]...
unpack_debian() {
	readonly partial=$home.partial
	readonly tree=$partial/root
	local why fix

	[ "$(uname -sm)" = "Linux x86_64" ] ||
		die "this machine is $(uname -sm); Ringside builds on Linux x86_64 only"
	if ! can_unpack; then
		fall_back "$why" "$fix"
		return
	fi
	find_mirror "$@"
	lock_cache
	# Another run may have finished while this one waited.
	if ! is_complete; then
		say "$product is not on PATH; unpacking Debian's into $home, once"
		[ ! -e "$home" ] || say "what is there was moved or is unfinished, and goes"
		rm -rf "$tree" "$home"
		trap drop_unfinished EXIT
		check_folder
		configure_apt
		read_lists
		if ! is_offered; then
			trap - EXIT
			rm -rf "$partial"
			exec 9>&-
			fall_back "$why" "$fix"
			return
		fi
		list_archives
		download
		unpack
		set_up
		echo "$home" >"$tree/complete"
		mv "$tree" "$home"
		trap - EXIT
		rm -rf "$partial"
	fi
	# Else a server that is started next would keep the lock for as long as it lives.
	exec 9>&-
}
