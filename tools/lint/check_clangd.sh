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

# One line for each message, without its framing.
answer=$(sed 's/Content-Length: [0-9]*\r\?$//' "$work/answers" | grep '"textDocument/publishDiagnostics"')
if [ $status -ne 0 ] || [[ $answer != *'"diagnostics":['* ]]; then
	echo "clangd ended with status $status and did not diagnose the file:" >"$report"
	cat "$work/log" "$work/answers" >>"$report"
elif [[ $answer == *'"diagnostics":[]'* ]]; then
	: >"$report"
else
	# {"code":…,…,"message":…,"range":{…,"start":{…,"line":FROM_0}},…}
	grep -o '"code":"[^"]*"\|"message":"\([^"\\]\|\\.\)*"\|"start":{[^}]*}' <<<"$answer" |
		sed 's/^"code":"\(.*\)"$/[\1]/; s/^"message":"\(.*\)"$/\1/; s/.*"line":\([0-9]*\)}/\1/' |
		awk -v file="$file" '
		/^\[.*\]$/ { code = $0; next }
		/^[0-9]+$/ { print file ":" $0 + 1 ": " text " " code; next }
		{ text = $0 }' >"$report"
	[ -s "$report" ] || echo "$answer" >"$report"
fi
