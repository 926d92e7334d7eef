/* SPDX-License-Identifier: MIT */
/* What the payload and the controller of the clock test know together. */
#ifndef RINGSIDE_KVM_TESTS_CLOCK_H
#define RINGSIDE_KVM_TESTS_CLOCK_H

#include <stdint.h>

#define CLOCK_STOPPED 2 /* in struct pvclock_vcpu_time_info.flags: "the guest has been paused" */

/* The guest's look at its clocks. */
struct clock_look {
	uint64_t now; /* ns, from the time information and the TSC */
	uint32_t version;
	uint32_t flags;
	uint32_t multiplier;
	uint32_t wall_version, wall_seconds, wall_nanoseconds; /* when the clock was 0 */
};

#endif /* RINGSIDE_KVM_TESTS_CLOCK_H */
