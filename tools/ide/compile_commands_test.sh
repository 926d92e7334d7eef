#!/bin/bash
# SPDX-License-Identifier: MIT
# compile_commands with a fake Bazel and a fake git: what it writes, what it says,
# and what it leaves alone.
set -u

here=$PWD/tools/ide
failures=0

complain() {
	echo "FAILED: $current: $1" >&2
	failures=$((failures + 1))
}

# usage: begin WHAT   a workspace, and a folder as Bazel gives one to what it runs
begin() {
	current=$1
	world=$TEST_TMPDIR/${1// /_}
	base=$world/base
	workspace=$world/work\"space
	runfiles=$base/execroot/_main/bazel-out/k8/bin/cc.runfiles
	mkdir -p "$runfiles"/{_main,ringside} "$workspace/.git/info" "$world/bin"
	ln -s "$here/merge_commands.sh" "$runfiles/ringside/merge_commands.sh"
	for tool in bash dirname head mktemp mkdir rm cat cmp mv grep sed sort awk cut wc; do
		ln -s "$(type -P $tool)" "$world/bin/$tool"
	done
	is_ignored=1
	bazel=$world/bin/bazel
	cat >"$world/bin/git" <<-'END'
		#!/bin/bash
		case "$*" in
		"rev-parse --is-inside-work-tree") ;;
		"rev-parse --git-path info/exclude") echo .git/info/exclude ;;
		"rev-parse --show-prefix") echo ;;
		check-ignore*) exit "$IS_IGNORED" ;;
		*) exit 1 ;;
		esac
	END
	# Bazel has planned two targets, one of them for two guests.
	cat >"$bazel" <<-'END'
		#!/bin/bash
		printf '%s\n' "$*" >>"$WORLD/calls"
		for argument in "$@"; do
			case $argument in
			--build_event_json_file=*) events=${argument#*=} ;;
			--output_base=*) base=${argument#*=} ;;
			esac
		done
		file() {
			mkdir -p "$base/execroot/_main/bazel-out/$1/bin/x"
			cat >"$base/execroot/_main/bazel-out/$1/bin/x/$2.compile_commands"
			echo '{"namedSetOfFiles":{"files":[{"name":"x/'"$2"'.compile_commands","uri":"u","pathPrefix":["bazel-out","'"$1"'","bin"],"length":"1"}]}}' >>"$events"
		}
		line() {
			printf '%s\t%s\tx/%s\t{"arguments":["%s","@EXTERNAL@/c","@EXECROOT@/bazel-out/d"],"directory":"@WORKSPACE@","file":"x/%s"}\n' "$1" "$2" "$3" "$4" "$3"
		}
		: >"$events"
		[ ! -e "$WORLD/broken" ] || { echo "ERROR: //x: broken" >&2; exit 1; }
		[ ! -e "$WORLD/empty" ] || exit 0
		{ line controller exec a.c tool; line controller target a.c host; line controller target b.c host; } | file k8 host
		line i386 target a.c guest32 | file st-1 guest
		{ line x86_64 target a.c guest64; line x86_64 target only.c guest64; } | file st-2 guest
	END
	chmod +x "$world/bin"/{git,bazel}
}

