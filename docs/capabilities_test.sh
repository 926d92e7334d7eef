#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Whether docs/machines.md has the table of capabilities that the code has.
#
# usage: capabilities_test.sh DOCUMENT LINES
set -euo pipefail

sed -n '/^| capability |/,/^$/{/^| `/p}' "$1" | diff - "$2" ||
	{
		echo "$1: replace the lines marked < by those marked >, which are in $2"
		exit 1
	}
