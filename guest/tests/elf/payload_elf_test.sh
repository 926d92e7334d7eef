#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# usage: payload_elf_test.sh LLVM_OBJDUMP PAYLOAD_ELF EXPECTED_FINDING [simd]
set -uo pipefail

runfiles=$TEST_SRCDIR
findings=$("$runfiles/$TEST_WORKSPACE/guest/tests/elf/check_payload_elf.sh" \
	"$runfiles/${1%/*}" "$runfiles/$2" "${4-}") || exit 1
expected=$3

echo "findings: ${findings:-none}"
if [ -z "$expected" ]; then
	[ -z "$findings" ]
else
	grep -qF "$expected" <<<"$findings"
fi
