# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What check_execution and check_cache share: nginx with a configuration of
# theirs, a folder for everything, and its end. Provides root, work and bazel().

# "bazel run" starts programs among their runfiles.
nginx=$PWD/../ringside_nginx
root=${BUILD_WORKSPACE_DIRECTORY:?start this with ./bazelw run //tools/remote:${0##*/}}
readonly nginx root

say() {
	printf '%s: %s\n' "${0##*/}" "$*"
}

# usage: die MESSAGE [DETAIL]...
die() {
	say "$1" >&2
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/  /' >&2
	exit 1
}

# Where bazelw keeps Bazel: in /tmp, the sandbox would hide one from the other.
work=${RINGSIDE_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/ringside}
mkdir -p "$work"
work=$(mktemp -d "$work/check.XXXXXX")
readonly work
children=()

# Ends a server and all that it has started, which is its process group. BuildBox
# waits for its FUSE daemons, and these miss a signal that comes while they start:
# so they are told until they are gone, and for 20 s at most.
end_group() {
	local tries=0
	# An ended one is a zombie (Z) until this shell looks after it, which it does not
	# while a signal ends it, too.
	while kill -TERM -- "-$1" 2>/dev/null && ! grep -qs '^State:.*Z' "/proc/$1/status"; do
		((tries++ < 100)) || {
			say "a server does not end; killing it" >&2
			kill -KILL -- "-$1"
			break
		}
		read -rt 0.2 <>"$work/never"
	done
	wait "$1" 2>/dev/null
}

# Bazel's output folders are not writable, and its servers outlive their commands.
clean_up() {
	local base child
	for base in "$work"/base*/; do
		[ ! -e "${base}server" ] || bazel "${base%/}" shutdown >/dev/null 2>&1
	done
	for child in "${children[@]}"; do
		end_group "$child"
	done
	chmod -R u+w "$work"
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# Bazel's link to the folder where it works, in the checkout, is not a part of "..." if
# this file stands beside that folder. "bazel clean" takes it away.
link=$root/bazel-${root##*/}
[ ! -d "$link" ] || : >>"$(readlink -f "$link/..")/DO_NOT_BUILD_HERE"

# usage: bazel OUTPUT_BASE COMMAND [ARGUMENT]...   in the current folder
bazel() {
	"$root/bazelw" --output_base="$1" "${@:2}"
}

# usage: wait_until WHAT PROCESS LOG COMMAND...   until it succeeds or the process ends
wait_until() {
	until "${@:4}" 2>/dev/null; do
		kill -0 "$2" 2>/dev/null || die "$1 ended:" "$(tail -n 5 "$3")"
		read -rt 0.05 <>"$work/never"
	done
}
mkfifo "$work/never"

listens() {
	(: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# usage: start_nginx   with servers from a function configuration(); sets port
start_nginx() {
	local attempts=0
	mkdir -p "$work"/nginx/{logs,tmp}
	while ((attempts++ < 5)); do
		port=$((20000 + (RANDOM % 10000) * 4))
		if listens "$port" || listens $((port + 1)); then
			continue
		fi
		cat >"$work/nginx/conf" <<-CONF
			daemon off;
			master_process off;
			pid tmp/pid;
			error_log logs/error warn;
			worker_rlimit_nofile 16384;
			events { worker_connections 8192; }
			http {
				access_log off;
				client_body_temp_path tmp/body;
				proxy_temp_path tmp/proxy;
				fastcgi_temp_path tmp/fastcgi;
				uwsgi_temp_path tmp/uwsgi;
				scgi_temp_path tmp/scgi;
				client_max_body_size 0;
				client_body_timeout 1h;
				send_timeout 1h;
				keepalive_timeout 1h;
				keepalive_requests 1000000000;
				$(configuration)
			}
		CONF
		setsid "$nginx/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" --inhibit-cache \
			--library-path "$nginx/lib/x86_64-linux-gnu:$nginx/usr/lib/x86_64-linux-gnu" \
			"$nginx/usr/sbin/nginx" -p "$work/nginx" -e logs/error -c conf \
			>"$work/nginx/logs/start" 2>&1 &
		children+=($!)
		wait_until nginx $! "$work/nginx/logs/error" listens "$port"
		return
	done
	die "no free ports found"
}

# usage: check_processes LOG KIND...   all that the build ran was of these kinds, and
# some of it of the first
check_processes() {
	local log=$1 line kinds
	shift
	kinds=$(IFS='|' && echo "$*|internal")
	line=$(grep -E '^INFO: [0-9]+ process(es)?: ' "$log" | tail -n 1)
	[[ $line =~ ^"INFO: "[0-9]+" process"(es)?": "([0-9]+" "($kinds)", "|[0-9]+" "($kinds)\.)+$ &&
		$line == *" $1"* ]] ||
		fail "not everything was of the kinds '$*': ${line:-nothing ran}"
	say "${line#INFO: }"
}

failures=0
fail() {
	say "FAIL: $*" >&2
	failures=$((failures + 1))
}

# usage: choose_targets DEFAULT... -- [TARGET_OR_OPTION]...   sets targets: the latter,
# with the defaults if there is none but options among them
choose_targets() {
	local defaults=() argument
	while [ "$1" != -- ]; do
		defaults+=("$1")
		shift
	done
	shift
	targets=("$@")
	for argument; do
		[[ $argument == -* ]] || return 0
	done
	targets+=("${defaults[@]}")
}
