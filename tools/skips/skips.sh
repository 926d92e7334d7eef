#!/bin/bash
# SPDX-License-Identifier: MIT
# Lists what tests have skipped and why: Bazel itself shows a skip as PASSED.
#
# usage: bazel run //:skips -- [PATTERN]...
#   PATTERN  //..., //folder/..., //folder, //folder:all or //folder:test; all tests, if
#            none is given
#
# What it reads is the last result of each test, in bazel-testlogs.
set -euo pipefail

die() {
	printf 'skips: %s\n' "$1" >&2
	shift
	[ $# -eq 0 ] || printf '  %s\n' "$@" >&2
	exit 1
}

workspace=${BUILD_WORKSPACE_DIRECTORY-}
[ -n "$workspace" ] || die "this only works when Bazel runs it" "Fix: ./bazelw run //:skips"
for pattern in "$@"; do
	[[ $pattern == //* ]] || die "'$pattern' is no pattern that it knows" \
		"Fix: write //folder/..., //folder, //folder:all or //folder:test; options belong before the --."
done

# Bazel started this in a folder of its own, beside which its tests leave their results.
folder=$(pwd -P)
[[ $folder == */bazel-out/*/bin/* ]] || die "'$folder' is not in Bazel's output folder" "Fix: ./bazelw run //:skips"
logs=${folder%%/bin/*}/testlogs

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

# Of a test.xml: a line for each skipped case, its name and why.
read -rd '' PROGRAM <<'AWK' || true
function attribute(name,   text) {
	if (!match($0, "(^|[ \t\n])" name "=\"[^\"]*\""))
		return ""
	text = substr($0, RSTART, RLENGTH)
	sub(/^[^"]*"/, "", text)
	sub(/"$/, "", text)
	return text
}
BEGIN { RS = "<" }
/^testcase[ \t\n]/ {
	suite = attribute("classname")
	test = suite == "" ? "" : suite "." attribute("name") ": "
}
/^skipped[ \t\n\/>]/ {
	why = attribute("message")
	# A place stands on a line of its own, and then the result.
	gsub(/&#x0[aA];(TCONF: )?/, ": ", why)
	gsub(/&#x09;/, " ", why)
	gsub(/&lt;/, "<", why)
	gsub(/&gt;/, ">", why)
	gsub(/&quot;/, "\"", why)
	gsub(/&apos;/, "\047", why)
	gsub(/&amp;/, "\\&", why)
	print "    " test (why == "" ? "no reason is given" : why)
}
AWK

tests=()
declare -A seen=() skips=()
while IFS= read -rd '' report; do
	path=${report#"$logs"/}
	label_of "${path%/test.xml}" || continue
	is_wanted "$label" "$@" || continue
	[ -n "${seen[$label]-}" ] || tests+=("$label")
	seen[$label]=1
	found=$(awk "$PROGRAM" "$report")
	[ -z "$found" ] || skips[$label]+=$found$'\n'
done < <([ ! -d "$logs" ] || find "$logs" -name test_attempts -prune -o -name test.xml -print0 | LC_ALL=C sort -z)

[ ${#tests[@]} -gt 0 ] || die "no test${*:+ of $*} has left a result in $logs" \
	"Fix: run ./bazelw test first, with the same -c and --platforms as this."
for label in "${tests[@]}"; do
	[ -n "${skips[$label]-}" ] || continue
	printf '%s\n' "$label"
	# Shards and repeated runs say the same.
	printf '%s' "${skips[$label]}" | awk '!seen[$0]++'
done
echo "skips: ${#skips[@]} of ${#tests[@]} tests skipped something, by the last result of each"
