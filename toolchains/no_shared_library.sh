#!/bin/sh
# SPDX-License-Identifier: MIT
# Stands where the linker of shared libraries would.
cat >&2 <<'END'
Ringside's toolchain links no shared library: its programs are static.
Fix: let what needs this library depend on the cc_library behind it; or build it with a toolchain of
your own, without a platform of Ringside's in --platforms.
END
exit 1
