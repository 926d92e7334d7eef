#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# bazelw, with fakes for the world around it: which Bazel it takes, what it hands
# over, what it says when there is none, and that nothing half-done stays behind.
# shellcheck disable=SC2016 # eval's variables
set -uo pipefail

# shellcheck source-path=SCRIPTDIR source=fakes.bash
. "$(dirname "${BASH_SOURCE[0]}")/fakes.bash"

# --- A Bazel on PATH ---------------------------------------------------------

new_world
fake_bazel bazel 'bazel 7.7.1- (@non-git)'
status=0
(cd "$world/mirror" && PATH=$world/bin ../ws/bazelw test '//a b/...' '' '*' -- --x) \
	>"$world/out" 2>"$world/err" <<<input || status=$?
check "Debian's spelling of the version serves; arguments, folder, stdin unchanged" \
	prints 'bazel in mirror: <test> <//a b/...> <> <*> <--> <--x> stdin <input>'
check "exit status is Bazel's" ends_with 7
check "a Bazel that serves is not talked about" is_silent
check "a Bazel that serves leaves the cache alone" lacks "$cache"
run </dev/null
check "no argument is no argument" prints 'bazel in ws: <> stdin <>'

fake_bazel bazelisk 'bazel 7.7.1'
run build </dev/null
check "Bazelisk comes first" prints 'bazelisk in ws: <build> stdin <>'

fake bazelisk <<<'echo "2026/01/01 Downloading some.url/bazel" >&2; echo "bazel 7.7.1"; [ "$1" = --version ]'
run build
check "Bazelisk's download is announced" says 'bazelw: bazelisk: 2026/01/01 Downloading some.url/bazel'
check "its download does not hide its version" prints 'bazel 7.7.1'

fake bazelisk <<<'echo "starting" >&2; echo "no network" >&2; exit 1'
run build </dev/null
check "a failing Bazelisk is passed over, with its last word" \
	says "bazelw: passing over $world/bin/bazelisk, whose --version fails: no network"
check "in one line" eval '[ "$(wc -l <"$world/err")" -eq 1 ]'
check "and the Bazel behind it taken" prints 'bazel in ws: <build> stdin <>'

for other in 7.7.10 7.7.1rc2 8.7.7.1 4.2.3-; do
	new_world
	fake_bazel bazel "bazel $other"
	run build
	check "bazel $other is not 7.7.1" \
		says "passing over $world/bin/bazel, which is 'bazel $other', not bazel 7.7.1"
	check "bazel $other is not run" ends_with 5
done

new_world
ln -s ../ws/bazelw "$world/bin/bazel"
run build
check "bazelw as PATH's bazel does not call itself" ends_with 5

new_world
fake bazel <<<'echo "wrapper $1" >>"$world/calls"; [ "$(wc -l <"$world/calls")" -lt 5 ] && PATH=$world/bin "$world/ws/bazelw" "$@"'
run build
check "a wrapper around bazelw as PATH's bazel is asked once" asked_for 1 'wrapper --version'
check "and passed over, with the reason" says "passing over $world/bin/bazel, whose --version fails: bazelw: "
check "and Debian's Bazel serves" ends_with 5

# --- Debian's Bazel ----------------------------------------------------------

new_world
run --output_base=/x test 'a b'
check "the unpacked Bazel is run" eval 'has "$bazel_home/usr/bin/bazel" && ends_with 5'
check "its startup options come before the user's" prints "<--install_base=$bazel_home/usr/share/bazel>
<--trust_install_base>
<--server_javabase=$bazel_home/usr/lib/jvm/java-25-openjdk-amd64>
<--bazelrc=$bazel_home/bazelrc>
<--output_base=/x>
<test>
<a b>"
for stage in 1/4 2/4 3/4 4/4; do
	check "stage $stage is announced" says "bazelw: $stage "
done
check "the downloads are gone" lacks "$bazel_home.partial"
check "nothing refers to the place where it was made" \
	eval '! grep -rq partial "$bazel_home"'
check "absolute links lead into it" \
	eval '[ "$(readlink "$bazel_home/usr/share/bazel/platforms")" = "$bazel_home/usr/share/bazel/tools" ]'
check "so do the paths of jars" eval '[ "$(<"$bazel_home/usr/share/bazel/bazel_classpath_debian_depends.txt")" = \
	"$bazel_home/usr/share/java/gson.jar
$bazel_home/usr/share/java/perfmark-api.jar" ]'
check "TLS has its library, under the name that it wants" \
	eval '[ "$(<"$bazel_home/usr/share/bazel/libnetty_tcnative.so")" = tcnative ]'
