// SPDX-License-Identifier: MIT
/* KVM's clock, as Documentation/virt/kvm/x86/msr.rst has guests read it. */
#include "clock.h"
#include "guest_case.h"
#include "kvm_x86.h"

#define MSR_KVM_WALL_CLOCK_NEW 0x4b564d00
#define MSR_KVM_SYSTEM_TIME_NEW 0x4b564d01
#define SYSTEM_TIME_ENABLED 1

static volatile struct {
	uint32_t version;
	uint32_t pad0;
	uint64_t tsc_timestamp;
	uint64_t system_time;
	uint32_t tsc_to_system_mul;
	int8_t tsc_shift;
	uint8_t flags;
	uint8_t pad[2];
} __attribute__((packed, aligned(4))) time_info;

static volatile struct {
	uint32_t version;
	uint32_t sec;
	uint32_t nsec;
} __attribute__((packed, aligned(4))) wall_clock;

GUEST_SHARED struct clock_look clock_look;

/* (ticks * multiplier) >> 32, of 96 bits. */
static uint64_t scale(uint64_t ticks, uint32_t multiplier)
{
	return (ticks >> 32) * multiplier + (((ticks & 0xffffffff) * multiplier) >> 32);
}

static uint64_t read_clock(void)
{
	uint64_t ticks, time;
	uint32_t version;

	/* An odd version, or one that changes: KVM is writing. */
	do {
		version = time_info.version;
		ticks = kvm_rdtsc() - time_info.tsc_timestamp;
		if (time_info.tsc_shift >= 0)
			ticks <<= time_info.tsc_shift;
		else
			ticks >>= -time_info.tsc_shift;
		time = time_info.system_time + scale(ticks, time_info.tsc_to_system_mul);
	} while (version & 1 || version != time_info.version);
	return time;
}

static void look(void)
{
	clock_look.now = read_clock();
	clock_look.version = time_info.version;
	clock_look.flags = time_info.flags;
	clock_look.multiplier = time_info.tsc_to_system_mul;
	clock_look.wall_version = wall_clock.version;
	clock_look.wall_seconds = wall_clock.sec;
	clock_look.wall_nanoseconds = wall_clock.nsec;
}

/* The controller looks at it between any two looks. */
GUEST_CASE(look_at_clocks)
{
	kvm_wrmsr(MSR_KVM_SYSTEM_TIME_NEW, (uintptr_t)&time_info | SYSTEM_TIME_ENABLED);
	kvm_wrmsr(MSR_KVM_WALL_CLOCK_NEW, (uintptr_t)&wall_clock);
	for (;;) {
		look();
		kvm_yield();
	}
}

GUEST_CASE(have_no_clock)
{
	kvm_yield();
}
