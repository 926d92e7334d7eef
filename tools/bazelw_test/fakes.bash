# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2016 # the fakes' and eval's variables
# shellcheck disable=SC2034 # the tests' variables
#
# A small world for bazelw to run in: a workspace, a PATH of our own and programs
# that stand in for Debian's. Nothing here reaches the network or the user's files.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
world=$(mktemp -d "${TEST_TMPDIR:-${TMPDIR:-/tmp}}/bazelw_test.XXXXXX")
trap 'rm -rf "$world"' EXIT

# The folder below the cache that this bazelw unpacks into.
unpacked=bazel-7.7.1-r$(sed -n 's/^readonly RECIPE=//p' "$root/third_party/debian_bazel.bash")
passed=0
failed=0

# usage: check WHAT COMMAND [ARGUMENT]...
check() {
	if "${@:2}"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAIL: %s\n  status %s\n' "$1" "${status-}"
		[ ! -e "$world/out" ] || { sed "s/^/  stdout: /" "$world/out"; echo; }
		[ ! -e "$world/err" ] || sed 's/^/  stderr: /' "$world/err"
	fi
}

finish() {
	printf '%s passed, %s failed\n' "$passed" "$failed"
	[ "$failed" -eq 0 ]
}

# What the last command said and ended with.
says() { grep -qsF -- "$1" "$world/err"; }
is_silent() { [ ! -s "$world/err" ]; }
prints() { [ "$(<"$world/out")" = "$1" ]; }
ends_with() { [ "$status" -eq "$1" ]; }
has() { [ -e "$1" ]; }
lacks() { [ ! -e "$1" ]; }
# usage: asked_for TIMES COMMAND   how often a fake got that command since new_world
asked_for() { [ "$(grep -cxF -- "$2" "$world/calls")" -eq "$1" ]; }

# usage: fake NAME   its body is read from stdin
fake() {
	rm -f "$world/bin/$1"
	{
		printf '#!/bin/bash\nPATH=/usr/bin:/bin\nworld=%q\n' "$world"
		cat
	} >"$world/bin/$1"
	chmod +x "$world/bin/$1"
}

# All that bazelw and debian_mirror use of a base system, and nothing else:
# what is not in this list is not on their PATH.
readonly BASE=(awk bash cat chmod cp df dirname env find flock grep head id ln mkdir mv
	nproc readlink rm sed sh sha256sum sort tail tar uname xargs)

# A workspace, a base system without Bazel, and a Debian mirror with two packages.
new_world() {
	rm -rf "${world:?}"/*
	mkdir -p "$world"/{bin,home,mirror,ws/third_party}
	local program
	for program in "${BASE[@]}"; do
		ln -s "$(type -P "$program")" "$world/bin/$program"
	done
	cp -L "$root/bazelw" "$world/ws/"
	cp -L "$root"/third_party/{debian_bazel.bash,debian_mirror,debian_unpack.bash,release_bazel.bash} \
		"$world/ws/third_party/"
	echo 7.7.1 >"$world/ws/.bazelversion"
	: >"$world/calls"
	: >"$world/keyring"
	# The one path outside of the user's own that not every machine has.
	sed -i "s|^readonly KEYRING=.*|readonly KEYRING=$world/keyring|" \
		"$world/ws/third_party/debian_unpack.bash"
	export HOME=$world/home DEBIAN_MIRROR=http://mirror.invalid/debian
	unset XDG_CACHE_HOME RINGSIDE_CACHE BAZELISK_BASE_URL
	cache=$HOME/.cache/ringside
	bazel_home=$cache/$unpacked
	make_packages
	fake_apt
	fake dpkg-deb <<-'F'
		# Our packages are bare tar archives.
		echo "dpkg-deb $1" >>"$world/calls"
		[ ! -e "$world/hold-unpack" ] || { : >"$world/held"; cat "$world/hold-unpack"; }
		exec cat "$2"
	F
}

# usage: fake_release PROGRAM   a curl or wget that brings a Bazel of our own, whose sum is right
fake_release() {
	fake release <<-'F'
		[ "$*" != --version ] || { echo "bazel 7.7.1"; exit; }
		printf 'release: <%s>' "$1"
		exit 6
	F
	mv "$world/bin/release" "$world/release"
	sed -i "s/^readonly RELEASE_SHA256=.*/readonly RELEASE_SHA256=$(sha256sum <"$world/release" | sed 's/ .*//')/" \
		"$world/ws/third_party/release_bazel.bash"
	fake "$1" <<-'F'
		echo "${0##*/} ${*: -1}" >>"$world/calls"
		[ ! -e "$world/download-fails" ] || { cat "$world/download-fails" >&2; exit 22; }
		while [ $# -gt 0 ]; do
			case $1 in
			--output) cp "$world/release" "$2" ;;
			--output-document=*) cp "$world/release" "${1#*=}" ;;
			esac
			shift
		done
	F
}

# usage: run [ARGUMENT]...   bazelw, in its workspace
run() {
	status=0
	(cd "$world/ws" && PATH=$world/bin exec ./bazelw "$@") \
		>"$world/out" 2>"$world/err" || status=$?
}

