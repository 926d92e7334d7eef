# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of bazelw and of debian_bazel.bash
#
# Bazel's official release, one program, for machines where Debian's can't be had:
# read by bazelw after debian_bazel.bash. It brings no rule sets along: those come
# from where WORKSPACE says, which takes a network.

# Bazelisk's name for the place of all releases.
readonly RELEASES=${BAZELISK_BASE_URL:-https://github.com/bazelbuild/bazel/releases/download}
readonly RELEASE_URL=$RELEASES/$version/bazel-$version-linux-x86_64
# The version that the sum belongs to: change both.
readonly RELEASE_VERSION=7.7.1
readonly RELEASE_SHA256=115a1b62be95f29e5821d4dddffba1b058905a48019b499919c285e7f708d5e2

release=$cache/bazel-$version-release

has_release() {
	[ -x "$release" ]
}

# Downloads to the file $1; what went wrong goes to stderr.
download_release() {
	if type -P curl >/dev/null; then
		curl --fail --location --silent --show-error --retry 2 --output "$1" "$RELEASE_URL"
	elif type -P wget >/dev/null; then
		wget --no-verbose --tries=3 --output-document="$1" "$RELEASE_URL"
	else
		echo "there is neither curl nor wget"
		return 1
	fi 2>&1
}

# usage: take_release WHY   in the place of Debian's Bazel, which can't be had
take_release() {
	local new=$release.$$ error sum
	[ "$version" = "$RELEASE_VERSION" ] ||
		die "$1, and of the official release only $RELEASE_VERSION's sum is known" \
			"Fix: write that of $version into third_party/release_bazel.bash, or $OWN_BAZEL."
	say "$1; taking the official release, once: $RELEASE_URL"
	mkdir -p "$cache" 2>/dev/null ||
		die "cannot write to $cache" \
			"Fix: make it writable, name another folder with RINGSIDE_CACHE, or $OWN_BAZEL."
	trap 'rm -f "$new"' EXIT
	error=$(download_release "$new") ||
		die "cannot download $RELEASE_URL:" "${error##*$'\n'}" \
			"Fix: check the network and the space in $cache, name another place of releases with BAZELISK_BASE_URL, or $OWN_BAZEL."
	sum=$(sha256sum <"$new")
	[ "${sum%% *}" = "$RELEASE_SHA256" ] ||
		die "$RELEASE_URL is not Bazel $version: its sha256 is ${sum%% *}, not $RELEASE_SHA256" \
			"Fix: name another place of releases with BAZELISK_BASE_URL, or $OWN_BAZEL."
	chmod +x "$new"
	error=$("$new" --version 2>&1) ||
		die "$cache is on a file system that runs no programs, or the machine is another one:" "${error##*$'\n'}" \
			"Fix: name another folder with RINGSIDE_CACHE, or $OWN_BAZEL."
	mv "$new" "$release"
	trap - EXIT
}
