# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables of bazelw and of debian_unpack.bash
#
# Debian's package of Bazel, unpacked with what it depends on into a folder of the
# user's: read by bazelw, which provides root, version, say and die.

# The Debian release that has this version, and its packages to start from:
# three are libraries that Bazel's package forgets, openssl and ca-certificates make
# the certificates that its Java trusts.
readonly SUITE=forky
readonly PACKAGES=(bazel-bootstrap openjdk-25-jre-headless libblake3-0 libzstd-jni1
	libnetty-tcnative-jni patchelf openssl ca-certificates)
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
# Of archives, lists and tree, at the moment when all three are there.
readonly NEEDED_MIB=650 DOWNLOAD_MB=110
# Part of the folder's name, and changes with what this script makes: checkouts of
# different ages don't take each other's Bazel away.
readonly RECIPE=4

# shellcheck source=third_party/debian_unpack.bash
. "$root/third_party/debian_unpack.bash"

product="Bazel $version" own=$OWN_BAZEL
find_cache
bazel_home=$cache/bazel-$version-r$RECIPE
home=$bazel_home

# Bazel's own copies of rule sets, each for whoever names it in WORKSPACE, for Bazel,
# which loads some even for C, and as a module: no registry has to be reached.
write_bazelrc() {
	local name folder
	{
		echo "# Written by bazelw: Bazel's own dependencies, from the same packages."
		while read -r name folder; do
			echo "common --override_repository=$name=$bazel_home/usr/share/bazel/$folder"
			echo "common --override_module=$name=$bazel_home/usr/share/bazel/$folder"
		done <<-SETS
			bazel_features tools/features
			bazel_skylib tools/skylib
			platforms tools/platforms
			rules_cc rules/cc
			rules_java rules/java
			rules_license rules/license
			rules_proto rules/proto
			rules_python rules/python
		SETS
		# Modules that Bazel names and C never loads; Debian has no copy of them.
		for name in apple_support buildozer protobuf zlib; do
			echo "common --override_module=$name=$bazel_home/modules/$name"
			mkdir -p "$tree/modules/$name"
			echo "module(name = \"$name\")" >"$tree/modules/$name/MODULE.bazel"
		done
	} >"$tree/bazelrc"
}

# Makes the unpacked programs use the libraries beside them, at their final place.
set_up() {
	say "4/4 setting up"
	local java=usr/lib/jvm/java-25-openjdk-amd64 share=usr/share/bazel
	local program link name classpath certificates=(/etc/ssl/certs/ca-certificates.crt)

	for program in usr/bin/bazel $share/{build-runfiles,daemonize,linux-sandbox,process-wrapper} \
		$java/bin/java $java/lib/jspawnhelper; do
		if ! from_tree usr/bin/patchelf --set-interpreter "$bazel_home/$LOADER" --force-rpath \
			--set-rpath "$bazel_home/$LIBS:$bazel_home/$java/lib:$bazel_home/$java/lib/server" \
			"$tree/$program" ||
			! "$tree/$LOADER" --library-path "$tree/$LIBS:$tree/$java/lib" --list "$tree/$program" \
				>/dev/null 2>>"$partial/log"; then
			die "the unpacked ${program##*/} does not run on this machine:" "$(tail -n 1 "$partial/log")" \
				"Fix: $OWN_BAZEL."
		fi
	done
	# Absolute links lead out of the tree.
	find "$tree/usr/lib/jvm" "$tree/$share" "$tree/usr/share/java" -type l -lname '/*' |
		while IFS= read -r link; do
			ln -sfn "$bazel_home$(readlink "$link")" "$link"
		done
	# Where Bazel looks for it; .tar.zst archives and compressed remote caches need it.
	ln -s "$bazel_home/$LIBS/libzstd-jni.so" "$tree/$share/libzstd-jni.so"
	# TLS with gRPC, for remote execution. It looks at its own file's name, and wants
	# the one that it has everywhere but in Debian.
	cp "$tree/$LIBS/jni/libnetty-tcnative.so" "$tree/$share/libnetty_tcnative.so"
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

	write_bazelrc
	cat >"$tree/bazel" <<-RUN
		#!/bin/sh
		# Bazel wants a user's name; a container's user often has none.
		[ -n "\${USER-}" ] || export USER="\$(id -u)"
		exec $bazel_home/usr/bin/bazel --install_base=$bazel_home/$share --trust_install_base \\
			--server_javabase=$bazel_home/$java --bazelrc=$bazel_home/bazelrc "\$@"
	RUN
	chmod +x "$tree/bazel"
}
