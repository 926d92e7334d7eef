/* SPDX-License-Identifier: MIT */
/* What the payload and the controller of the tests of many mappings know together. */
#ifndef RINGSIDE_KVM_TESTS_MMU_ALIASES_H
#define RINGSIDE_KVM_TESTS_MMU_ALIASES_H

#include <stdint.h>

/* Memory of the controller's, and where the guest maps its pages. */
#define AREA 0x40000000u
#define ALIASES 0x90000000u

/* What the guest is to do with aliases @first to @first + @count - 1, one @step from the next. */
enum alias_action {
	MAP_ALIASES, /* of page number modulo @pages */
	UNMAP_ALIASES,
	READ_ALIASES, /* counts those that hold @value */
	WRITE_ALIASES, /* @value */
	TRY_ALIASES, /* counts the page faults of reads */
};

struct alias_request {
	uint32_t action;
	uint32_t first;
	uint32_t count;
	uint32_t step;
	uint32_t stride; /* bytes from an alias to the next one */
	uint32_t pages;
	uint32_t value;
	uint32_t found;
};

#endif /* RINGSIDE_KVM_TESTS_MMU_ALIASES_H */