check "Java has certificates" eval 'grep -q . "$bazel_home/etc/ssl/certs/java/cacerts"'
for name in bazel_features bazel_skylib platforms rules_cc rules_java rules_license rules_proto \
	rules_python; do
	check "$name is overridden" \
		grep -q "^common --override_repository=$name=$bazel_home/usr/share/bazel/" "$bazel_home/bazelrc"
done
check "so are the rule sets, as modules" grep -q \
	"^common --override_module=rules_cc=$bazel_home/usr/share/bazel/rules/cc" "$bazel_home/bazelrc"
for name in apple_support buildozer protobuf zlib; do
	check "the module $name is there, and empty" \
		eval '[ "$(<"$bazel_home/modules/$name/MODULE.bazel")" = "module(name = \"$name\")" ]'
done
check "archives are unpacked once each" asked_for 2 'dpkg-deb --fsys-tarfile'
: >"$world/calls"
run info
check "the second run asks apt for nothing" eval 'is_silent && [ ! -s "$world/calls" ]'

mv "$bazel_home" "$cache/elsewhere"
mkdir "$cache/to"
RINGSIDE_CACHE=$cache/to
export RINGSIDE_CACHE
mv "$cache/elsewhere" "$cache/to/$unpacked"
run
check "a moved Bazel is told" says 'was moved or is unfinished'
check "and made anew" grep -q "$cache/to/$unpacked/" "$cache/to/$unpacked/bazelrc"

new_world
cd "$world" || exit
RINGSIDE_CACHE=own/cache
export RINGSIDE_CACHE
status=0
PATH=$world/bin ws/bazelw >"$world/out" 2>"$world/err" || status=$?
check "a relative cache is relative to the current folder" has "$world/own/cache/$unpacked/complete"
cd / || exit

new_world
run build --repo_env=DEBIAN_MIRROR=http://other.invalid/debian/
check "--repo_env=DEBIAN_MIRROR names the mirror" asked_for 1 'source: http://other.invalid/debian forky main'
new_world
run build --repo_env DEBIAN_MIRROR=file:/srv/debian
check "in two words, too; apt copies from a file: mirror" asked_for 1 'source: copy:/srv/debian forky main'
new_world
run run //x -- --repo_env=DEBIAN_MIRROR=http://other.invalid/debian
check "what follows -- is the program's" asked_for 1 'source: http://mirror.invalid/debian forky main'

# --- Two runs, killed runs, resumed runs -------------------------------------

# usage: start ...   a run in the background, in a process group of its own
start() {
	(cd "$world/ws" && PATH=$world/bin exec /usr/bin/setsid ./bazelw "$@" >"$world/out1" 2>"$world/err1") &
	first=$!
}

# usage: wait_until COMMAND...   for what another process brings about, at most 20 s
wait_until() {
	local tries
	for ((tries = 0; tries < 2000; tries++)); do
		"$@" && return
		read -rt 0.01 <>"$world/never"
	done
	return 1
}

new_world
mkfifo "$world/hold-install" "$world/never"
start one
check "the first run is downloading" wait_until has "$world/held"
(run two; echo "$status" >"$world/status2") &
second=$!
check "the second run says that it waits" wait_until says 'another run is unpacking Bazel 7.7.1; waiting for it'
: >"$world/hold-install"
wait "$first"
check "the first run ends well" test $? -eq 5
wait "$second"
status=$(<"$world/status2")
check "so does the second" ends_with 5
check "with its own arguments" grep -q '<two>' "$world/out"
check "what was unpacked once is not unpacked again" asked_for 1 install
check "the lock does not go on to Bazel" eval '! grep -q lock "$world/out" "$world/out1"'

new_world
mkfifo "$world/hold-unpack" "$world/never"
start
check "the run is unpacking" wait_until has "$world/held"
kill -KILL -- "-$first"
wait "$first" 2>/dev/null
check "a killed run leaves no Bazel behind" lacks "$bazel_home"
check "its tree is unfinished" has "$bazel_home.partial/root"
rm "$world/hold-unpack"
touch "$bazel_home.partial/root/stale"
run
check "the next run ends well" ends_with 5
check "with nothing of the killed one's tree" lacks "$bazel_home/stale"
check "and downloads nothing again" asked_for 1 'fetch bazel_1_amd64.deb'

new_world
mkfifo "$world/hold-unpack" "$world/never"
start
wait_until has "$world/held"
kill -KILL "$first"
wait "$first" 2>/dev/null
run two &
second=$!
check "orphans of a killed run are waited for" wait_until says 'another run is unpacking'
rm "$world/held"
: >"$world/hold-unpack"
rm "$world/hold-unpack"
wait "$second"
check "until they end" has "$bazel_home/complete"

