#!/bin/bash
# SPDX-License-Identifier: MIT
# Somebody executes each command that a Markdown file shows: .ci/commands says who.
# Commands are the lines of code blocks marked sh, and `./bazelw …` in the text.
#
# usage: check_commands.sh FOLDER
set -u
cd "$1" || exit

failures=0
complain() {
	echo "$1" >&2
	failures=$((failures + 1))
}

# usage: shown FILE   LINE COMMAND of each, without comments and line breaks
shown() {
	awk '
	function print_inline(   rest) {
		rest = text
		while (match(rest, /`\.\/bazelw [^`]*`/)) {
			print start, substr(rest, RSTART + 1, RLENGTH - 2)
			rest = substr(rest, RSTART + RLENGTH)
		}
		text = ""
	}
	/^ *```/ {
		print_inline()
		inside = !inside
		language = $0
		sub(/^ *```/, "", language)
		next
	}
	inside && language == "sh" {
		line = line ? line $0 : FNR " " $0
		if (sub(/\\$/, "", line))
			next
		sub(/[ \t]+#.*$/, "", line)
		gsub(/[ \t]+/, " ", line)
		sub(/ $/, "", line)
		if (line ~ /^[0-9]+ [^#]/)
			print line
		line = ""
		next
	}
	inside && /^(\$ |\.\/bazelw |bazel )/ { print FNR, "UNMARKED" }
	inside { next }
	/^$/ { print_inline(); next }
	{
		if (!text)
			start = FNR
		text = text (text ? " " : "") $0
	}
	END { print_inline() }' "$1"
}

# usage: words_missing FILE COMMAND   words of COMMAND that do not stand in FILE
words_missing() {
	local word
	for word in $2; do
		case $word in
		--*=*) word=${word%%=*}= ;;
		esac
		grep -qF -e "$word" "$1" || printf ' %s' "$word"
	done
}

table=.ci/commands
rows=$(sed '/^#/d; /^$/d; /^let[0-2]* /d' "$table")
all=$(find -L . -type f -name '*.md' | sort | while read -r document; do
	shown "$document" | sed "s|^|${document#./}:|"
done)
[ -n "$all" ] || complain "found no commands in Markdown files"

while read -r place command; do
	if [ "$command" = UNMARKED ]; then
		complain "$place: a command in a code block that is not marked sh"
	elif ! cut -d' ' -f2- <<<"$rows" | grep -qxF -e "$command"; then
		complain "$place: nobody executes '$command'; add it to $table"
	fi
done <<<"$all"

while read -r who command; do
	grep -qxF -e "$command" <(cut -d' ' -f2- <<<"$all") ||
		complain "$table: no document shows '$command'; remove it"
	case $who in
	run | try | analyze | turn:[0-9]* | turn[0-2]:[0-9]*) continue ;;
	esac
	if [ ! -f "$who" ]; then
		complain "$table: there is no file $who to execute '$command'"
	elif missing=$(words_missing "$who" "$command") && [ -n "$missing" ]; then
		complain "$table: $who does not execute '$command': it lacks$missing"
	fi
done <<<"$rows"
[ $failures -eq 0 ]
