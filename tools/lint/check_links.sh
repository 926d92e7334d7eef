#!/bin/bash
# SPDX-License-Identifier: MIT
# Each relative link in a Markdown file leads to a file or folder that exists, and
# its #anchor to a heading.
#
# usage: check_links.sh FOLDER
set -u
cd "$1" || exit

failures=0
complain() {
	echo "$1" >&2
	failures=$((failures + 1))
}

# usage: outside_code FILE   its lines, those of code blocks and `code` left blank
outside_code() {
	awk '
	/^ *```/ { inside = !inside; print ""; next }
	inside { print ""; next }
	{ gsub(/`[^`]*`/, "`"); print }' "$1"
}

# usage: links FILE   LINE TARGET of each Markdown or HTML link
links() {
	outside_code "$1" | awk '
	function each(pattern, before, after,   rest) {
		rest = $0
		while (match(rest, pattern)) {
			print NR, substr(rest, RSTART + before, RLENGTH - before - after)
			rest = substr(rest, RSTART + RLENGTH)
		}
	}
	{
		each("\\]\\([^) ]+", 2, 0)
		each("src=\"[^\"]*\"", 5, 1)
		each("srcset=\"[^\"]*\"", 8, 1)
		each("href=\"[^\"]*\"", 6, 1)
	}
	/^\[[^]]+\]: / { print NR, $2 }'
}

# usage: anchors FILE   the names of its headings, as GitHub makes them
anchors() {
	awk '
	/^ *```/ { inside = !inside }
	!inside && /^#+ / {
		sub(/^#+ +/, "")
		$0 = tolower($0)
		gsub(/[^a-z0-9 _-]/, "")
		gsub(/ /, "-")
		print $0 (count[$0] ? "-" count[$0] : "")
		count[$0]++
	}' "$1"
}

documents=$(find -L . -type f -name '*.md' | sort)
[ -n "$documents" ] || complain "found no Markdown files"

while read -r document; do
	while read -r line target; do
		case $target in
		*://* | mailto:*) continue ;;
		esac
		path=${target%%#*}
		anchor=${target#"$path"}
		file=${document%/*}/$path
		[ -n "$path" ] || file=$document
		if [ ! -e "$file" ]; then
			complain "${document#./}:$line: a link to $target, which does not exist"
		elif [ -n "$anchor" ] && ! anchors "$file" | grep -qxF -e "${anchor#\#}"; then
			complain "${document#./}:$line: a link to $target, but no heading has that name"
		fi
	done < <(links "$document")
done <<<"$documents"
[ $failures -eq 0 ]
