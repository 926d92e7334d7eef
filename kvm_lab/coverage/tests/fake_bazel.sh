#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# In the place of Bazel. A query finds a test of the pattern's name, unless it is //none;
# a test is "$FAKE/run PATTERN FOLDER", whose exit status is its verdict.
set -eu

pattern=${*: -1}
case $1 in
query)
	case $pattern in
	*//none*) ;;
	*) echo //a:test ;;
	esac
	exit
	;;
test) ;;
*)
	echo "fake_bazel.sh: '$1'?" >&2
	exit 2
	;;
esac
echo "$*" >>"$FAKE/asked"
for word; do
	case $word in
	--build_event_json_file=*) events=${word#*=} ;;
	esac
done
folder=$(mktemp -d "$FAKE/test.XXXXXX")
verdict=PASSED
"$FAKE/run" "$pattern" "$folder" >"$folder/test.log" 2>&1 || verdict=FAILED
cat >"$events" <<END
{"id":{"targetConfigured":{"label":"$pattern"}},"configured":{"testSize":"SMALL"}}
{"id":{"testResult":{"label":"$pattern"}},"testResult":{"status":"$verdict","testActionOutput":[{"name":"test.log","uri":"file://$folder/test.log"}]}}
{"id":{"testSummary":{"label":"$pattern"}},"testSummary":{"overallStatus":"$verdict"}}
{"id":{"buildFinished":{}},"lastMessage":true}
END
[ "$verdict" = PASSED ] || exit 3
