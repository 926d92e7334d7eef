#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Fills an HTTP cache from this checkout, and checks that a second checkout gets
# everything from it: it compiles nothing, boots no machine and runs no test.
#
# usage: ./bazelw run //tools/remote:check_cache [-- TARGET_OR_OPTION...]
#
# Without targets, tests that are enough to need each kind of action: controllers,
# payloads, and a machine with its snapshot. The server is nginx, pinned, with a
# WebDAV folder on this machine's loopback.
set -uo pipefail

# shellcheck source=tools/remote/server.bash
. tools/remote/server.bash || exit

configuration() {
	cat <<-CONF
		server {
			listen 127.0.0.1:$port;
			location / {
				root $work/cache;
				dav_methods PUT;
				create_full_put_path on;
				client_body_temp_path $work/cache/tmp;
			}
		}
	CONF
}

mkdir "$work/cache"
start_nginx
say "nginx serves on port $port"

choose_targets //kvm_tests/basic/... //kvm_tests/svm/... -- "$@"

# usage: run_tests OUTPUT_BASE   in the current folder, its own disk cache left out
run_tests() {
	bazel "$work/$1" test --config=remote-cache --remote_cache="http://127.0.0.1:$port" \
		--disk_cache= "${targets[@]}" 2>&1 | tee "$work/log"
	[ "${PIPESTATUS[0]}" -eq 0 ] || fail "the tests in ${PWD}"
}

cd "$root" || exit
run_tests base1
[ "$failures" -eq 0 ] || exit 1

# Another checkout, in another folder, by another Bazel.
mkdir "$work/second"
git ls-files -co --exclude-standard -z | xargs -0 tar -c | tar -x -C "$work/second"
cd "$work/second" || exit
run_tests base2
check_processes "$work/log" "remote cache hit"
grep -E '^//.* (PASSED|FAILED|TIMEOUT|NO STATUS)' "$work/log" | grep -v '(cached) PASSED' &&
	fail "these verdicts are not from the cache"
say "$(find "$work/cache/ac" -type f | wc -l) actions are in the cache," \
	"$(du -sm "$work/cache" | cut -f1) MB"

[ "$failures" -eq 0 ]
