/* SPDX-License-Identifier: MIT */
/* From addresses in the payload to functions and lines of its source. */
#ifndef RINGSIDE_HOST_DIAGNOSIS_SYMBOLS_H
#define RINGSIDE_HOST_DIAGNOSIS_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tst_place {
	const char *function; /* NULL if unknown */
	uint64_t offset; /* of the address in the function */
	char file[256]; /* empty if unknown */
	int line;
};

/*
 * The payload's ELF file, which the build puts beside its flat image. Nothing
 * of it reaches the guest, and nothing of the guest's enters here but addresses.
 */
struct tst_elf {
	const unsigned char *start, *end;
	bool is_64;
};

/* A part of the ELF file; empty if there is none. */
struct tst_section {
	const unsigned char *start, *end;
};

/* Finds the payload's ELF file. Returns false if the controller has none. */
bool tst_elf_open(struct tst_elf *elf);

/* The contents of a section, by name. */
struct tst_section tst_elf_section(const struct tst_elf *elf, const char *name);

/* What is known of the place of @address; false if it is nothing at all. */
bool tst_find_place(uint64_t address, struct tst_place *place);

/*
 * File and line of @address, from the line table (DWARF 5, "Line Number
 * Information"). Returns false if it is in no line.
 */
bool tst_find_line(const struct tst_elf *elf, uint64_t address, struct tst_place *place);

#endif /* RINGSIDE_HOST_DIAGNOSIS_SYMBOLS_H */
