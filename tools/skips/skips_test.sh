#!/bin/bash
# SPDX-License-Identifier: MIT
# skips, on results as GoogleTest, the machines' launcher and Bazel write them.
set -u

here=$PWD/tools/skips
world=$TEST_TMPDIR/world
workspace=$world/workspace
out=$world/base/execroot/_main/bazel-out/k8-fastbuild
failures=0

complain() {
	echo "FAILED: $current: $1" >&2
	sed 's/^/    /' "$world/out" >&2
	failures=$((failures + 1))
}

# usage: skips STATUS [PATTERN]...   its expected output is read from stdin
skips() {
	local expected=$1 status=0
	shift
	current="skips $*"
	(cd "$out/bin/tools/skips/skips.runfiles" &&
		BUILD_WORKSPACE_DIRECTORY="${BUILD_WORKSPACE_DIRECTORY-$workspace}" bash "$here/skips.sh" "$@") \
		>"$world/out" 2>&1 || status=$?
	[ "$status" -eq "$expected" ] || complain "status $status, not $expected"
	diff - "$world/out" >"$world/diff" || complain "it says something else: $(<"$world/diff")"
}

# usage: result FOLDER <TESTCASES   a test.xml
result() {
	mkdir -p "$out/testlogs/$1"
	{
		echo '<?xml version="1.0" encoding="UTF-8"?>'
		echo '<testsuites tests="1" skipped="1"><testsuite name="s" tests="1" skipped="1">'
		cat
		echo '</testsuite></testsuites>'
	} >"$out/testlogs/$1/test.xml"
}

# What the launcher writes: the test's label is the name of the case.
skipped_by_launcher() {
	echo '<testcase name="//a:b" status="notrun" result="skipped">'
	echo '<skipped message="the machine offers no SVM"/></testcase>'
}

mkdir -p "$workspace"/{a,kvm/deep} "$out/bin/tools/skips/skips.runfiles"
touch "$workspace"/{BUILD.bazel,a/BUILD.bazel,kvm/BUILD,kvm/deep/BUILD.bazel}

skips 1 <<END
skips: no test has left a result in $out/testlogs
  Fix: run ./bazelw test first, with the same -c and --platforms as this.
END

echo '<testcase name="t" status="run" result="completed" classname="s" />' | result a/passes
skips 0 <<'END'
skips: 0 of 1 tests skipped something, by the last result of each
END

skipped_by_launcher | result kvm/svm_i386
# As GoogleTest writes it, in a case among others.
result kvm/deep/part/needs <<'END'
<testcase name="first" status="run" result="completed" classname="needs"><failure message="x"/></testcase>
<testcase name="second" file="needs.c" line="0" status="run" result="skipped" time="0" classname="needs">
  <skipped message="kvm/needs.c:16&#x0A;TCONF: &lt;no&gt; &quot;AVIC&quot; &amp;amp; no more"><![CDATA[kvm/needs.c:16
TCONF: no]]></skipped>
</testcase>
<testcase name="third" status="run" result="skipped" classname="needs"><skipped/></testcase>
END
skipped_by_launcher | result kvm/sharded/shard_1_of_2
skipped_by_launcher | result kvm/sharded/shard_2_of_2
skipped_by_launcher | result kvm/repeated/run_1_of_2
skipped_by_launcher | result kvm/repeated/run_2_of_2
skipped_by_launcher | result kvm/flaky/test_attempts/1
echo | result kvm/flaky
skipped_by_launcher | result top
skipped_by_launcher | result external/other/x/y
skips 0 <<'END'
@other//x:y
    the machine offers no SVM
//kvm/deep:part/needs
    needs.second: kvm/needs.c:16: <no> "AVIC" &amp; no more
    needs.third: no reason is given
//kvm:repeated
    the machine offers no SVM
//kvm:sharded
    the machine offers no SVM
//kvm:svm_i386
    the machine offers no SVM
//:top
    the machine offers no SVM
skips: 6 of 8 tests skipped something, by the last result of each
END

skips 0 //kvm:svm_i386 //a/... <<'END'
//kvm:svm_i386
    the machine offers no SVM
skips: 1 of 2 tests skipped something, by the last result of each
END
skips 1 //kvm <<END
skips: no test of //kvm has left a result in $out/testlogs
  Fix: run ./bazelw test first, with the same -c and --platforms as this.
END
# A folder's name alone stands for the test of that name.
skipped_by_launcher | result kvm/kvm
skips 0 //kvm <<'END'
//kvm:kvm
    the machine offers no SVM
skips: 1 of 1 tests skipped something, by the last result of each
END
rm -r "$out/testlogs/kvm"/{kvm,repeated,sharded}
skips 0 //kvm:all <<'END'
//kvm:svm_i386
    the machine offers no SVM
skips: 1 of 2 tests skipped something, by the last result of each
END
skips 0 //kvm/... <<'END'
//kvm/deep:part/needs
    needs.second: kvm/needs.c:16: <no> "AVIC" &amp; no more
    needs.third: no reason is given
//kvm:svm_i386
    the machine offers no SVM
skips: 2 of 3 tests skipped something, by the last result of each
END

# A package that is gone has no tests.
rm "$workspace/kvm/deep/BUILD.bazel" "$workspace/kvm/BUILD" "$workspace/BUILD.bazel"
skips 0 //... <<'END'
@other//x:y
    the machine offers no SVM
skips: 1 of 2 tests skipped something, by the last result of each
END

skips 1 --config=amd <<'END'
skips: '--config=amd' is no pattern that it knows
  Fix: write //folder/..., //folder, //folder:all or //folder:test; options belong before the --.
END
BUILD_WORKSPACE_DIRECTORY='' skips 1 <<'END'
skips: this only works when Bazel runs it
  Fix: ./bazelw run //:skips
END

[ $failures -eq 0 ]