new_world
echo 'E: Failed to fetch http://mirror.invalid/debian/x.deb  Connection reset' >"$world/install-fails"
run
check "a download cut short is told in apt's words" says 'Connection reset'
check "and how to fix it" says 'check the network and the space in'
check "with Bazel's status for a local problem" ends_with 36
check "and leaves no Bazel" eval 'lacks "$bazel_home" && lacks "$bazel_home.partial/root"'
rm "$world/install-fails"
run
check "the next run goes on" ends_with 5
check "from what was there" eval "asked_for 1 'fetch base_1_all.deb' && asked_for 1 'fetch bazel_1_amd64.deb'"

new_world
mkdir -p "$bazel_home.partial/archives"
tr '\0-\377' x <"$world/mirror/bazel_1_amd64.deb" >"$bazel_home.partial/archives/bazel_1_amd64.deb"
: >"$bazel_home.partial/archives/older_0_all.deb"
run
check "a damaged archive of the right size is fetched again" asked_for 1 'fetch bazel_1_amd64.deb'
check "one that is not wanted any more is not unpacked" asked_for 2 'dpkg-deb --fsys-tarfile'

# --- Bazel's official release -------------------------------------------------

for program in curl wget; do
	new_world
	rm "$world/bin/apt-get"
	fake_release "$program"
	run build
	check "without apt, $program brings the release" prints 'release: <build>'
	check "its status is kept" ends_with 6
	check "from its public place" grep -qxE \
		"$program https://[a-z.]+/bazelbuild/bazel/releases/download/7.7.1/bazel-7.7.1-linux-x86_64" "$world/calls"
	check "nothing else is left" eval '[ "$(ls "$cache")" = bazel-7.7.1-release ]'
	: >"$world/calls"
	run build
	check "the second run downloads nothing" eval 'is_silent && [ ! -s "$world/calls" ]'
done

new_world
echo offered=9.9.9 >"$world/offered"
fake_release curl
export BAZELISK_BASE_URL=http://releases.invalid/x
run build
check "when Debian has left the version behind, the release serves" prints 'release: <build>'
check "from where the user says" grep -q "^curl http://releases.invalid/x/7.7.1/bazel-" "$world/calls"
check "apt's lists are gone" lacks "$bazel_home.partial"
: >"$world/calls"
run build
check "and apt is asked no more" eval '[ ! -s "$world/calls" ]'

new_world
rm "$world/bin/apt-get"
fake_release curl
echo 7.7.2 >"$world/ws/.bazelversion"
run
check "a version whose sum nobody knows: says so" says "only 7.7.1's sum is known"
check "and is not downloaded" eval 'ends_with 36 && lacks "$cache"'

new_world
rm "$world/bin/apt-get"
fake_release curl
echo 'curl: (6) Could not resolve host' >"$world/download-fails"
run
check "no network for the release: says so" says '  curl: (6) Could not resolve host'
check "and what to fix" says 'another place of releases with BAZELISK_BASE_URL'
check "and ends with 36" ends_with 36
check "and leaves nothing" eval '[ -z "$(ls "$cache")" ]'

new_world
rm "$world/bin/apt-get"
fake_release curl
echo '# changed' >>"$world/release"
run
check "another file in its place: says so" says 'is not Bazel 7.7.1: its sha256 is'
check "and does not run it" eval 'ends_with 36 && [ -z "$(ls "$cache")" ]'

new_world
rm "$world/bin/apt-get"
fake_release curl
fake chmod <<<'exit 0' # as if on a noexec mount
chmod -x "$world/release"
run
check "a cache that runs no programs: the release" says "$cache is on a file system that runs no programs"
check "and leaves nothing there" eval 'ends_with 36 && [ -z "$(ls "$cache")" ]'

# --- What can go wrong -------------------------------------------------------

# usage: check_refusal WHAT MESSAGE FIX   after a run: one message, and nothing left
check_refusal() {
	check "$1: says so" says "$2"
	check "$1: names the fix" eval "says 'Fix: ' && says $(printf %q "$3")"
	check "$1: ends with 36" ends_with 36
	check "$1: leaves no Bazel" eval 'lacks "$bazel_home" && lacks "$bazel_home.partial/root"'
	check "$1: no raw error" eval '! grep -q ": line [0-9]" "$world/err"'
}

