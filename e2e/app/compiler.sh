#!/bin/sh
# SPDX-License-Identifier: MIT
# Stands in for compiler, archiver and linker: what it links is a script that says how.
arguments=$*
output=
dependencies=
compiles=
while [ $# -gt 0 ]; do
	case $1 in
	-c) compiles=1 ;;
	-o)
		output=$2
		shift
		;;
	-MF)
		dependencies=$2
		shift
		;;
	*.a) output=${output:-$1} ;;
	esac
	shift
done
[ -z "$dependencies" ] || echo "$output:" >"$dependencies"
if [ -n "$compiles" ]; then
	: >"$output"
	exit
fi
cat >"$output" <<END
#!/bin/sh
echo 'linked by the other toolchain: $arguments'
END
chmod +x "$output"
