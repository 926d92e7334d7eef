/* SPDX-License-Identifier: MIT */
/*
 * One payload for the tests of the host library. The controller writes into a
 * memslot at GUEST_ADDRESS what the guest shall do; it may change its mind
 * while the guest runs.
 */
#ifndef RINGSIDE_HOST_TESTS_API_GUEST_H
#define RINGSIDE_HOST_TESTS_API_GUEST_H

#include <stdint.h>

#define GUEST_SLOT 2
#define GUEST_ADDRESS 0x40000000u

/* What the guest's signals carry. */
#define GUEST_FIRST_DATA 0x1111u
#define GUEST_SECOND_DATA 0x2222u

/* A port and a physical address that nothing answers at. */
#define GUEST_PORT 0x80u
#define GUEST_MMIO 0x50000000u

enum guest_task {
	GUEST_PASS, /* reports TPASS and ends */
	GUEST_SILENT, /* ends without a result */
	GUEST_INFORM, /* reports TINFO and ends */
	GUEST_SPIN, /* signals, then runs until the task is another one */
	GUEST_SPIN_SILENTLY, /* runs until the task is another one */
	GUEST_WAIT_TWICE, /* waits for the host with each of the data, then passes */
	GUEST_SIGNAL_AND_YIELD, /* signals, halts once although it was not heard, and passes */
	GUEST_HALT, /* halts until the task is another one */
	GUEST_SAY, /* puts the result below into the result page as it is, and halts */
	GUEST_MMIO_READ,
	GUEST_PORT_WRITE,
	GUEST_TRIPLE_FAULT,
	GUEST_SIGNAL_AND_FAULT
};

struct guest_page {
	uint32_t task; /* enum guest_task */
	uint32_t progress; /* what the guest has done: counts up */

	/* GUEST_SAY */
	int32_t result;
	int32_t lineno;
	uint64_t file_addr;
	uint32_t fill; /* the message is this byte, without an end; 0: leave it */
};

#endif /* RINGSIDE_HOST_TESTS_API_GUEST_H */
