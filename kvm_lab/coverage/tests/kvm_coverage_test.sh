#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The program, with KVM that counts, and two tests on the machine amd: of the functions
# that each is known to reach, and not to reach, the report says so.
#
# usage: kvm_coverage_test.sh COMMON FAKE_BAZEL PROGRAM SVM_TEST HELLO_TEST LLVM_COV LLVM_PROFDATA
set -eu

# shellcheck source=kvm_lab/coverage/tests/common.sh
. "$1"
make_workspace "$3" "$2"
export SVM_TEST=$PWD/$4 HELLO_TEST=$PWD/$5
export RINGSIDE_COVERAGE_COV=$6 RINGSIDE_COVERAGE_PROFDATA=$7
modules=kvm_lab/coverage/kvm
export RINGSIDE_COVERAGE_FILES=$modules/kvm.ko,$modules/kvm-amd.ko,$modules/kvm-intel.ko
RINGSIDE_COVERAGE_MAKEFILE=$(echo ../*ringside_linux_source/linux-source-*/Makefile)
export RINGSIDE_COVERAGE_MAKEFILE
report=$FAKE/report
nested=arch/x86/kvm/svm/nested.c

cat >"$FAKE/run" <<'END'
#!/bin/sh
export TEST_UNDECLARED_OUTPUTS_DIR="$2/test.outputs" TEST_TMPDIR="$2/tmp" XML_OUTPUT_FILE="$2/test.xml"
mkdir "$2/test.outputs" "$2/tmp"
case $1 in
//svm*) exec "$SVM_TEST" ;;
//hello*) exec "$HELLO_TEST" ;;
esac
END
chmod +x "$FAKE/run"

# unreached SUITE FUNCTION: whether a suite's list has it
unreached() {
	grep -q "^$nested:[0-9]* $2\$" "$report/$1/unreached.txt"
}

expect 0 "functions are reached" --output="$report" //svm:test //hello:test
[ "$failures" = 0 ] || {
	cat "$FAKE"/test.*/test.log
	exit 1
}
! unreached svm_test nested_svm_vmrun || fail "a test of VMRUN does not reach nested_svm_vmrun"
unreached hello_test nested_svm_vmrun || fail "a guest without VMRUN reaches nested_svm_vmrun"
! unreached all nested_svm_vmrun || fail "both together don't reach what one reaches"
unreached all svm_set_nested_state || fail "svm_set_nested_state is reached; no test loads nested state"
# What every guest runs, in each of the modules that are loaded.
for function in virt/kvm/kvm_main.c:kvm_vcpu_ioctl arch/x86/kvm/svm/svm.c:svm_vcpu_run; do
	if grep -q "^${function%:*}:[0-9]* ${function#*:}\$" "$report/hello_test/unreached.txt"; then
		fail "hello does not reach $function"
	fi
done
# A module that no machine has loaded.
grep -q "^arch/x86/kvm/vmx/vmx.c:[0-9]* vmx_vcpu_run\$" "$report/all/unreached.txt" ||
	fail "vmx_vcpu_run is reached on an AMD CPU"
# What stands behind a macro with an assertion of the kernel's: the end of each machine
# drops its MSR filter, which srcu_dereference_check() reads, and then the PIC.
x86=arch/x86/kvm/x86.c
line=$(grep -nA1 "srcu_dereference_check(kvm->arch.msr_filter" "$(dirname "$RINGSIDE_COVERAGE_MAKEFILE")/$x86" |
	sed -n 's/-[[:space:]]*kvm_pic_destroy(kvm);$//p')
[ -n "$line" ] || fail "$x86 is another one: no kvm_pic_destroy() behind the filter's end"
sed -n "\\,^SF:.*/$x86\$,,/^end_of_record/p" "$report/hello_test/coverage.lcov" | grep -q "^DA:$line,[1-9]" ||
	fail "the statement behind a macro, $x86:$line, did not run"
exit "$((failures != 0))"
