#!/bin/bash
# SPDX-License-Identifier: MIT
# Each check finds a fault that is planted in a small tree of files, and says where
# it is; and finds none in the tree without it.
#
# usage: planted_faults_test.sh CLANG_FORMAT BUILDIFIER SHELLCHECK CLANG_TIDY CLANGD
#   BUILDIFIER is "none" where it can't be had.
# shellcheck disable=SC2016 # Markdown's backticks, other scripts' variables
set -u

clang_format=$1 buildifier=$2 shellcheck=$3 clang_tidy=$PWD/../$4 clangd=$PWD/../$5
here=tools/lint
tree=$TEST_TMPDIR/tree
failures=0

complain() {
	echo "FAILED: $1" >&2
	failures=$((failures + 1))
}

# usage: check NAME ARGUMENT...   runs a check on the tree
check() {
	case $1 in
	clang_format) "$here/clang_format_test.sh" "$clang_format" "$tree" ;;
	buildifier) "$here/buildifier_test.sh" "$buildifier" "$tree" ;;
	shellcheck) "$here/shellcheck_test.sh" "$shellcheck" "$tree" ;;
	clang_tidy) read_as_compiled "$clang_tidy" ;;
	clangd) read_as_compiled "$clangd" ;;
	*) "$here/check_$1.sh" "$tree" ;;
	esac 2>&1
}

# usage: read_as_compiled TOOL   on answer.c, as a commands_test does it
read_as_compiled() {
	local scripts=$PWD/$here merge=$PWD/tools/ide/merge_commands.sh report=$TEST_TMPDIR/report
	printf 'controller\ttarget\tanswer.c\t%s\n' \
		'{"arguments":["clang","-Wall","-nostdinc","-c","answer.c"],"directory":"@WORKSPACE@","file":"answer.c"}' \
		>"$TEST_TMPDIR/command"
	(cd "$tree" && "$scripts/check_$name.sh" "$report" "$TEST_TMPDIR/command" "$merge" "$1" answer.c)
	cat "$report"
	[ ! -s "$report" ]
}

sound_tree() {
	rm -rf "$tree"
	mkdir -p "$tree"/{.ci,docs}
	cp source/.clang-format "$tree"
	printf '# SPDX-License-Identifier: MIT\nChecks: "-*,bugprone-*"\nWarningsAsErrors: "*"\n' >"$tree/.clang-tidy"
	printf '# SPDX-License-Identifier: MIT\nDiagnostics:\n  UnusedIncludes: None\n' >"$tree/.clangd"
	printf '/* SPDX-License-Identifier: MIT */\nint answer(void)\n{\n\treturn 42;\n}\n' >"$tree/answer.c"
	printf '# SPDX-License-Identifier: MIT\nfilegroup(name = "x")\n' >"$tree/BUILD.bazel"
	printf '#!/bin/sh\n# SPDX-License-Identifier: MIT\necho "$1"\n' >"$tree/script"
	printf '# SPDX-License-Identifier: MIT\nrun ./bazelw test //...\n' >"$tree/.ci/commands"
	printf '#!/bin/sh\n# SPDX-License-Identifier: MIT\n# ./bazelw test --flag=1 //x:y\n' >"$tree/x_test.sh"
	cat >"$tree/docs/page.md" <<-'END'
		# A page: with `code`
		Run `./bazelw test
		//...`, see [above](#a-page-with-code), [the code](../answer.c) and
		[a site](https://github.com/x/y).
		```sh
		./bazelw \
		    test //...   # everything
		```
	END
}

sound() {
	local output
	local name=$1
	output=$(check "$1") || complain "$1 finds fault with a sound tree: $output"
}

# usage: finds CHECK FILE LINE TEXT   CHECK must say TEXT once LINE is added to FILE
finds() {
	local output name=$1
	sound_tree
	printf '%s\n' "$3" >>"$tree/$2"
	if output=$(check "$1"); then
		complain "$1 finds nothing wrong with '$3' in $2"
	elif [[ $output != *"$4"* ]]; then
		complain "$1, '$3' in $2: no '$4' in: $output"
	fi
}

sound_tree
for name in licenses addresses links commands clang_format shellcheck clang_tidy clangd; do
	sound "$name"
done

finds licenses new.c 'int x;' "new.c:1: no comment 'SPDX"
finds licenses new.c $'\n/* SPDX-License-Identifier: MIT */' "new.c:1: no comment 'SPDX"
finds licenses new.h '/* SPDX-License-Identifier: GPL-2.0 */' "new.h:1: no comment 'SPDX"
finds licenses new $'#!/bin/sh\necho' "new:1: no comment 'SPDX"

# Put together here, so that this file has no address.
site=site.
site+=org
finds addresses answer.c "// https://$site/x" "answer.c:6:https://$site: this host"
finds addresses script "# http://user:word@$site/x" "script:4:http://user:word@$site: this host"
for host in deb registry mirrors bcr; do
	finds addresses docs/page.md "from $host.$site, say" "docs/page.md:9: $host.$site: this host"
done

finds links docs/page.md '[gone](../gone.c)' "docs/page.md:9: a link to ../gone.c, which does not exist"
finds links docs/page.md '[gone](#gone)' "docs/page.md:9: a link to #gone, but no heading"
finds links docs/page.md '[gone](page.md#b-page)' "docs/page.md:9: a link to page.md#b-page, but no heading"
finds links docs/page.md '<img src="gone.svg">' "a link to gone.svg, which does not exist"
finds links docs/page.md '[gone]: gone.md' "a link to gone.md, which does not exist"

finds commands docs/page.md 'or `./bazelw test //:x`' "docs/page.md:9: nobody executes './bazelw test //:x'"
finds commands docs/page.md $'```sh\nmake\n```' "docs/page.md:10: nobody executes 'make'"
finds commands docs/page.md $'```\n./bazelw test //...\n```' "docs/page.md:10: a command in a code block that is not marked"
finds commands .ci/commands 'run make' "no document shows 'make'"
finds commands .ci/commands 'gone_test.sh ./bazelw test //...' "there is no file gone_test.sh"
finds commands .ci/commands 'x_test.sh ./bazelw test //...' "it lacks //..."

finds clang_format answer.c 'int  x;' "answer.c:6:4: error: code should be clang-formatted"
finds clang_tidy answer.c $'int f(int x)\n{\n\tif (x);\n\treturn 1;\n}' "answer.c:8:8: error: potentially unintended semicolon"
finds clang_tidy answer.c '#include "gone.h"' "answer.c:6:10: error: 'gone.h' file not found"
finds clangd answer.c '#include "gone.h"' 'answer.c:6: "'"'gone.h' file not found"'" "pp_file_not_found"'
finds clangd answer.c 'static int unused;' 'answer.c:6: "Unused variable '"'unused'"'" "-Wunused-variable"'
finds clangd answer.c $'int f(int x)\n{\n\tif (x);\n\treturn 1;\n}' '"bugprone-suspicious-semicolon"'
finds clangd .clangd 'Diagnostics: 3' '.clangd:4: "Duplicate key Diagnostics is ignored'
finds shellcheck script 'echo $1' "SC2086"
finds shellcheck x_test.sh 'cd x' "SC2164"
if [ "$buildifier" != none ]; then
	sound_tree
	sound buildifier
	finds buildifier BUILD.bazel 'filegroup(name="y")' "BUILD.bazel # reformat"
	finds buildifier BUILD.bazel 'load(":x.bzl", "x")' "load"
fi
[ $failures -eq 0 ]
