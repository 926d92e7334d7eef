#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The payloads' linker asks here about each symbol that nothing defines: what the
# user may not know is said before its own message.
#
# usage: undefined_symbol.sh undefined-symbol NAME
case "$1 $2" in
# The compiler's functions for floating point, by GCC's names: __addsf3, __fixdfsi.
"undefined-symbol "__*[sdx]f[0-9] | "undefined-symbol "__fix*[sdx]f[sd]i | "undefined-symbol "__float*[sd]i[sdx]f | \
	"undefined-symbol "__extend[sdx]f[sdx]f2 | "undefined-symbol "__trunc[sdx]f[sdx]f2)
	cat >&2 <<END
$2 is a function for floating point, which payloads do not have.
Fix: kvm_test(payload_features = ["simd"]) gives it to this one; or use integers.
END
	;;
esac
