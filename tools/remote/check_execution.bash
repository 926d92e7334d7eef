#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Builds and runs the tests on a real server for remote execution, with empty
# caches, and checks that nothing at all ran outside of it.
#
# usage: ./bazelw run //tools/remote:check_execution [-- TARGET_OR_OPTION...]
#
# Without targets, all of Ringside's tests. The server is BuildBox's casd, from
# PATH or unpacked from Debian's package into the user's cache; it listens on
# this machine's loopback and works for this run only. Exit status 77: there is
# no such server to be had here.
set -uo pipefail

# shellcheck source=tools/remote/server.bash
. tools/remote/server.bash || exit

# --- The server --------------------------------------------------------------

get_buildbox() {
	type -P buildbox-casd buildbox-run-hosttools >/dev/null && return
	# shellcheck source=third_party/debian_buildbox.bash
	. "$root/third_party/debian_buildbox.bash"
	is_complete || (set -e && unpack_debian "$@") || exit 77
	PATH=$buildbox_home/bin:$PATH
}

start_casd() {
	mkdir "$work/casd"
	# Its workers pass on their environment, but none is started by "bazel run".
	setsid env -u BUILD_WORKSPACE_DIRECTORY -u BUILD_WORKING_DIRECTORY -u RINGSIDE_BAZEL buildbox-casd --bind="unix:$work/casd.socket" --jobs="$(nproc)" --shutdown-deadline=2 \
		--buildbox-run="$(type -P buildbox-run-hosttools)" "$work/casd" >"$work/casd.log" 2>&1 &
	children+=($!)
	wait_until buildbox-casd $! "$work/casd.log" test -S "$work/casd.socket"
}

# nginx stands before it. It announces versions 2.1 to 2.12 of the API, of which
# Bazel 7 speaks 2.0 only, which it understands all the same: its answer to
# GetCapabilities is fetched once, in plain HTTP, and given to Bazel with another
# low_api_version.
configuration() {
	cat <<-CONF
		grpc_read_timeout 1h;
		grpc_send_timeout 1h;
		server {
			listen 127.0.0.1:$port http2;
			location / {
				grpc_pass grpc://unix:$work/casd.socket;
			}
			location = /build.bazel.remote.execution.v2.Capabilities/GetCapabilities {
				# A file does not take a POST.
				error_page 405 =200 /capabilities;
				return 405;
			}
			location = /capabilities {
				internal;
				root .;
				default_type application/grpc;
				add_trailer grpc-status 0;
			}
		}
		server {
			listen 127.0.0.1:$((port + 1));
			location / {
				grpc_pass grpc://unix:$work/casd.socket;
			}
		}
	CONF
}

bridge_api_version() {
	local service=build.bazel.remote.execution.v2.Capabilities headers message size
	exec 3<>"/dev/tcp/127.0.0.1/$((port + 1))"
	# An empty message, behind gRPC's five bytes of flag and length.
	printf 'POST /%s/GetCapabilities HTTP/1.0\r\nContent-Type: application/grpc\r\nTE: trailers\r\nContent-Length: 5\r\n\r\n\0\0\0\0\0' \
		"$service" >&3
	cat <&3 >"$work/answer"
	exec 3>&-
	headers=$(LC_ALL=C sed -n '1,/^\r$/p' "$work/answer" | wc -c)
	message=$work/message
	tail -c +$((headers + 1 + 5)) "$work/answer" >"$message"
	[ -s "$message" ] || die "buildbox-casd does not tell its capabilities:" "$(tail -n 5 "$work/casd.log")"
	# A field that comes twice is merged: field 4, low_api_version, {major: 2, minor: 0}.
	printf '\x22\x04\x08\x02\x10\x00' >>"$message"
	size=$(printf '%08x' "$(stat -c %s "$message")")
	{
		printf '\0'
		printf '%b' "\\x${size:0:2}\\x${size:2:2}\\x${size:4:2}\\x${size:6:2}"
		cat "$message"
	} >"$work/nginx/capabilities"
}

get_buildbox "$@"
start_casd
start_nginx
bridge_api_version
say "BuildBox serves on port $port"

# --- The tests ---------------------------------------------------------------

choose_targets //... -- "$@"
cd "$root" || exit
# No cache but the server's, which is empty.
bazel "$work/base" test --config=remote --remote_executor="grpc://127.0.0.1:$port" \
	--disk_cache= --jobs="$(($(nproc) * 2))" "${targets[@]}" 2>&1 | tee "$work/log"
status=${PIPESTATUS[0]}
[ "$status" -eq 0 ] || fail "Bazel ended with status $status"
check_processes "$work/log" remote "remote cache hit"

# KVM's property is in every action that runs a kvm_test, or one for the host in a matrix, and
# in no other.
bazel "$work/base" aquery --config=remote --noshow_progress --include_commandline=false \
	'mnemonic(TestRunner, //...)' 2>/dev/null >"$work/actions"
awk -v RS= '{ match($0, /Target: [^\n]*/); print substr($0, RSTART + 8, RLENGTH - 8), /requires-kvm: true/ }' \
	"$work/actions" | LC_ALL=C sort -u >"$work/told"
bazel "$work/base" query --noshow_progress "kind(machine_test, //...) + (kind(matrix_cell_test, //...)
	except attr(machine, '.', //...))" 2>/dev/null >"$work/kvm_tests"
awk 'FILENAME == ARGV[1] { uses[$0]; next } { print $1, $1 in uses }' "$work/kvm_tests" "$work/told" \
	>"$work/true"
[ -s "$work/told" ] || fail "no test actions are found"
diff "$work/true" "$work/told" >"$work/differences" ||
	fail "for these tests, requires-kvm is not what it should be: $(cat "$work/differences")"
say "$(grep -c ' 1$' "$work/told") tests ask for KVM, $(grep -c ' 0$' "$work/told") don't"

[ "$failures" -eq 0 ]
