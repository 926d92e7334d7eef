# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2154 # bazelw's variables
#
# Debian's package of Bazel, unpacked with what it depends on into a folder of the
# user's: read by bazelw, which provides root, version, cache, bazel_home, say and die.
#
# Nothing is installed, no root is needed, and the machine's own package lists stay
# as they are. apt checks the archive's signatures and resolves the dependencies.
# Downloads gather in $bazel_home.partial, which outlives a run that failed or was
# killed; the unpacked tree moves to $bazel_home when it is whole.

# The Debian release that has this version, and its packages to start from:
# two are libraries that Bazel's package forgets, openssl and ca-certificates make
# the certificates that its Java trusts.
readonly SUITE=forky
readonly PACKAGES=(bazel-bootstrap openjdk-25-jre-headless libblake3-0 libzstd-jni1
	patchelf openssl ca-certificates)
# Dependencies that C and C++ never use: a whole JDK, tools for other languages,
# jars that Bazel's own jar includes or that only optional parts of others load.
# apt takes them as installed. A name too few here costs a download, no more.
readonly NOT_NEEDED=(build-essential default-jdk-headless default-jre-headless perl python3
	unzip util-linux zlib1g-dev ca-certificates-java debconf java-common
	libjpeg62-turbo liblcms2-2 libnss3 libpcsclite1 libprotoc32t64
	openssl-provider-legacy libjs-jquery node-core-js node-html5shiv
	protobuf-compiler-grpc-java-plugin velocity libanimal-sniffer-java libasm-java
	libchecker-framework-java libcommons-codec-java libcommons-collections3-java
	libcommons-lang-java libcommons-lang3-java libcommons-logging-java
	libcommons-parent-java liberror-prone-java libfastutil-java
	libgeronimo-annotation-1.3-spec-java libgoogle-api-client-java
	libgoogle-auto-common-java libgoogle-auto-service-java libgoogle-auto-value-java
	libguava-java libhttpclient-java libhttpcore-java libjackson2-core-java
	libjacoco-java libjarjar-java libjava-allocation-instrumenter-java
	libjavapoet-java libjaxb-api-java libjcip-annotations-java libjcommander-java
	libjformatstring-java libjgit-java libjsr305-java liblog4j2-java libnetty-java
	libopencensus-java libproguard-java libprotobuf-java libslf4j-java
	libtomcat9-java libtruth-java libzstd-jni-java)
readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
# Of archives, lists and tree, at the moment when all three are there.
readonly NEEDED_MIB=650
# Changes with what this script makes: older results are made anew.
readonly RECIPE=2

# The result says where it was made: its paths are absolute.
is_complete() {
	[ -x "$bazel_home/usr/bin/bazel" ] && [ -r "$bazel_home/complete" ] &&
		[ "$(<"$bazel_home/complete")" = "$RECIPE $bazel_home" ]
}

check_machine() {
	[ "$(uname -sm)" = "Linux x86_64" ] ||
		die "this machine is $(uname -sm); Ringside builds on Linux x86_64 only"
	local program
	for program in apt-get apt-cache dpkg-deb flock; do
		type -P "$program" >/dev/null ||
			die "Bazel $version is not on PATH, and without $program Debian's can't be unpacked" \
				"Mend: $OWN_BAZEL."
	done
	[ -r "$KEYRING" ] ||
		die "Bazel $version is not on PATH, and without $KEYRING Debian's can't be verified" \
			"Mend: install the package debian-archive-keyring, or $OWN_BAZEL."
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
		die "Bazel $version is not on PATH, and without a mirror Debian's can't be had" \
			"Mend: as above, or $OWN_BAZEL."
}

# One run at a time. Its children share the lock: a killed run's apt may live on
# for a while, and nobody else may write to its folder before it ends.
lock_cache() {
	{ mkdir -p "$cache" && exec 9>>"$bazel_home.lock"; } 2>/dev/null ||
		die "cannot write to $cache" \
			"Mend: make it writable, name another folder with RINGSIDE_CACHE, or $OWN_BAZEL."
	if ! flock -n 9; then
		say "another run is unpacking Bazel $version; waiting for it"
		flock 9
	fi
}

