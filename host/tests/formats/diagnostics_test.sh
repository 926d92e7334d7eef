#!/bin/bash
# SPDX-License-Identifier: MIT
# The compiler has refused a source for exactly what its comments expect.
#
# usage: diagnostics_test.sh LOG
set -u

cat "$1"
grep -qx "compiler's exit status: 0" "$1"
