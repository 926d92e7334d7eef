#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The program, with a module of two functions, and with tests that call them here.
#
# usage: coverage_test.sh COMMON FAKE_BAZEL PROGRAM COUNT MODULE PLAIN SOURCE LLVM_COV LLVM_PROFDATA
# PLAIN: an object that nothing is counted in.
set -eu

# shellcheck source=kvm_lab/coverage/tests/common.sh
. "$1"
make_workspace "$3" "$2"
export COUNT=$PWD/$4
export RINGSIDE_COVERAGE_FILES=$5 RINGSIDE_COVERAGE_MAKEFILE=$7
export RINGSIDE_COVERAGE_COV=$8 RINGSIDE_COVERAGE_PROFDATA=$9
plain=$6
report=$FAKE/report

# The names of tests say what they do: //plus:test calls sign(1).
cat >"$FAKE/run" <<'END'
#!/bin/sh
counters=$2/test.outputs/kvm_counters
mkdir -p "$counters"
case $1 in
//plus* | @kvm_unit_tests//*)
	"$COUNT" "$counters/sample" +
	printf '%s\n' '<testsuites tests="1" time="1.5" name="AllTests">' '<testsuite time="1.4">' \
		'<property name="machine" value="amd"/>' >"$2/test.xml"
	;;
//minus*)
	"$COUNT" "$counters/sample" -
	echo '<property name="machine" value="intel"/>' >"$2/test.xml"
	;;
//fails*) "$COUNT" "$counters/sample" 2 && exit 1 ;;
//other*) echo 12345678 >"$counters/sample" ;;
//host*) ;;
esac
END
chmod +x "$FAKE/run"

# sign() has five lines and a branch each way, twice() three lines.
expect 0 "1 of 2 functions are reached" --output="$report" //plus:test //minus:test -- --jobs=1
has "$report/coverage.md" \
	"| file | lines | branches | plus:test: lines | branches | minus:test: lines | branches | all: lines | branches |"
has "$report/coverage.md" \
	"| sample.c | 8 | 2 | 50.0 % | 50.0 % | 50.0 % | 50.0 % | 62.5 % | 100.0 % |"
has "$report/plus_test/unreached.txt" "sample.c:13 twice"
has_not "$report/plus_test/unreached.txt" "sample.c:6 sign"
[ -s "$report/all/index.html" ] || fail "there is no page of all"
grep -q "FNF:2" "$report/all/coverage.lcov" || fail "all/coverage.lcov has not two functions"
grep -q -- "--jobs=1 --//machines:modules=//kvm:counts" "$FAKE/asked" ||
	fail "Bazel is not asked for the modules: $(cat "$FAKE/asked")"
[ ! -e "$report/work" ] || fail "work/ is still there"

# Each test by itself.
[ ! -e "$report/reached.txt" ] || fail "there is a reached.txt that nobody asked for"
expect 0 "1 of 2 functions are reached" --output="$report" --tests //plus:test //minus:test
tr '\t' ' ' <"$report/reached.txt" >"$FAKE/reached"
diff - "$FAKE/reached" <<'END' || fail "reached.txt is wrong"
lines sample.c 6-10,13-15
test //plus:test amd 1.5
reached sample.c 6-7,9-10
test //minus:test intel 
reached sample.c 6-8,10
END

# All tests of another repository.
expect 0 "kvm_unit_tests: 1 tests have counted" --output="$report" @kvm_unit_tests//...
has "$report/coverage.md" "| file | lines | branches | kvm_unit_tests: lines | branches |"
[ -s "$report/kvm_unit_tests/index.html" ] || fail "there is no page of another repository"

# What failed counts, and is named.
expect 0 "//fails:test: did not pass, and counts" --output="$report" //fails:test
has_not "$report/fails_test/unreached.txt" "sample.c:13 twice"

expect 0 "usage: bazel run //kvm_lab:coverage" --help
expect 2 "no tests are named" --output="$report"
expect 2 "unknown option '--jobs=1'" --jobs=1 //plus:test
expect 2 "'//plus:test' is named twice" //plus:test //plus:test
expect 2 "stands behind --, where Bazel's options do" //plus:test -- //minus:test
expect 2 "is no label" --output="$report" "//a b"
expect 2 "'//none:library' has no tests; name some of kvm_test()" --output="$report" //none:library
expect 1 "//host:test: no counters: it does not run in an emulated machine" --output="$report" //host:test
expect 1 "no test of '//host:test' has brought counters" --output="$report" //host:test
expect 125 "they are of different modules" --output="$report" //other:test
RINGSIDE_COVERAGE_FILES=$plain expect 2 "has no counters; name kvm_modules(coverage = True)" //plus:test
RINGSIDE_COVERAGE_FILES=$7 expect 2 "is no object of x86-64" //plus:test
head -c 600 "$5" >"$FAKE/cut.o"
RINGSIDE_COVERAGE_FILES=$FAKE/cut.o expect 2 "is no object of x86-64, or a damaged one" //plus:test
exit "$((failures != 0))"
