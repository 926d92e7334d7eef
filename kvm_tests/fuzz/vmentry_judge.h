/* SPDX-License-Identifier: MIT */
/* What the parts of the model share; "27.2.1.1" and so on are sections of Intel SDM Vol. 3. */
#ifndef RINGSIDE_KVM_TESTS_FUZZ_VMENTRY_JUDGE_H
#define RINGSIDE_KVM_TESTS_FUZZ_VMENTRY_JUDGE_H

#include "vmentry_rules.h"

/* 25.6 to 25.8: controls without a name in the library. */
#define PIN_EXTERNAL_INTERRUPTS BIT64(0)
#define PIN_NMI BIT64(3)
#define PIN_VIRTUAL_NMIS BIT64(5)
#define PIN_TIMER BIT64(6)
#define PIN_POSTED_INTERRUPTS BIT64(7)
#define EXEC_NMI_WINDOW BIT64(22)
#define EXEC_MONITOR_TRAP BIT64(27)
#define EXEC2_UNRESTRICTED_GUEST BIT64(7)
#define EXEC2_VMFUNC BIT64(13)
#define EXEC2_PML BIT64(17)
#define EXEC2_MODE_BASED_EXECUTE BIT64(22)
#define EXEC2_SUBPAGE_PERMISSIONS BIT64(23)
#define EXIT_HOST_64 BIT64(9)
#define EXIT_ACKNOWLEDGE BIT64(15)
#define EXIT_LOAD_PAT BIT64(19)
#define EXIT_LOAD_EFER BIT64(21)
#define EXIT_SAVE_TIMER BIT64(22)
#define ENTRY_LOAD_DEBUG BIT64(2)
#define ENTRY_GUEST_64 BIT64(9)
#define ENTRY_SMM BIT64(10)
#define ENTRY_END_DUAL_MONITOR BIT64(11)
#define ENTRY_LOAD_PAT BIT64(14)
#define ENTRY_LOAD_EFER BIT64(15)

/* 25.8.3: types of events. */
#define EVENT_VALID BIT64(31)
#define EVENT_ERROR_CODE BIT64(11)
#define EVENT_TYPE(info) ((info) >> 8 & 7)
#define EVENT_VECTOR(info) ((info) & 0xff)
enum event_type {
	EXTERNAL_INTERRUPT,
	RESERVED_TYPE,
	NMI,
	HARDWARE_EXCEPTION,
	SOFTWARE_INTERRUPT,
	PRIVILEGED_SOFTWARE_EXCEPTION,
	SOFTWARE_EXCEPTION,
	OTHER_EVENT
};

/* Selectors: 3.4.2. */
#define SELECTOR_RPL 3
#define SELECTOR_TI 4

/** A judgement in the making. */
struct judge {
	const struct vmentry_cpu *cpu;
	const uint64_t *fields;
	unsigned int broken; /* kinds of failures that must come, of which one does */
	unsigned int unclear; /* those that may come */
	const char *rule;
	unsigned int bad_msr;
};

/** A field of the state that is judged. */
#define GET(name) (judge->fields[VMENTRY_##name])

/** @kind is what comes of it unless this holds. @rule begins with its section. */
void demand(struct judge *judge, int holds, enum vmentry_outcome kind, const char *rule);

/** The manual leaves it to the CPU whether that comes, or says nothing. */
void leave_open(struct judge *judge, int is_open, enum vmentry_outcome kind, const char *rule);

/**
 * demand() of what the manual demands, and either KVM or the emulated CPU does not look for:
 * docs/machines.md has the list, under "VM entries".
 */
void demand_unseen(struct judge *judge, int holds, enum vmentry_outcome kind, const char *rule);

/* The sections, in the manual's order. */
void judge_controls(struct judge *judge); /* 27.2.1 */
void judge_host_state(struct judge *judge); /* 27.2.2 to 27.2.4 */
void judge_guest_registers(struct judge *judge); /* 27.3.1.1, 27.3.1.4 */
void judge_guest_segments(struct judge *judge); /* 27.3.1.2, 27.3.1.3 */
void judge_guest_activity(struct judge *judge); /* 27.3.1.5 */
void judge_page_directories(struct judge *judge); /* 27.3.1.6 */

static inline int has_exec2(const struct judge *judge, uint64_t bits)
{
	return (GET(EXEC) & VMX_EXECCTL_ENABLE_CTL2) && (GET(EXEC2) & bits);
}

static inline int is_unrestricted(const struct judge *judge)
{
	return has_exec2(judge, EXEC2_UNRESTRICTED_GUEST);
}

static inline int is_address(const struct judge *judge, uint64_t address, uint64_t alignment)
{
	return address < judge->cpu->physical_end && !(address & (alignment - 1));
}

static inline int is_page(const struct judge *judge, uint64_t address)
{
	return is_address(judge, address, PAGESIZE);
}

/* Of 48 bits: without CR4.LA57, which no state here has. */
static inline int is_canonical(uint64_t address)
{
	return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

/** 24.8: bits that have to be 1, bits that may be 1. */
static inline int fits(uint64_t value, uint64_t fixed0, uint64_t fixed1)
{
	return !(fixed0 & ~value) && !(value & ~fixed1);
}

static inline int is_pat(uint64_t pat)
{
	for (; pat; pat >>= 8)
		if ((pat & 0xff) > 7 || (pat & 0xff) == 2 || (pat & 0xff) == 3)
			return 0;
	return 1;
}

static inline int is_64_bit_guest(const struct judge *judge)
{
	return !!(GET(ENTRY) & ENTRY_GUEST_64);
}

#endif /* RINGSIDE_KVM_TESTS_FUZZ_VMENTRY_JUDGE_H */
