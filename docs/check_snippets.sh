#!/bin/bash
# SPDX-License-Identifier: MIT
# Holds the code in a Markdown file against the files that it shows.
#
# A code block after the line <!-- FILE --> is that file, without the license
# line; after <!-- part of FILE --> it is a piece of it. Every block in C,
# C++ or Starlark must say which.
#
# usage: check_snippets.sh MARKDOWN
set -u

markdown=$1
failures=0
shown=0

complain() {
	echo "$markdown:$line: $1" >&2
	failures=$((failures + 1))
}

compare() {
	local kind=$1 file=$2 text=$3 contents

	shown=$((shown + 1))
	if [ ! -f "$file" ]; then
		complain "there is no file $file"
		return
	fi
	contents=$(sed '1{/SPDX-License-Identifier/d}' "$file")
	if [ "$kind" = part ]; then
		[[ $'\n'$contents$'\n' == *$'\n'"$text"$'\n'* ]] ||
			complain "the block is no piece of $file; copy the lines from there"
	else
		[ "$contents" = "$text" ] || {
			complain "the block is not what $file holds; copy it from there:"
			diff <(echo "$contents") <(echo "$text") >&2
		}
	fi
}

line=0
kind='' file='' text='' language='' inside=''
while IFS= read -r row; do
	line=$((line + 1))
	if [ "$inside" ]; then
		if [ "$row" = '```' ]; then
			if [ "$file" ]; then
				compare "$kind" "$file" "${text%$'\n'}"
			else
				case $language in
				c | cpp | cc | python | starlark)
					complain "a block of $language without a file: put <!-- FILE --> above it" ;;
				esac
			fi
			kind='' file='' text='' inside=''
		else
			text+=$row$'\n'
		fi
	elif [[ $row =~ ^'```'(.*)$ ]]; then
		inside=1
		language=${BASH_REMATCH[1]}
	elif [[ $row =~ ^'<!-- part of '([^ ]+)' -->'$ ]]; then
		kind=part
		file=${BASH_REMATCH[1]}
	elif [[ $row =~ ^'<!-- '([^ ]+)' -->'$ ]]; then
		kind=whole
		file=${BASH_REMATCH[1]}
	fi
done <"$markdown"

[ "$inside" ] && complain "a code block has no end"
[ "$shown" -gt 0 ] || complain "shows no file at all"
[ $failures -eq 0 ]