# usage: compile_commands ARGUMENT...
compile_commands() {
	status=0
	(cd "$runfiles/_main" && ulimit -f "${file_limit-unlimited}" && env -i PATH="$world/bin" WORLD="$world" IS_IGNORED="$((! is_ignored))" TMPDIR="${temporary-$TEST_TMPDIR}" \
		BUILD_WORKSPACE_DIRECTORY="${BUILD_WORKSPACE_DIRECTORY-$workspace}" \
		bash "$here/compile_commands.sh" //the:aspect ringside/merge_commands.sh "$@") >"$world/out" 2>&1 || status=$?
}

says() {
	grep -qF -e "$1" "$world/out" || complain "no '$1' in: $(<"$world/out")"
}

# usage: ends_with STATUS
ends_with() {
	[ "$status" = "$1" ] || complain "status $status, not $1: $(<"$world/out")"
}

# usage: writes COMPILER...   of a.c's, b.c's and only.c's commands, as they stand
writes() {
	local found
	found=$(sed -n 's/^{"arguments":\["\([a-z0-9]*\)".*/\1/p' "$workspace/compile_commands.json" | tr '\n' ' ')
	[ "$found" = "$* " ] || complain "commands are $found, not $*"
}

begin "the view of the controller"
compile_commands
ends_with 0
writes host guest64 guest32 host guest64
says "5 commands for 3 files, view controller"
grep -qF -e "--output_base=$base build --aspects=//the:aspect --output_groups=compile_commands" "$world/calls" ||
	complain "Bazel was called as: $(<"$world/calls")"
grep -qE -e '-- //\.\.\.$' "$world/calls" || complain "Bazel was called as: $(<"$world/calls")"
grep -qF -e "\"$base/external/c\",\"$base/execroot/_main/bazel-out/d\"],\"directory\":\"${workspace/\"/\\\"}\"" \
	"$workspace/compile_commands.json" || complain "paths in $(<"$workspace/compile_commands.json")"
[ ! -s "$workspace/.git/info/exclude" ] || complain "git's list of ignored files has changed"
[ "$(ls "$workspace")" = compile_commands.json ] || complain "left behind: $(ls "$workspace")"

begin "the view of the payload"
compile_commands --view=payload
writes guest64 guest32 host host guest64

begin "the view of a guest"
compile_commands --view=i386
writes guest32 guest64 host host guest64

begin "options and targets"
compile_commands --config=asan //x:y
grep -q -e 'build --config=asan .* -- //x:y$' "$world/calls" || complain "Bazel was called as: $(<"$world/calls")"

begin "the view in a word of its own"
compile_commands --view payload //x:y
ends_with 0
writes guest64 guest32 host host guest64
grep -q -e ' -- //x:y$' "$world/calls" || complain "Bazel was called as: $(<"$world/calls")"

begin "no view behind --view"
compile_commands --view
ends_with 1
says "'--view' is no view"
says "Fix: --view=controller"

begin "a view in a word of its own that is none"
compile_commands --view guest
ends_with 1
says "'--view guest' is no view"

# usage: says_nothing_raw   bash's and other programs' own words are not the message
says_nothing_raw() {
	! grep -qE -e ': line [0-9]+:' -e '^(mktemp|cat|mv|sort|awk):' "$world/out" || complain "raw words in: $(<"$world/out")"
}

# A user who may write anywhere sees no difference: a folder stands where the file would.
begin "a checkout that can't be written"
mkdir "$workspace/compile_commands.json.new"
compile_commands
ends_with 1
says "can't write $workspace/compile_commands.json"
says "Fix: make $workspace writable"
says_nothing_raw

begin "a place for temporary files that can't be written"
touch "$world/file"
temporary=$world/file
compile_commands
unset temporary
ends_with 1
says "can't make a temporary folder in $world/file"
says "Fix: free some space there, or name another folder with TMPDIR"
says_nothing_raw

begin "a full place for temporary files"
file_limit=8
compile_commands
unset file_limit
ends_with 1
says "can't write to $TEST_TMPDIR/tmp."
says "Fix: free some space there, or name another folder with TMPDIR"
says_nothing_raw

begin "a full checkout"
rm "$runfiles/ringside/merge_commands.sh"
printf '#!/bin/bash\necho half\nexit 1\n' >"$runfiles/ringside/merge_commands.sh"
chmod +x "$runfiles/ringside/merge_commands.sh"
compile_commands
ends_with 1
says "can't write $workspace/compile_commands.json"
[ -z "$(ls "$workspace")" ] || complain "left behind: $(ls "$workspace")"

begin "a folder in the file's place"
mkdir "$workspace/compile_commands.json"
compile_commands
ends_with 1
says "can't write $workspace/compile_commands.json"

begin "a list of ignored files that can't be written"
is_ignored=0
mkdir "$workspace/.git/info/exclude"
compile_commands
ends_with 0
says "can't write .git/info/exclude: add /compile_commands.json to .gitignore"
says_nothing_raw

begin "an unknown view"
compile_commands --view=guest
ends_with 1
says "'--view=guest' is no view"
says "Fix: --view=controller"

begin "a checkout that does not ignore the file"
is_ignored=0
compile_commands
ends_with 0
says "git ignores compile_commands.json from now on"
[ "$(<"$workspace/.git/info/exclude")" = /compile_commands.json ] || complain "git's list of ignored files is wrong"

begin "a workspace that does not build"
echo old >"$workspace/compile_commands.json"
touch "$world/broken"
compile_commands
ends_with 1
says "ERROR: //x: broken"
says "Bazel can't plan the build of //...: its ERROR stands above"
says "Fix: repair what it names, or give targets without it"
[ "$(<"$workspace/compile_commands.json")" = old ] || complain "the file has changed"

begin "a workspace without C"
touch "$world/empty"
compile_commands
ends_with 1
says "found no C or C++ source that //... compiles"

begin "no Bazel"
rm "$bazel"
compile_commands
ends_with 1
says "found no Bazel: neither bazelw in $workspace, nor bazelisk or bazel on PATH"
says "Fix: set RINGSIDE_BAZEL"

begin "not run by Bazel"
BUILD_WORKSPACE_DIRECTORY='' compile_commands
ends_with 1
says "this only works when Bazel runs it"

[ $failures -eq 0 ]
