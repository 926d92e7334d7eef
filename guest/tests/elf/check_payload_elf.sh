#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Prints what a payload's ELF file holds that bare virtual hardware can't take,
# one line per finding; nothing when it is sound. Fails when it can't tell.
#
# usage: check_payload_elf.sh LLVM_BIN PAYLOAD_ELF [simd]
#   simd: the payload may have instructions of x87, MMX and SSE.
set -euo pipefail

llvm=$1
elf=$2
features=${3-}

# Every instruction, under the name of its function. The start code's tables and
# 16-bit instructions would be misread.
disassembly=$("$llvm/llvm-objdump" --disassemble --no-show-raw-insn --no-leading-addr "$elf" |
	sed 's/ *# imm = .*//' |
	awk '/>:$/ { skipped = /<kvm_(payload_|real_mode)/ } !skipped')
grep -q '>:$' <<<"$disassembly" || {
	echo "$elf: no code found in it" >&2
	exit 1
}

# x87 mnemonics begin with f, and nothing else does; MMX and SSE show by their registers.
[ "$features" = simd ] || awk '
	/>:$/ { name = $1; next }
	$1 ~ /^f[a-z0-9]+$/ || $1 == "emms" || /%([xyz]?mm[0-9]|st[ (,]|st$|k[0-7])/ {
		print "floating point or vector instruction in " name " " $0
	}' <<<"$disassembly"

# A function that keeps data below its stack pointer: an interrupt would
# overwrite it. The space that it owns is what it pushed and subtracted.
awk '
	function flush() {
		if (deepest > owned && !dynamic)
			print "red zone used in " name " (" deepest " bytes below the frame, owns " owned ")"
		owned = deepest = dynamic = 0
	}
	function hex(text,	value, i) {
		for (i = 3; i <= length(text); i++)
			value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
		return value
	}
	/>:$/ { flush(); name = $1; next }
	$1 ~ /^push/ && $2 != "%rbp" { owned += 8 }
	$1 ~ /^sub/ && $NF == "%rsp" {
		if (match($2, /^\$0x[0-9a-f]+,$/))
			owned += hex(substr($2, 2, length($2) - 2))
		else
			dynamic = 1
	}
	$1 ~ /^(and|lea|mov)/ && $NF == "%rsp" { dynamic = 1 }
	match($0, /-0x[0-9a-f]+\(%r[bs]p/) {
		depth = hex(substr($0, RSTART + 1, RLENGTH - 6))
		if (substr($0, RSTART + RLENGTH - 2, 2) == "sp")
			depth += owned
		if (depth > deepest)
			deepest = depth
	}
	END { flush() }' <<<"$disassembly"

"$llvm/llvm-nm" --undefined-only "$elf" | sed 's/^ *[Uw] */undefined symbol /'

"$llvm/llvm-readelf" --program-headers --wide "$elf" | awk '
	$1 == "LOAD" {
		loads++
		flags = ""
		for (i = 7; i < NF; i++)
			flags = flags $i
		if (flags ~ /W/ && flags ~ /E/)
			print "segment at " $3 " is writable and executable"
	}
	END { if (!loads) print "no loadable segment" }'
