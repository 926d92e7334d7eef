#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Boots a machine in every way that ends before there is a snapshot, and looks
# at what a user sees of it, and at what is left behind.
#
# usage: boot_failures_test.sh MACHINE KERNEL
set -u

readonly machine=$1
kernel=$(readlink -f "$2")
readonly runfiles=$TEST_SRCDIR
# There is one release only.
readonly modules=("$runfiles"/ringside_linux/lib/modules/*/kernel)
readonly machines=$runfiles/ringside/machines
readonly work=$TEST_TMPDIR/work
checks=0
failures=0

fail() {
	printf 'FAIL: %s: %s\n' "$current" "$*"
	sed 's/^/    | /' "$work/output"
	failures=$((failures + 1))
}

says() {
	grep -qF -- "$1" "$work/output" || fail "does not say '$1'"
}

# setting KEY: what the machine's description says of itself.
setting() {
	sed -n "s/^$1 //p" "$machines/$machine.machine"
}

# make_initramfs NAME OPTION...
make_initramfs() {
	local name=$1
	shift
	"$machines/initramfs/make_initramfs" --output="$work/$name" --modules="${modules[0]}" "$@" >"$work/output" 2>&1
}

# start INITRAMFS SECONDS KERNEL_OPTION...: boots the machine, in the place of this shell.
start() {
	local initramfs=$work/$1 seconds=$2
	shift 2
	case $machine in
	amd_qemu)
		exec "$machines/qemu/make_snapshot" --root "$runfiles/ringside_qemu" --cpu "${cpu-$(setting cpu)}" --cpus 1 \
			--memory "$(setting memory)" --kernel "$kernel" --initrd "$initramfs" \
			--append "quiet no_timer_check $*" --timeout "$seconds" --output "$work/snapshot"
		;;
	*)
		"$machines/bochs/boot_image" --kernel "$kernel" --initramfs "$initramfs" --memory "$(setting memory)" \
			--append "console=ttyS0 panic=-1 ringside_mailbox=1 tsc_early_khz=20000 quiet no_timer_check cryptomgr.notests mitigations=off $*" \
			--image "$work/image" --rom "$work/rom" || exit 1
		exec "$machines/bochs/make_snapshot" --bochs "$machines/bochs/bochs" \
			--bios "$runfiles/ringside_bochs_firmware/usr/share/bochs/BIOS-bochs-latest" \
			--vgabios "$runfiles/ringside_bochs_firmware/usr/share/vgabios/vgabios.bin" \
			--boot-rom "$work/rom" --image "$work/image" --cpu "${cpu-$(setting cpu)}" --cpu-khz 20000 \
			--memory "$(setting memory)" --timeout "$seconds" --output "$work/snapshot"
		;;
	esac >"$work/output" 2>&1
}

# How many emulators run with this test's files: QEMU is told of them, Bochs runs in their folder.
emulators() {
	local process count=0
	for process in /proc/[0-9]*; do
		if [ "$(readlink "$process/cwd")" = "$work/snapshot" ] ||
			tr '\0' ' ' <"$process/cmdline" | grep -q "qemu-syste[m].*$work"; then
			count=$((count + 1))
		fi
	done 2>/dev/null
	echo $count
}

# boot NAME INITRAMFS SECONDS KERNEL_OPTION...: boots it, in vain.
boot() {
	current=$1
	shift
	checks=$((checks + 1))
	rm -rf "$work/snapshot"
	[ -z "${prepare-}" ] || $prepare
	(start "$@")
	[ $? = 1 ] || fail "the exit status is not 1"
	[ "$(emulators)" = 0 ] || fail "an emulator is left running"
}

# end_it SIGNAL: ends a boot from outside, and its emulator must end as well.
end_it() {
	current="SIG$1 while booting"
	checks=$((checks + 1))
	rm -rf "$work/snapshot" "$work/output"
	(start hanging 600 -- hang) &
	local child=$!
	until [ "$(emulators)" = 1 ]; do
		[ -d "/proc/$child" ] || { fail "ended early" && return; }
		sleep 0.05 # the emulator is not this shell's child: nothing to wait for
	done
	kill "-$1" "$child"
	wait "$child" 2>/dev/null
	# The kernel kills the emulator, a moment later.
	for _ in $(seq 200); do
		[ "$(emulators)" = 0 ] && return
		sleep 0.05
	done
	fail "an emulator is left running"
}

mkdir -p "$work"
case $machine in
amd*) readonly kvm=kvm_amd ;;
intel) readonly kvm=kvm_intel ;;
esac

current="a module that is none"
checks=$((checks + 1))
echo "no module" >"$work/none.ko"
make_initramfs none --init="$machines/init/init" --modules="$work/none.ko" --load none && fail "accepted"
says "make_initramfs: $work/none.ko is no 64-bit ELF file, so no kernel module"

current="a parameter that the module doesn't know"
checks=$((checks + 1))
make_initramfs none --init="$machines/init/init" --load "$kvm nested=1 nestd=1" && fail "accepted"
says "make_initramfs: module $kvm has no parameter 'nestd'"

current="the initramfs images"
make_initramfs plain --init="$machines/init/init" || fail "refused"
make_initramfs bad_parameter --init="$machines/init/init" --load "$kvm nested=maybe" || fail "refused"
make_initramfs hanging --init="$machines/tests/guest_program" || fail "refused"
virtio=()
[ "$machine" != amd_qemu ] || virtio=(--load virtio_pci --load virtio_console)
make_initramfs good --init="$machines/init/init" --load "$kvm nested=1" "${virtio[@]}" || fail "refused"

boot "a kernel without KVM" plain 120
says "make_snapshot: the machine does not come up: no /dev/kvm on Linux "
says "this kernel has KVM neither built in nor among the modules given"
says "Fix: a kernel with CONFIG_KVM, and CONFIG_KVM_AMD or CONFIG_KVM_INTEL"
says "the last lines of the machine's console:"

# The kernel's own option does what one without CONFIG_DEBUG_FS does.
boot "a kernel without a file system that is needed" good 120 debugfs=off
says "there is no folder sys/kernel/debug. Fix: a kernel with CONFIG_DEBUG_FS"

if [ "$machine" = amd_qemu ]; then
	make_initramfs deaf --init="$machines/init/init" --load "$kvm nested=1" --load virtio_pci || fail "refused"
	boot "a kernel without a driver for the channel" deaf 120
	says "make_snapshot: the machine does not come up: /dev/vport0p1 did not appear within 20 s"
	says "Fix: CONFIG_VIRTIO_CONSOLE and CONFIG_VIRTIO_PCI"
fi

boot "a capability that the machine lacks" good 120 ringside_provides=svm,vmx
says "make_snapshot: the machine does not come up: this machine is declared to provide what it lacks: "

boot "a capability that is none" good 120 ringside_provides=magic
says "make_snapshot: the machine does not come up: this machine is declared to provide 'magic', which is no capability"

boot "a module that can't be loaded" bad_parameter 120
says "make_snapshot: the machine does not come up: cannot load module $kvm.ko (parameters \"nested=maybe\"): "

# The kernel panics when init, here with no argument, ends.
boot "a panic" hanging 120
says "make_snapshot: the machine's kernel panicked while booting"
says "Attempted to kill init"

boot "a hang" hanging 10 -- hang
says "make_snapshot: the machine was not ready within 10 s: it hangs while booting"

current="a kernel that is none"
kernel=$work/output
boot "$current" plain 120
kernel=$(readlink -f "$2")
case $machine in
amd_qemu) says "QEMU said:" ;;
*) says "is not a bzImage" ;;
esac

cpu=z80
boot "a CPU that the emulator doesn't know" good 120
case $machine in
amd_qemu) says "unable to find CPU model 'z80'" ;;
*) says "make_snapshot: Bochs has no CPU model 'z80'" ;;
esac
unset cpu

# A disk that is full: writing to the device says so.
fill_ram() {
	mkdir "$work/snapshot"
	ln -s /dev/full "$work/snapshot/ram"
}
prepare=fill_ram
boot "a full disk" good 120
says "No space left on device"
prepare=

end_it TERM
end_it KILL

echo "$checks checks, $failures failed"
[ "$failures" = 0 ]
