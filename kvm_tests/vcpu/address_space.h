/* SPDX-License-Identifier: MIT */
/* What the payload and the controller of the address spaces' tests know together. */
#ifndef RINGSIDE_KVM_TESTS_ADDRESS_SPACE_H
#define RINGSIDE_KVM_TESTS_ADDRESS_SPACE_H

#include <stdint.h>

/* What the page at the alias holds, by the page tables in use. */
#define OWN_VALUE 0x1111
#define OTHER_VALUE 0x2222

struct address_spaces {
	uint64_t own_root, other_root; /* of page tables */
	uint64_t alias; /* mapped to a page of its own in each */
	uint64_t own_page, other_page;
	uint32_t seen; /* at the alias, in the end */
};

#endif /* RINGSIDE_KVM_TESTS_ADDRESS_SPACE_H */
