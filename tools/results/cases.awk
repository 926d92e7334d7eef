# SPDX-License-Identifier: MIT
# What the cases of a test came to, from its test.xml files: GoogleTest's, the machines'
# and Bazel's own.
#
# usage: awk -v what=WHAT [-v number=N -v label=LABEL] -f cases.awk FILE...
#   skips     a line for each skipped case: its name and why
#   failures  lines for each failed case: its name and what it said
#   ktap      the test with its cases as KTAP, as the one of that number

# The value of an attribute of the tag that the record begins with.
function attribute(name,   text) {
	if (!match(tag, "[ \t\n]" name "=\"[^\"]*\""))
		return ""
	text = substr(tag, RSTART, RLENGTH)
	sub(/^[^"]*"/, "", text)
	sub(/"$/, "", text)
	gsub(/&#x0[aA];|&#10;/, "\n", text)
	gsub(/&#x09;|&#9;/, " ", text)
	gsub(/&lt;/, "<", text)
	gsub(/&gt;/, ">", text)
	gsub(/&quot;/, "\"", text)
	gsub(/&apos;|&#39;/, "\047", text)
	gsub(/&amp;/, "\\&", text)
	gsub(/[\001-\011\013-\037]/, " ", text)
	return text
}

# A place stands on a line of its own, and then the result.
function one_line(text) {
	sub(/\n/, ": ", text)
	gsub(/\n/, " ", text)
	return text
}

# Shards and repeated runs say the same.
function end_case(   key) {
	in_case = 0
	key = name SUBSEP verdict SUBSEP message
	if (key in seen)
		return
	seen[key] = 1
	names[++count] = name
	verdicts[count] = verdict
	messages[count] = message
	more[count] = others
	total[verdict]++
}

function begin_case(   suite) {
	in_case = 1
	suite = attribute("classname")
	name = attribute("name")
	# The machines' case for a whole test has the test's label for a name; Bazel's
	# has no suite. Nor does a label say anything in front of a name.
	if (suite == "" || name == suite)
		name = ""
	else if (suite !~ /^(\/\/|@)/)
		name = suite "." name
	verdict = "ok"
	message = ""
	others = 0
}

function prefixed(i) {
	return "    " (names[i] == "" ? "" : names[i] ": ")
}

function print_skip(i) {
	sub(/\nTCONF: /, "\n", messages[i])
	print prefixed(i) (messages[i] == "" ? "no reason is given" : one_line(messages[i]))
}

function print_failure(i,   lines, n, k) {
	sub(/\n/, ": ", messages[i])
	n = split(messages[i] == "" ? "no reason is given" : messages[i], lines, "\n")
	print prefixed(i) lines[1]
	for (k = 2; k <= n; k++)
		print "        " lines[k]
	if (more[i])
		print "        and " more[i] " more"
}

# A description ends at a "#".
function description(text) {
	gsub(/#/, "_", text)
	return text
}

function print_diagnosis(indentation, text,   lines, n, k) {
	n = split(text, lines, "\n")
	for (k = 1; k <= n; k++)
		print indentation "# " lines[k]
}

function print_result(indentation, number, text, verdict, message) {
	print indentation (verdict == "not ok" ? verdict : "ok") " " number " " description(text) \
		(verdict == "skip" ? " # SKIP " one_line(message) : "")
}

function print_ktap(   i, reason) {
	print "  KTAP version 1"
	print "  1.." count
	for (i = 1; i <= property_count; i++)
		print "  # " properties[i]
	for (i = 1; i <= count; i++) {
		sub(/\nTCONF: /, "\n", messages[i])
		if (verdicts[i] == "not ok")
			print_diagnosis("  ", messages[i])
		else if (verdicts[i] == "skip")
			reason = messages[i]
		print_result("  ", i, names[i] == "" ? label : names[i], verdicts[i], messages[i])
	}
	print_result("", number, label, total["not ok"] ? "not ok" : \
		     total["skip"] && !total["ok"] ? "skip" : "ok", reason)
}

BEGIN {
	RS = "<"
}

# In there, anything can stand.
in_cdata {
	in_cdata = !index($0, "]]>")
	next
}
/^!\[CDATA\[/ {
	in_cdata = !index($0, "]]>")
	next
}

{
	match($0, /^([^">]|"[^"]*")*/)
	tag = substr($0, 1, RLENGTH)
}

/^property[ \t\n]/ && !in_case {
	line = attribute("name") ": " attribute("value")
	if (!(line in known)) {
		known[line] = 1
		properties[++property_count] = line
	}
}

/^testcase[ \t\n]/ {
	begin_case()
	if (tag ~ /\/$/)
		end_case()
}

/^skipped[ \t\n\/>]/ && in_case && verdict == "ok" {
	verdict = "skip"
	message = attribute("message")
}

/^(failure|error)[ \t\n\/>]/ && in_case {
	if (verdict == "not ok") {
		others++
	} else {
		verdict = "not ok"
		message = attribute("message")
	}
}

/^\/testcase[ \t\n>]/ && in_case {
	end_case()
}

END {
	if (what == "ktap") {
		print_ktap()
		exit
	}
	for (i = 1; i <= count; i++) {
		if (what == "skips" && verdicts[i] == "skip")
			print_skip(i)
		else if (what == "failures" && verdicts[i] == "not ok")
			print_failure(i)
	}
}
