#!/bin/bash
# SPDX-License-Identifier: MIT
# Writes compile_commands.json into the root of the workspace from which Bazel runs
# this: Ringside's own or another one that uses it.
#
# usage: bazel run //:compile_commands -- [--view=VIEW] [OPTION]... [TARGET]...
#   VIEW     whose commands come first, the ones that clangd takes: "controller" (if
#            not given), "payload" or a guest's name
#   OPTION   an option of bazel build, such as --config=asan
#   TARGET   what to write commands of, with all that it depends on, instead of //...
#
# Nothing is compiled: Bazel only plans how it would. The BUILD file gives two
# arguments of its own: the aspect's label and where merge_commands.sh is.
set -euo pipefail

die() {
	printf 'compile_commands: %s\n' "$1" >&2
	shift
	[ $# -eq 0 ] || printf '  %s\n' "$@" >&2
	exit 1
}

aspect=$1
merge=$PWD/../$2
shift 2
workspace=${BUILD_WORKSPACE_DIRECTORY-}
[ -n "$workspace" ] || die "this only works when Bazel runs it" "Fix: ./bazelw run //:compile_commands"

view=controller
options=()
targets=()
while [ $# -gt 0 ]; do
	argument=$1
	shift
	if [ "$argument" = --view ] && [ $# -gt 0 ]; then
		argument="--view $1"
		shift
	fi
	case $argument in
	--view[=\ ]controller | --view[=\ ]payload | --view[=\ ]x86_64 | --view[=\ ]i386) view=${argument#--view?} ;;
	--view | --view[=\ ]*) die "'$argument' is no view" \
		"Fix: --view=controller, --view=payload, --view=x86_64 or --view=i386." ;;
	--) ;;
	-*) options+=("$argument") ;;
	*) targets+=("$argument") ;;
	esac
done
[ ${#targets[@]} -gt 0 ] || targets=(//...)

# --- The Bazel that runs this ------------------------------------------------

if [ -n "${RINGSIDE_BAZEL-}" ]; then
	bazel=$RINGSIDE_BAZEL
elif [ -x "$workspace/bazelw" ]; then
	bazel=$workspace/bazelw
else
	bazel=$(type -P bazelisk || type -P bazel) ||
		die "found no Bazel: neither bazelw in $workspace, nor bazelisk or bazel on PATH" \
			"Fix: set RINGSIDE_BAZEL to the one that you ran."
fi

# It started this in a folder of its own, which tells where it works.
folder=$(pwd -P)
execroot=${folder%%/bazel-out/*}
output_base=${execroot%/execroot/*}
[ "$output_base" != "$execroot" ] || die "'$folder' is not in Bazel's output folder" \
	"Fix: ./bazelw run //:compile_commands"

# --- What it plans -----------------------------------------------------------

temporary=${TMPDIR:-/tmp}
new=$workspace/compile_commands.json.new
work=$(mktemp -d 2>/dev/null) || die "can't make a temporary folder in $temporary" \
	"Fix: free some space there, or name another folder with TMPDIR."
trap 'rm -rf "$work" "$new"' EXIT

refuse_work() {
	die "can't write to $work: perhaps its file system is full" \
		"Fix: free some space there, or name another folder with TMPDIR."
}
refuse_workspace() {
	die "can't write $workspace/compile_commands.json" \
		"Fix: make $workspace writable, and see that there is no folder of that name and some space."
}

# Known before Bazel has worked for it.
{ head -c 1048576 /dev/zero >"$work/probe"; } 2>/dev/null || refuse_work
rm "$work/probe"
[ ! -d "$workspace/compile_commands.json" ] || refuse_workspace
{ : >"$new"; } 2>/dev/null || refuse_workspace

cd "$workspace"
"$bazel" --output_base="$output_base" build ${options[@]+"${options[@]}"} \
	--aspects="$aspect" --output_groups=compile_commands \
	--build_event_json_file="$work/events" --show_result=0 -- "${targets[@]}" ||
	die "Bazel can't plan the build of ${targets[*]}: its ERROR stands above" \
		"Fix: repair what it names, or give targets without it: -- //some/folder/..." \
		"compile_commands.json stays as it was."

# Each file that was made is {"name": …, …, "pathPrefix": ["bazel-out", …]}.
grep -o '"name":"[^"]*\.compile_commands",[^]]*\]' "$work/events" | sort -u |
	sed 's/^"name":"\([^"]*\)".*"pathPrefix":\["\(.*\)"\]$/\2\t\1/; s/","/\//g; s/\t/\//' |
	while IFS= read -r path; do
		cat "$execroot/$path" || exit
	done >"$work/lines" || [ "${PIPESTATUS[3]}" -eq 0 ] || refuse_work
[ -s "$work/lines" ] || die "found no C or C++ source that ${targets[*]} compiles" \
	"Fix: name targets that do: -- //some/folder/..."

"$merge" "$view" "$workspace" "$execroot" "$output_base/external" <"$work/lines" >"$new" || refuse_workspace
cmp -s "$new" compile_commands.json || mv "$new" compile_commands.json || refuse_workspace

# --- The user's checkout stays clean -----------------------------------------

# A repository that has not heard of the file yet learns to ignore it, in the
# checkout's own list, which is no part of its history.
if git rev-parse --is-inside-work-tree >/dev/null 2>&1 &&
	! git ls-files --error-unmatch compile_commands.json >/dev/null 2>&1 &&
	! git check-ignore -q compile_commands.json; then
	exclude=$(git rev-parse --git-path info/exclude)
	ignored=/$(git rev-parse --show-prefix)compile_commands.json
	if mkdir -p "$(dirname "$exclude")" 2>/dev/null && { echo "$ignored" >>"$exclude"; } 2>/dev/null; then
		echo "compile_commands: git ignores compile_commands.json from now on ($exclude)"
	else
		echo "compile_commands: can't write $exclude: add $ignored to .gitignore"
	fi
fi

files=$(cut -f3 "$work/lines" | sort -u | wc -l)
echo "compile_commands: $(grep -c '^{' compile_commands.json) commands for $files files, view $view: $workspace/compile_commands.json"
