#!/bin/sh
# SPDX-License-Identifier: MIT
# The program was linked by the other toolchain, with the options of that and no others.
said=$("$1") || exit
echo "$said"
case $said in
*-static*) exit 1 ;;
"linked by the other toolchain:"*" -lz"*) ;;
*) exit 1 ;;
esac