# Before anything is downloaded: does the cache's file system do?
check_folder() {
	local free
	free=$(df -Pm "$cache" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge $NEEDED_MIB ] ||
		die "unpacking Bazel takes $NEEDED_MIB MiB, and $cache has $free MiB free" \
			"Mend: free some, name another folder with RINGSIDE_CACHE, or $OWN_BAZEL."
	mkdir -p "$partial"/{lists,archives,nothing}/partial
	printf '#!/bin/sh\n' >"$partial/runs"
	chmod +x "$partial/runs"
	"$partial/runs" 2>/dev/null ||
		die "$cache is on a file system that runs no programs (mounted 'noexec')" \
			"Mend: name another folder with RINGSIDE_CACHE, or $OWN_BAZEL."
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
			"Mend: check the network and the space in $cache, name another mirror with DEBIAN_MIRROR, or $OWN_BAZEL."
	fi
	local offered
	offered=$(apt apt-cache show --no-all-versions bazel-bootstrap | sed -n 's/^Version: //p') || :
	[[ $offered == "$version"[-+~]* ]] ||
		die "Debian $SUITE on $mirror offers Bazel '${offered:-none}', not $version" \
			"Mend: name another mirror with DEBIAN_MIRROR, or $OWN_BAZEL."
	# A line for each archive as sha256sum reads it, the biggest first. apt leaves
	# out what it finds downloaded: let it look elsewhere.
	apt apt-get -y --print-uris -o "Dir::Cache::Archives=$partial/nothing" install "${PACKAGES[@]}" |
		awk '$4 ~ /^SHA256:/ { print $3, substr($4, 8) "  " $2 }' |
		sort -rn | sed 's/^[0-9]* //' >"$partial/wanted" || : >"$partial/wanted"
	[ -s "$partial/wanted" ] ||
		die "cannot tell what Bazel $version needs from Debian $SUITE:" "$(apt_errors)" \
			"Mend: name another mirror with DEBIAN_MIRROR, or $OWN_BAZEL."
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
	say "2/4 downloading Bazel $version and what it depends on, some 110 MB"
	# apt knows an archive that is here by its size alone: leave it no wrong ones.
	wrong_archives | (cd "$partial/archives" && xargs -r rm -f --) || :
	if ! apt apt-get -y --download-only -o APT::Status-Fd=3 install "${PACKAGES[@]}" \
		3>&1 >>"$partial/log" | show_progress || [ -n "$(wrong_archives)" ]; then
		die "cannot download Bazel $version from $mirror:" "$(apt_errors)" \
			"What is here is kept in $partial; the next run goes on from there." \
			"Mend: check the network and the space in $cache, name another mirror with DEBIAN_MIRROR, or $OWN_BAZEL."
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
		die "cannot unpack Bazel's packages into $cache:" "$(head -n 3 <<<"$errors")" \
			"Mend: free some space, name another folder with RINGSIDE_CACHE, or $OWN_BAZEL."
}

# usage: from_tree PROGRAM [ARGUMENT]...
# Runs an unpacked program with the libraries beside it, wherever it is now.
from_tree() {
	"$tree/$loader" --library-path "$tree/$libs" "$tree/$1" "${@:2}" 2>>"$partial/log"
}

