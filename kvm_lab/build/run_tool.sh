# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# For the scripts here: programs of a package of headers.

# usage: run_tool RUNTIME PROGRAM ARGUMENT...
# RUNTIME: the folders with the loader and the libraries, colons between; "" where the
# program finds its own.
run_tool() {
	runtime=$1
	shift
	if [ -z "$runtime" ]; then
		"$@"
		return
	fi
	"${runtime%%:*}/ld-linux-x86-64.so.2" --inhibit-cache --library-path "$runtime" "$@"
}
