#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# third_party/npm_registry: which npm registry it names.
# shellcheck disable=SC2154 # fakes.bash's variables
set -uo pipefail

# shellcheck source-path=SCRIPTDIR source=fakes.bash
. "$(dirname "${BASH_SOURCE[0]}")/fakes.bash"

# usage: registry_of ANSWER   npm answers with it, or is not there if it is empty
registry_of() {
	new_world
	unset NPM_REGISTRY
	[ -z "$1" ] || fake npm <<-F
		[ "\$*" = "config get registry" ] && echo '$1'
	F
}

# usage: check_registry WHAT URL
check_registry() {
	status=0
	PATH=$world/bin sh "$root/third_party/npm_registry" >"$world/out" 2>"$world/err" || status=$?
	check "$1" prints "$2"
	check "$1: status" ends_with 0
	check "$1: nothing else is said" is_silent
}

registry_of https://npm.invalid/
check_registry "npm's own" https://npm.invalid
export NPM_REGISTRY=http://other.invalid//
check_registry "the one that is named" http://other.invalid
export NPM_REGISTRY=none
check_registry "none is wanted" ""

registry_of undefined
check_registry "npm knows none" ""
registry_of ""
check_registry "no npm" ""

registry_of "gopher://npm.invalid"
status=0
PATH=$world/bin sh "$root/third_party/npm_registry" >"$world/out" 2>"$world/err" || status=$?
check "no URL: status" ends_with 1
check "no URL: says so" says "the npm registry is 'gopher://npm.invalid', which is no http:, https: or file: URL"
check "no URL: names the mend" says "--repo_env=NPM_REGISTRY=none"

finish
