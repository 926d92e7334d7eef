#!/bin/bash
# SPDX-License-Identifier: MIT
# Makes a compile_commands.json of the lines that compile_commands_aspect writes.
#
# usage: merge_commands.sh VIEW WORKSPACE EXECROOT EXTERNAL <LINES >JSON
#   VIEW       whose commands come first, the ones that clangd takes: "controller",
#              "payload" (x86_64) or a guest's name
#   WORKSPACE  the folder of the sources
#   EXECROOT   the folder that has bazel-out
#   EXTERNAL   the folder that has the other repositories
#
# A file that is compiled several times for one side has one command: of those that
# differ, the first in the alphabet, and one from the build's own tools only if
# there is no other.
set -eu

view=$1
[ "$view" != payload ] || view=x86_64
export view WORKSPACE=$2 EXECROOT=$3 EXTERNAL=$4

LC_ALL=C awk -F'\t' '
{
	rank = $1 == ENVIRON["view"] ? 0 : $1 == "x86_64" ? 1 : $1 == "controller" ? 3 : $1 ~ /^linux_/ ? 4 : 2
	print $3 "\t" rank "\t" ($2 == "target" ? 0 : 1) "\t" $4
}' | LC_ALL=C sort -u | LC_ALL=C awk -F'\t' '
# Without the & and \ that sub() has opinions about.
function replace(text, name,   at, out, path) {
	path = ENVIRON[name]
	gsub(/[\\"]/, "\\\\&", path)
	while ((at = index(text, "@" name "@"))) {
		out = out substr(text, 1, at - 1) path
		text = substr(text, at + length(name) + 2)
	}
	return out text
}
BEGIN { print "[" }
$1 == file && $2 == rank { next }
{
	file = $1
	rank = $2
	printf "%s%s", separator, replace(replace(replace($4, "WORKSPACE"), "EXECROOT"), "EXTERNAL")
	separator = ",\n"
}
END { print "\n]" }'