# Makes the unpacked programs use the libraries beside them, at their final place.
relocate() {
	say "4/4 setting up"
	local java=usr/lib/jvm/java-25-openjdk-amd64 libs=usr/lib/x86_64-linux-gnu
	local loader=$libs/ld-linux-x86-64.so.2 share=usr/share/bazel
	local program link classpath certificates=(/etc/ssl/certs/ca-certificates.crt)

	for program in usr/bin/bazel $share/{build-runfiles,daemonize,linux-sandbox,process-wrapper} \
		$java/bin/java $java/lib/jspawnhelper; do
		if ! from_tree usr/bin/patchelf --set-interpreter "$bazel_home/$loader" --force-rpath \
			--set-rpath "$bazel_home/$libs:$bazel_home/$java/lib:$bazel_home/$java/lib/server" \
			"$tree/$program" ||
			! "$tree/$loader" --library-path "$tree/$libs:$tree/$java/lib" --list "$tree/$program" \
				>/dev/null 2>>"$partial/log"; then
			die "the unpacked ${program##*/} does not run on this machine:" "$(tail -n 1 "$partial/log")" \
				"Mend: $OWN_BAZEL."
		fi
	done
	# Absolute links lead out of the tree.
	find "$tree/usr/lib/jvm" "$tree/$share" "$tree/usr/share/java" -type l -lname '/*' |
		while IFS= read -r link; do
			ln -sfn "$bazel_home$(readlink "$link")" "$link"
		done
	# Where Bazel looks for it; .tar.zst archives and compressed remote caches need it.
	ln -s "$bazel_home/$libs/libzstd-jni.so" "$tree/$share/libzstd-jni.so"
	# Debian's list of jars; one that remote execution needs is missing from it.
	classpath=$tree/$share/bazel_classpath_debian_depends.txt
	sed -i "s|^/usr/|$bazel_home/usr/|" "$classpath"
	echo "$bazel_home/usr/share/java/perfmark-api.jar" >>"$classpath"
	# Whom Java trusts is made when it's installed: from the machine's certificates
	# or, where there are none, from Debian's.
	[ -r "${certificates[0]}" ] || certificates=("$tree"/usr/share/ca-certificates/*/*.crt)
	mkdir -p "$tree/etc/ssl/certs/java"
	cat "${certificates[@]}" | OPENSSL_CONF=/dev/null from_tree usr/bin/openssl pkcs12 -export \
		-nokeys -jdktrust anyExtendedKeyUsage -certpbe NONE -nomac -passout pass: \
		-out "$tree/etc/ssl/certs/java/cacerts"
	chmod 644 "$tree/etc/ssl/certs/java/cacerts"

	cat >"$tree/bazelrc" <<-RC
		# Written by bazelw: Bazel's own dependencies, from the same packages.
		# Rule sets of ours, in place of the archives that WORKSPACE pins:
		common --override_repository=bazel_skylib=$bazel_home/$share/tools/skylib
		common --override_repository=platforms=$bazel_home/$share/tools/platforms
		common --override_repository=rules_cc=$bazel_home/$share/rules/cc
		# Rule sets that Bazel loads by itself, even for C:
		common --override_repository=bazel_features=$bazel_home/$share/tools/features
		common --override_repository=rules_java=$bazel_home/$share/rules/java
		common --override_repository=rules_license=$bazel_home/$share/rules/license
		common --override_repository=rules_proto=$bazel_home/$share/rules/proto
		common --override_repository=rules_python=$bazel_home/$share/rules/python
	RC
	cat >"$tree/bazel" <<-RUN
		#!/bin/sh
		# Bazel wants a user's name; a container's user often has none.
		[ -n "\${USER-}" ] || export USER="\$(id -u)"
		exec $bazel_home/usr/bin/bazel --install_base=$bazel_home/$share --trust_install_base \\
			--server_javabase=$bazel_home/$java --bazelrc=$bazel_home/bazelrc "\$@"
	RUN
	chmod +x "$tree/bazel"
	echo "$RECIPE $bazel_home" >"$tree/complete"
}

# Nothing half-done stays but the downloads, and no failure goes without a word.
clean_up() {
	local status=$?
	rm -rf "$tree"
	[ $status -eq 36 ] || say "stopped while unpacking Bazel $version into $cache, status $status" \
		"(what is downloaded is kept; mend what is said above, free space there, and run again, or $OWN_BAZEL)"
	# A signal's status stays.
	[ $status -gt 128 ] || status=36
	exit $status
}

# usage: unpack_bazel [ARGUMENT OF BAZELW]...
unpack_bazel() {
	readonly partial=$bazel_home.partial
	readonly tree=$partial/root

	check_machine
	find_mirror "$@"
	lock_cache
	# Another run may have finished while this one waited.
	if ! is_complete; then
		say "Bazel $version is not on PATH; unpacking Debian's into $bazel_home, once"
		[ ! -e "$bazel_home" ] || say "what is there was moved or is of an older bazelw, and goes"
		rm -rf "$tree" "$bazel_home"
		trap clean_up EXIT
		check_folder
		configure_apt
		read_lists
		download
		unpack
		relocate
		mv "$tree" "$bazel_home"
		trap - EXIT
		rm -rf "$partial"
	fi
	# Else Bazel's server would keep the lock for as long as it lives.
	exec 9>&-
}
