// SPDX-License-Identifier: MIT
/* Changes XCR0, or has the controller do it, and notes what comes of it. */
#include <stdbool.h>

#include "guest_case.h"
#include "kvm_x86.h"
#include "xcr0.h"

#define XSTATE_LEAF 0xd

GUEST_SHARED struct xcr0_change change;

static void set_osxsave(bool on)
{
	unsigned long cr4;

	asm volatile("mov %%cr4, %0" : "=r"(cr4));
	kvm_set_cr4(on ? cr4 | CR4_OSXSAVE : cr4 & ~CR4_OSXSAVE);
}

static void xsetbv(void *arg)
{
	(void)arg;
	asm volatile("xsetbv"
		     :
		     : "a"((uint32_t)change.value), "d"((uint32_t)(change.value >> 32)),
		       "c"(change.xcr));
}

static void note_before(void)
{
	struct kvm_cpuid cpuid;

	set_osxsave(true);
	kvm_get_cpuid(XSTATE_LEAF, 0, &cpuid);
	change.supported = cpuid.eax;
	change.before = kvm_xgetbv(0);
}

static void note_after(void)
{
	struct kvm_cpuid cpuid;

	kvm_get_cpuid(XSTATE_LEAF, 0, &cpuid);
	change.area_size = cpuid.ebx;
	change.after = kvm_xgetbv(0);
}

GUEST_CASE(change_xcr0)
{
	struct kvm_fault fault;

	note_before();
	set_osxsave(change.way != XSETBV_WITHOUT_OSXSAVE);
	if (change.way == XSETBV_AT_CPL3)
		fault = kvm_call_user(xsetbv, NULL);
	else
		fault = kvm_try(xsetbv, NULL);
	set_osxsave(true);
	change.vector = fault.vector;
	change.errcode = fault.errcode;
	note_after();
}

GUEST_CASE(have_xcr0_changed)
{
	note_before();
	kvm_yield();
	note_after();
}
