#!/bin/bash
# SPDX-License-Identifier: MIT
# Holds the table of docs/conformance.md against the public headers and the
# tests that exist.
#
# usage: check_conformance.sh TABLE TESTS HEADER...
#   TESTS has the label of an existing test on each line.
set -u
export LC_ALL=C # comm wants what sort makes

table=$1
tests=$2
shift 2

failures=0

complain() {
	echo "$1" >&2
	failures=$((failures + 1))
}

# Names that a header declares in its first column: macros, structures and
# classes, types, variables and functions. What ends in _ is behind a macro.
public_names() {
	awk '
	function emit(name) {
		if (name !~ /_$/ && name !~ /^(RINGSIDE_|__)/ && !seen[name]++)
			print name
	}
	/^#[ \t]*define[ \t]/ {
		sub(/^#[ \t]*define[ \t]+/, "")
		match($0, /^[A-Za-z_0-9]+/)
		emit(substr($0, 1, RLENGTH))
		next
	}
	/^(struct|class|enum|union) [A-Za-z_0-9]+( |;|$)[^(*]*$/ {
		sub(/;.*/, "", $2)
		emit($2)
		next
	}
	/^using [A-Za-z_0-9]+ =/ || /^constexpr / {
		sub(/ =.*/, "")
		emit($NF)
		next
	}
	/^typedef .*\(\*[a-z_0-9]+\)/ {
		match($0, /\(\*[a-z_0-9]+/)
		emit(substr($0, RSTART + 2, RLENGTH - 2))
		next
	}
	/^extern "C"/ { next }
	/^extern / {
		sub(/^extern /, "")
		count = split($0, parts, ",")
		for (i = 1; i <= count; i++) {
			sub(/[;[].*/, "", parts[i])
			sub(/.*[ *]/, "", parts[i])
			emit(parts[i])
		}
		next
	}
	/^[A-Za-z_:]/ {
		gsub(/__attribute__\(\([^)]*\)+/, "")
		if (match($0, /[A-Za-z_0-9]+\(/))
			emit(substr($0, RSTART, RLENGTH - 1))
	}' "$@" | sort -u
}

# A row is | `name`, `PREFIX_*` | `//some:test`, … |: names on lines of their
# own with "name", labels with "test".
rows() {
	awk -F'|' '
	function each(kind, cell) {
		while (match(cell, /`[^`]+`/)) {
			print kind, substr(cell, RSTART + 1, RLENGTH - 2)
			cell = substr(cell, RSTART + RLENGTH)
		}
	}
	/^\| *`/ {
		each("name", $2)
		each("test", $3)
		if ($3 !~ /`\/\//)
			print "untested", $2
	}' "$table"
}

names=$(public_names "$@")

# A row may name a family: INTR_*.
patterns=$(rows | sed -n 's/^name //p')
expressions=${patterns//\*/.*}

[ "$(wc -l <<<"$names")" -gt 100 ] || complain "found few public names only: are the headers given?"

while read -r name; do
	complain "$name has no row in $table; add it with the test that covers it"
done < <(grep -vxE -e "$expressions" <<<"$names")

# Rows that no name matches: families one by one, the many others at once.
stale() {
	local pattern
	comm -13 <(echo "$names") <(grep -vF '*' <<<"$patterns" | sort -u)
	while read -r pattern; do
		grep -qxE -e "${pattern//\*/.*}" <<<"$names" || echo "$pattern"
	done < <(grep -F '*' <<<"$patterns")
}

while read -r pattern; do
	complain "$table has a row for $pattern, which no public header declares; remove it"
done < <(stale)

while read -r label; do
	complain "$table names the test $label, which does not exist; mend the row, or add the test to docs/BUILD.bazel"
done < <(comm -13 <(sort -u "$tests") <(rows | sed -n 's/^test //p' | sort -u))

while read -r row; do
	complain "$table has a row without a test: $row"
done < <(rows | sed -n 's/^untested //p')

[ $failures -eq 0 ]
