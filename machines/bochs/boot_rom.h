/* SPDX-License-Identifier: MIT */
/*
 * What boot_rom.S and boot_image.c agree on: where things lie in the machine's
 * memory while Linux' real-mode code runs, as its boot protocol proposes
 * (Documentation/arch/x86/boot.rst, "Loading the rest of the kernel").
 */
#ifndef RINGSIDE_BOOT_ROM_H
#define RINGSIDE_BOOT_ROM_H

/* Where the ROM is in memory; Bochs' configuration says so too. */
#define BOOT_ROM_ADDRESS 0xd0000

/* Where the BIOS calls an expansion ROM (PCI Firmware Specification, 5.1.3). */
#define BOOT_ROM_ENTRY 3

/* Linux' setup code, its stack and heap, then the command line: 64 KiB. */
#define BOOT_SETUP_SEGMENT 0x1000
#define BOOT_SETUP_ADDRESS (BOOT_SETUP_SEGMENT * 16)
#define BOOT_SETUP_SIZE 0x10000
#define BOOT_STACK_TOP 0xe000
#define BOOT_COMMAND_LINE 0xe000

#endif