new_world
echo 'E: Could not resolve mirror.invalid' >"$world/update-fails"
run
check_refusal "no network" "cannot read the package lists of Debian forky from http://mirror.invalid/debian:" \
	"check the network and the space in $cache, name another mirror with DEBIAN_MIRROR, or install Bazelisk or Bazel 7.7.1 and put it on PATH"
check "no network: apt's reason" says '  E: Could not resolve mirror.invalid'

new_world
echo 'E: Hash Sum mismatch' >"$world/install-fails"
run
check_refusal "hash mismatch" '  E: Hash Sum mismatch' 'name another mirror with DEBIAN_MIRROR'

# With nothing to download with, there is no release to fall back to either.
for other in 8.0.0+ds-1 7.7.10-1 ''; do
	new_world
	echo "offered=$other" >"$world/offered"
	run
	check "forky has '$other'" says "offers Bazel '${other:-none}', not 7.7.1; taking the official release"
	check_refusal "forky has '$other'" "there is neither curl nor wget" 'install Bazelisk or Bazel 7.7.1'
done

for program in apt-get dpkg-deb flock; do
	new_world
	rm "$world/bin/$program"
	run
	check "no $program" says "without $program"
	check_refusal "no $program" "there is neither curl nor wget" 'install Bazelisk or Bazel 7.7.1 and put it on PATH'
done

new_world
rm "$world/keyring"
run
check "no keyring" says "without $world/keyring"
check_refusal "no keyring" "there is neither curl nor wget" 'install Bazelisk or Bazel 7.7.1'

new_world
DEBIAN_MIRROR=gopher://x run
check_refusal "a bad DEBIAN_MIRROR" "DEBIAN_MIRROR is 'gopher://x'" 'Fix: as above, or install'

new_world
unset DEBIAN_MIRROR
run
check_refusal "no mirror" 'names no mirror of a Debian release' '--repo_env=DEBIAN_MIRROR=<URL>'

new_world
fake uname <<<'echo Linux aarch64'
run
check "another architecture: says so" says 'this machine is Linux aarch64; Ringside builds on Linux x86_64 only'

new_world
: >"$world/home/.cache"
run
check_refusal "a cache that can't be written" "cannot write to $cache" 'name another folder with RINGSIDE_CACHE'

new_world
fake df <<<'printf "Filesystem\nx 1 1 42 1%% /\n"'
run
check_refusal "too little space" "has 42 MiB free" 'free some'

new_world
fake tar <<-'F'
	mkdir -p "$3/usr"
	echo "tar: write error: No space left on device" >&2
	exit 2
F
run
check_refusal "a disk that fills" '  tar: write error: No space left on device' 'free some space'
check "a disk that fills: the downloads are kept" has "$bazel_home.partial/archives/bazel_1_amd64.deb"

new_world
fake mv <<<'echo "mv: I/O error" >&2; exit 1'
run
check "a failure nobody thought of: a last word" says 'stopped while unpacking Bazel 7.7.1'
check "a failure nobody thought of: ends with 36" ends_with 36
check "a failure nobody thought of: leaves no Bazel" eval 'lacks "$bazel_home" && lacks "$bazel_home.partial/root"'

new_world
fake chmod <<<'exit 0' # as if on a noexec mount: what is written does not run
run
check_refusal "a cache that runs no programs" "$cache is on a file system that runs no programs" \
	'name another folder with RINGSIDE_CACHE'
check "a cache that runs no programs: nothing is downloaded for it" asked_for 0 update

new_world
sed -i 's/^exec.*/echo "libfoo.so: cannot open" >\&2; exit 127/' \
	"$world/packages/bazel/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
tar -c -C "$world/packages/bazel" -f "$world/mirror/bazel_1_amd64.deb" ./usr
run
check_refusal "programs that don't run here" 'does not run on this machine' 'install Bazelisk or Bazel 7.7.1'
check "programs that don't run here: why" says '  libfoo.so: cannot open'

new_world
unset HOME
run
check "no HOME: says so" says 'HOME is not set'
check "no HOME: names the fix" says 'set HOME or RINGSIDE_CACHE'
RINGSIDE_CACHE=$world/c
export RINGSIDE_CACHE
run
check "no HOME, but a cache: unpacks there" has "$world/c/$unpacked/complete"

new_world
RINGSIDE_CACHE="$world/a b"
export RINGSIDE_CACHE
run
check_refusal "a cache with a blank" "cannot unpack Bazel 7.7.1 into '$world/a b'" 'RINGSIDE_CACHE'
RINGSIDE_CACHE=$world/ws/cache
run
check_refusal "a cache in the workspace" 'lies in the workspace' 'name a folder outside'

finish
