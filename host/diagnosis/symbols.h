/* SPDX-License-Identifier: MIT */
/* From addresses in the payload to functions and lines of its source. */
#ifndef RINGSIDE_HOST_DIAGNOSIS_SYMBOLS_H
#define RINGSIDE_HOST_DIAGNOSIS_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/engine/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

struct diagnose_place {
	const char *function; /* NULL if unknown */
	uint64_t offset; /* of the address in the function */
	char file[256]; /* empty if unknown */
	int line;
};

/*
 * The payload's ELF file, which the build puts beside its flat image. Nothing
 * of it reaches the guest, and nothing of the guest's enters here but addresses.
 */
struct diagnose_elf {
	const unsigned char *start, *end;
	bool is_64;
};

/* A part of the ELF file; empty if there is none. */
struct diagnose_section {
	const unsigned char *start, *end;
};

/* Takes @payload's ELF file. Returns false if it has none. */
bool diagnose_elf_open(struct diagnose_elf *elf, const struct engine_payload *payload);

/* The contents of a section, by name. */
struct diagnose_section diagnose_elf_section(const struct diagnose_elf *elf, const char *name);

/* What is known of the place of @address in code; false if it is nothing at all. */
bool diagnose_find_place(const struct engine_payload *payload, uint64_t address,
			 struct diagnose_place *place);

/*
 * The address of the variable or function @name: the global one, or else the first static one
 * in the order of linking, which begins with the payload's own files. Returns false if the
 * payload has none.
 */
bool diagnose_find_symbol(const struct engine_payload *payload, const char *name,
			  uint64_t *address);

/*
 * File and line of @address, from the line table (DWARF 5, "Line Number
 * Information"). Returns false if it is in no line.
 */
bool diagnose_find_line(const struct diagnose_elf *elf, uint64_t address,
			struct diagnose_place *place);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_HOST_DIAGNOSIS_SYMBOLS_H */
