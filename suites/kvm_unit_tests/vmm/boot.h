/* SPDX-License-Identifier: MIT */
/* What a loader and a PC's firmware leave in memory for the image. */
#ifndef RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_BOOT_H
#define RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_BOOT_H

#include "suites/kvm_unit_tests/vmm/machine.h"

/* Of eax when the image begins: Multiboot Specification, 3.2. */
#define MULTIBOOT_MAGIC 0x2badb002u

/*
 * What is written for the image begins here and ends below FIRMWARE_START: no part of
 * an image may be there.
 */
#define BOOT_INFORMATION 0x90000u

/* Where the firmware's tables are; RAM for the image ends below, and goes on at 1 MiB. */
#define FIRMWARE_START 0xe0000u

/**
 * write_boot_information() - write what the image is to be told
 * @machine: with the image in its RAM
 *
 * Return: the address of the Multiboot information, for ebx.
 */
uint32_t write_boot_information(struct machine *machine);

/** write_acpi_tables() - write the tables that lead from the RSDP to the FACS */
void write_acpi_tables(unsigned char *ram);

/* Offset of the waking vector in the FACS, and where that is: ACPI 6.5, 5.2.10. */
#define ACPI_FACS (FIRMWARE_START + 0x400)
#define ACPI_FACS_WAKING_VECTOR 12

#endif /* RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_BOOT_H */
