#!/bin/bash
# SPDX-License-Identifier: MIT
# What tests came to, on results as GoogleTest, the machines' runner and Bazel write them.
set -u

here=$PWD/tools/results
supervisor=$PWD/machines/supervisor/supervisor
world=$TEST_TMPDIR/world
workspace=$world/workspace
out=$world/base/execroot/_main/bazel-out/k8-fastbuild
failed=0

complain() {
	echo "FAILED: $current: $1" >&2
	sed 's/^/    /' "$world/out" >&2
	failed=$((failed + 1))
}

# usage: results WHAT STATUS [PATTERN]...   its expected output is read from stdin
results() {
	local what=$1 expected=$2 status=0
	shift 2
	current="$what $*"
	(cd "$out/bin/tools/results/$what.runfiles" &&
		BUILD_WORKSPACE_DIRECTORY="${BUILD_WORKSPACE_DIRECTORY-$workspace}" bash "$here/results.sh" "$what" "$@") \
		>"$world/out" 2>&1 || status=$?
	[ "$status" -eq "$expected" ] || complain "status $status, not $expected"
	diff - "$world/out" >"$world/diff" || complain "it says something else: $(<"$world/diff")"
}

skips() { results skips "$@"; }
failures() { results failures "$@"; }
ktap() { results ktap "$@"; }

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

mkdir -p "$workspace"/{a,kvm/deep} "$out"/bin/tools/results/{skips,failures,ktap}.runfiles
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

# --- The same results, and failures ----------------------------------------------

rm -r "$out/testlogs"
failures 1 <<END
failures: no test has left a result in $out/testlogs
  Fix: run ./bazelw test first, with the same -c and --platforms as this.
END

result a/passes <<'END'
<testcase name="t" status="run" result="completed" classname="s" />
<testcase name="u" status="run" result="skipped" classname="s"><skipped message="no SMP"/></testcase>
END
skipped_by_launcher | result a/skips
# GoogleTest's: CDATA holds the text once more, and whatever a guest prints.
result a/fails <<'END'
<properties>
<property name="machine" value="amd"/>
<property name="kvm_amd.npt" value="1"/>
</properties>
<testcase name="first" status="run" result="completed" time="0.001" classname="s"/>
<testcase name="second #2" status="run" result="completed" classname="s">
  <properties><property name="own" value="1"/></properties>
  <failure message="a/fails.c:7&#x0A;TFAIL: 1 &lt; 2 &amp;gt;" type=""><![CDATA[a/fails.c:7
<testcase name="forged" classname="s"><failure message="forged"/></testcase>
TFAIL]]></failure>
  <failure message="a/fails.c:8&#x0A;TFAIL: again" type=""><![CDATA[]]></failure>
</testcase>
<testcase name="third" status="run" result="skipped" classname="s"><skipped message="a/fails.c:9&#x0A;TCONF: no #AVIC"/></testcase>
END
# GoogleTest's, of an assertion: several lines.
result a/asserts <<'END'
<testcase name="only" classname="Asserts"><failure message="a/asserts.cc:1&#x0A;Expected equality of these values:&#x0A;  1&#x0A;  2" type=""></failure></testcase>
END
# The supervisor's: the label is the suite.
result a/program <<'END'
<testcase name="parent/child" classname="//a:program" result="completed"><failure message="not ok"/></testcase>
<testcase name="//a:program" classname="//a:program" result="completed"><failure message="exit status 7"/></testcase>
END
# Bazel's own, for a test that has left nothing.
result a/script <<'END'
<testcase name="a/script" status="run" duration="1" time="1"><error message="exited with error code 3"></error></testcase>
<system-out>
Generated test.log (if the file is not UTF-8, then this may be unreadable):
<![CDATA[<testcase name="forged" classname="s"><failure message="forged"/></testcase>]]>
</system-out>
END
failures 0 <<'END'
//a:asserts
    Asserts.only: a/asserts.cc:1: Expected equality of these values:
          1
          2
//a:fails
    s.second #2: a/fails.c:7: TFAIL: 1 < 2 &gt;
        and 1 more
//a:program
    parent/child: not ok
    exit status 7
//a:script
    exited with error code 3
failures: 4 of 6 tests failed, by the last result of each
END
failures 0 //a:passes <<'END'
failures: 0 of 1 tests failed, by the last result of each
END
skips 0 <<'END'
//a:fails
    s.third: a/fails.c:9: no #AVIC
//a:passes
    s.u: no SMP
//a:skips
    the machine offers no SVM
skips: 3 of 6 tests skipped something, by the last result of each
END

# --- KTAP ---------------------------------------------------------------------------

ktap 0 //a/... <<'END'
KTAP version 1
1..6
  KTAP version 1
  1..1
  # a/asserts.cc:1
  # Expected equality of these values:
  #   1
  #   2
  not ok 1 Asserts.only
not ok 1 //a:asserts
  KTAP version 1
  1..3
  # machine: amd
  # kvm_amd.npt: 1
  ok 1 s.first
  # a/fails.c:7
  # TFAIL: 1 < 2 &gt;
  not ok 2 s.second _2
  ok 3 s.third # SKIP a/fails.c:9: no #AVIC
not ok 2 //a:fails
  KTAP version 1
  1..2
  ok 1 s.t
  ok 2 s.u # SKIP no SMP
ok 3 //a:passes
  KTAP version 1
  1..2
  # not ok
  not ok 1 parent/child
  # exit status 7
  not ok 2 //a:program
not ok 4 //a:program
  KTAP version 1
  1..1
  # exited with error code 3
  not ok 1 //a:script
not ok 5 //a:script
  KTAP version 1
  1..1
  ok 1 //a:skips # SKIP the machine offers no SVM
ok 6 //a:skips # SKIP the machine offers no SVM
END

# Whoever reads KTAP finds the same in it.
current="what reads KTAP"
printf '#!/bin/sh\ncat %q\n' "$world/out" >"$world/print"
chmod +x "$world/print"
! XML_OUTPUT_FILE=$world/read.xml "$supervisor" -- "$world/print" >"$world/read" || complain "it reads a pass"
cp "$world/read" "$world/out"
grep -q '^ringside: FAILED: 5 of 10 cases failed (10 cases)' "$world/read" || complain "it reads something else"
grep -q '^ringside: failed case: //a:fails/s.second _2$' "$world/read" || complain "it misses a case"

[ $failed -eq 0 ]
