#!/bin/bash
# SPDX-License-Identifier: MIT
# The checker of a commands_test for clangd: opens a file as an editor would, and
# reports the diagnostics that the editor would show.
#
# usage: check_clangd.sh REPORT COMMAND MERGE CLANGD FILE
set -u

report=$1 command=$2 merge=$3 clangd=$4 file=$5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$merge" controller "$PWD" "$PWD" "$PWD/external" <"$command" >"$work/compile_commands.json" || exit

# usage: message JSON   in the framing of the Language Server Protocol
message() {
	local LC_ALL=C
	printf 'Content-Length: %d\r\n\r\n%s' "${#1}" "$1"
}

case $file in
*.c | *.h) language=c ;;
*) language=cpp ;;
esac
text=$(LC_ALL=C sed 's/[\\"]/\\&/g; s/\t/\\t/g; s/$/\\n/' "$file" | tr -d '\n')
{
	message '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{}}}'
	message '{"jsonrpc":"2.0","method":"initialized","params":{}}'
	message '{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file://'"$PWD/$file"'","languageId":"'"$language"'","version":1,"text":"'"$text"'"}}}'
	message '{"jsonrpc":"2.0","id":2,"method":"shutdown"}'
	message '{"jsonrpc":"2.0","method":"exit"}'
} >"$work/requests"

# --sync: a request is done, and its diagnostics are out, before the next.
HOME=$work "$clangd" --sync --log=error --background-index=false --compile-commands-dir="$work" \
	<"$work/requests" >"$work/answers" 2>"$work/log"
status=$?

# One line for each message, without its framing; clangd diagnoses .clangd, too.
published=$(sed 's/Content-Length: [0-9]*\r\?$//' "$work/answers" | grep '"textDocument/publishDiagnostics"')
findings=$(grep -vF '"diagnostics":[]' <<<"$published")
if [ $status -ne 0 ] || [[ $published != *"\"uri\":\"file://$PWD/$file\""* ]]; then
	echo "clangd ended with status $status and did not diagnose the file:" >"$report"
	cat "$work/log" "$work/answers" >>"$report"
elif [ -z "$findings" ]; then
	: >"$report"
else
	# {"code":…,…,"message":…,"range":{…,"start":{…,"line":FROM_0}},…}, …,"uri":…
	grep -o '"code":"[^"]*"\|"message":"\([^"\\]\|\\.\)*"\|"start":{[^}]*}\|"uri":"[^"]*"' <<<"$findings" |
		sed "s|^\"uri\":\"file://$PWD/\(.*\)\"|\"uri\":\1|" | awk '
		function value() { return substr($0, index($0, ":") + 1) }
		/^"code":/ { code = value() }
		/^"message":/ { text = value() }
		/^"start":/ {
			sub(/.*"line":/, "")
			found[++count] = sprintf("%d: %s %s", $0 + 1, text, code)
			code = ""
		}
		/^"uri":/ {
			for (i = 1; i <= count; i++)
				print value() ":" found[i]
			count = 0
		}' >"$report"
	[ -s "$report" ] || echo "$findings" >"$report"
fi