# usage: fake_bazel NAME VERSION_LINE   says how it was called and ends with status 7
fake_bazel() {
	printf 'version_line=%q\nname=%q\n%s\n' "$2" "$1" '
		if [ "$*" = --version ]; then
			printf "%s\n" "$version_line"
			exit
		fi
		printf "%s in %s:" "$name" "${PWD##*/}"
		printf " <%s>" "$@"
		[ -t 0 ] || printf " stdin <%s>" "$(cat)"
		exit 7' | fake "$1"
}

# The unpacked loader runs what it is given; the unpacked Bazel prints its arguments.
make_packages() {
	local tree=$world/packages/bazel share=usr/share/bazel program
	local java=usr/lib/jvm/java-25-openjdk-amd64
	mkdir -p "$tree"/{usr/bin,usr/share/java,usr/lib/x86_64-linux-gnu,$share/tools,$java/bin,$java/lib}
	mkdir -p "$world/packages/base/usr/share/ca-certificates/mozilla"
	echo certificate >"$world/packages/base/usr/share/ca-certificates/mozilla/a.crt"
	cat >"$tree/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" <<-'F'
		#!/bin/bash
		[ "$3" = --list ] && exit
		shift 2
		exec "$@"
	F
	cat >"$tree/usr/bin/bazel" <<-'F'
		#!/bin/bash
		printf '<%s>\n' "$@"
		[ ! -e /proc/$$/fd/9 ] || echo "still holds the lock"
		exit 5
	F
	for program in usr/bin/patchelf usr/bin/openssl $java/bin/java $java/lib/jspawnhelper \
		$share/{build-runfiles,daemonize,linux-sandbox,process-wrapper}; do
		cat >"$tree/$program" <<-'F'
			#!/bin/bash
			for last; do :; done
			[ "${0##*/}" != openssl ] || cat >"$last"
		F
	done
	find "$tree" -type f -exec chmod +x {} +
	ln -s /usr/share/bazel/tools "$tree/$share/platforms"
	mkdir "$tree/usr/lib/x86_64-linux-gnu/jni"
	echo tcnative >"$tree/usr/lib/x86_64-linux-gnu/jni/libnetty-tcnative.so"
	echo /usr/share/java/gson.jar >"$tree/$share/bazel_classpath_debian_depends.txt"
	tar -c -C "$tree" -f "$world/mirror/bazel_1_amd64.deb" ./usr
	tar -c -C "$world/packages/base" -f "$world/mirror/base_1_all.deb" ./usr
	offered=7.7.1+ds-8
}

# An apt whose mirror is a folder. Files in $world make it fail:
#   update-fails, install-fails   its error messages; a failing install brings one package
#   hold-install                  a fifo that it waits for before it brings anything
fake_apt() {
	echo "offered=$offered" >"$world/offered"
	fake apt-cache <<-'F'
		. "$world/offered"
		[ -z "$offered" ] || printf 'Package: bazel-bootstrap\nVersion: %s\n' "$offered"
	F
	fake apt-config <<-'F'
		echo "lists='$world/lists'"
	F
	fake apt-get <<-'F'
		# Answered as it is configured: the last word on each setting is an -o.
		archives=
		words=()
		while [ $# -gt 0 ]; do
			case $1 in
			-c) conf=$2; shift ;;
			-o) [[ $2 != Dir::Cache::Archives=* ]] || archives=${2#*=}; shift ;;
			-y) ;;
			*) words+=("$1") ;;
			esac
			shift
		done
		: "${archives:=$(sed -n 's/^Dir::Cache::Archives "\(.*\)";/\1/p' "$conf")}"
		case "${words[*]}" in
		update)
			echo update >>"$world/calls"
			sed -n 's/^deb .*\] /source: /p' "${conf%/*}/sources.list" >>"$world/calls"
			[ ! -e "$world/update-fails" ] || { cat "$world/update-fails" >&2; exit 100; }
			;;
		"--print-uris install "*)
			cd "$world/mirror"
			for file in *.deb; do
				set -- $(sha256sum "$file")
				[ -e "$archives/$file" ] ||
					echo "'http://mirror.invalid/$file' $file $(stat -c %s "$file") SHA256:$1"
			done
			;;
		"--download-only install "*)
			echo install >>"$world/calls"
			if [ -e "$world/hold-install" ]; then : >"$world/held"; cat "$world/hold-install"; fi
			for file in "$world"/mirror/*.deb; do
				name=${file##*/}
				# As apt does: by size.
				[ "$(stat -c %s "$file")" != "$(stat -c %s "$archives/$name" 2>&1)" ] || continue
				echo "fetch $name" >>"$world/calls"
				cp "$file" "$archives/"
				[ ! -e "$world/install-fails" ] || { cat "$world/install-fails" >&2; exit 100; }
			done
			;;
		*) echo "E: unexpected: ${words[*]}" >&2; exit 100 ;;
		esac
	F
}
