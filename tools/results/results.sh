#!/bin/bash
# SPDX-License-Identifier: MIT
# What tests came to, by the last result of each, in bazel-testlogs.
#
# usage: bazel run //:skips -- [PATTERN]...
#        bazel run //:failures -- [PATTERN]...
#        bazel run //:ktap -- [PATTERN]...
#   skips     what was skipped, and why: Bazel itself shows a skip as PASSED
#   failures  the cases that failed, and what they said: Bazel itself names their tests
#   ktap      all as KTAP, the kernel's format (Linux: Documentation/dev-tools/ktap.rst)
#   PATTERN   //..., //folder/..., //folder, //folder:all or //folder:test; all tests, if
#             none is given
set -euo pipefail

# From the BUILD file: which of them it is.
what=$1
shift

die() {
	printf '%s: %s\n' "$what" "$1" >&2
	shift
	[ $# -eq 0 ] || printf '  %s\n' "$@" >&2
	exit 1
}

workspace=${BUILD_WORKSPACE_DIRECTORY-}
[ -n "$workspace" ] || die "this only works when Bazel runs it" "Fix: ./bazelw run //:$what"
for pattern in "$@"; do
	[[ $pattern == //* ]] || die "'$pattern' is no pattern that it knows" \
		"Fix: write //folder/..., //folder, //folder:all or //folder:test; options belong before the --."
done

# Bazel started this in a folder of its own, beside which its tests leave their results.
folder=$(pwd -P)
[[ $folder == */bazel-out/*/bin/* ]] || die "'$folder' is not in Bazel's output folder" "Fix: ./bazelw run //:$what"
logs=${folder%%/bin/*}/testlogs
cases=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/cases.awk

# usage: label_of FOLDER   sets label to that of the test whose results are there
label_of() {
	local name=$1 package root=
	case ${name##*/} in
	shard_* | run_*) name=${name%/*} ;;
	esac
	if [[ $name == external/* ]]; then
		name=${name#external/}
		root=@${name%%/*}
		name=${name#*/}
		label=$root//${name%/*}:${name##*/}
		return
	fi
	# A test's name may have slashes in it: the package is the nearest folder above
	# that is one.
	package=$name
	while [[ $package == */* ]]; do
		package=${package%/*}
		if [ -e "$workspace/$package/BUILD.bazel" ] || [ -e "$workspace/$package/BUILD" ]; then
			label=//$package:${name#"$package"/}
			return
		fi
	done
	if [ -e "$workspace/BUILD.bazel" ] || [ -e "$workspace/BUILD" ]; then
		label=//:$name
		return
	fi
	return 1
}

# usage: is_wanted LABEL PATTERN...
is_wanted() {
	local pattern label=$1
	shift
	[ $# -gt 0 ] || return 0
	for pattern in "$@"; do
		case $pattern in
		//...) pattern=// ;;
		*/...) pattern=${pattern%/...} ;;
		*:all | *:\*)
			[ "${label%:*}" != "${pattern%:*}" ] || return 0
			continue
			;;
		*:*) ;;
		*) pattern+=:${pattern##*/} ;;
		esac
		case $label in
		"$pattern" | "$pattern"[:/]*) return 0 ;;
		esac
		[ "$pattern" != // ] || return 0
	done
	return 1
}

tests=()
declare -A reports=()
while IFS= read -rd '' report; do
	path=${report#"$logs"/}
	label_of "${path%/test.xml}" || continue
	is_wanted "$label" "$@" || continue
	[ -n "${reports[$label]-}" ] || tests+=("$label")
	reports[$label]+=$report$'\n'
done < <([ ! -d "$logs" ] || find "$logs" -name test_attempts -prune -o -name test.xml -print0 | LC_ALL=C sort -z)

[ ${#tests[@]} -gt 0 ] || die "no test${*:+ of $*} has left a result in $logs" \
	"Fix: run ./bazelw test first, with the same -c and --platforms as this."

# usage: read_cases LABEL [ASSIGNMENT]...   what cases.awk prints of the test
read_cases() {
	local files options=("what=$what")
	mapfile -t files <<<"${reports[$1]%$'\n'}"
	shift
	options+=("$@")
	awk "${options[@]/#/-v}" -f "$cases" "${files[@]}"
}

if [ "$what" = ktap ]; then
	printf 'KTAP version 1\n1..%d\n' ${#tests[@]}
	for i in "${!tests[@]}"; do
		read_cases "${tests[i]}" "label=${tests[i]}" "number=$((i + 1))"
	done
	exit
fi

count=0
for label in "${tests[@]}"; do
	found=$(read_cases "$label")
	[ -n "$found" ] || continue
	count=$((count + 1))
	printf '%s\n%s\n' "$label" "$found"
done
declare -A did=([skips]="skipped something" [failures]=failed)
echo "$what: $count of ${#tests[@]} tests ${did[$what]}, by the last result of each"
