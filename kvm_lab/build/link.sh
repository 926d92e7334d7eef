#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Links objects to KVM's modules.
#
# usage: link.sh RUN_TOOL RUNTIME MODPOST SYMVERS LINKER_SCRIPT LLVM_BIN FOLDER MODULE... -- FLAG...
#
# MODULE: "NAME OBJECT...". Leaves FOLDER/NAME.ko. FLAG: the compiler's.
set -eu
top=$PWD
# shellcheck source=kvm_lab/build/run_tool.sh
. "./$1"
runtime=$2 modpost=$top/$3 symvers=$top/$4 script=$5 llvm=$6 folder=$7
shift 7

names=
while [ "$1" != -- ]; do
	name=${1%% *}
	names="$names $name"
	# The objects are a list of words.
	# shellcheck disable=SC2086
	"$llvm/ld.lld" -m elf_x86_64 -r -o "$folder/$name.o" ${1#* }
	# modpost reads the versions of what a module exports from here.
	echo "$name.o" >"$folder/$name.mod"
	{
		echo
		awk -F '\t' -v "module=arch/x86/kvm/$name" \
			'$3 == module { print "#SYMVER " $2 " " $1 }' "$symvers"
	} >"$folder/.$name.o.cmd"
	shift
done
shift

awk -F '\t' '$3 !~ "^arch/x86/kvm/"' "$symvers" >"$folder/kernel.symvers"
case $runtime in
'') ;;
*) runtime=$top/$(echo "$runtime" | sed "s|:|:$top/|g") ;;
esac
(
	cd "$folder"
	for name in $names; do
		echo "$name.o"
	done >objects
	run_tool "$runtime" "$modpost" -m -e -i kernel.symvers -o modules.symvers -T objects
)
for name in $names; do
	word=$(echo "$name" | tr - _)
	"$llvm/clang" "$@" "-DKBUILD_BASENAME=\"$word.mod\"" "-DKBUILD_MODNAME=\"$word\"" \
		"-D__KBUILD_MODNAME=kmod_$word" -c -o "$folder/$name.mod.o" "$folder/$name.mod.c"
	"$llvm/ld.lld" -r -m elf_x86_64 -z noexecstack --build-id=sha1 -T "$script" \
		-o "$folder/$name.ko" "$folder/$name.o" "$folder/$name.mod.o"
done
