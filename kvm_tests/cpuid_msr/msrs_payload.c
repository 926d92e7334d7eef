// SPDX-License-Identifier: MIT
/* Makes the accesses that the controller has put down, and notes what comes of them. */
#include "guest_case.h"
#include "kvm_x86.h"
#include "msrs.h"

__attribute__((used, retain)) struct msr_access accesses[MAX_ACCESSES];
GUEST_SHARED uint32_t access_count;

/* The start code loads segments, and with them MSRs: the controller's turn is after it. */
GUEST_CASE(access_all)
{
	kvm_yield();
	for (struct msr_access *access = accesses; access < accesses + access_count; access++) {
		struct kvm_fault fault;

		if (access->is_write)
			fault = kvm_safe_wrmsr(access->index, access->value);
		else
			fault = kvm_safe_rdmsr(access->index, &access->value);
		access->vector = fault.vector;
		access->errcode = fault.errcode;
	}
}

/* Registers for CPUID's answers, by the leaf that the controller asks for. */
GUEST_SHARED uint32_t leaf;
GUEST_SHARED uint32_t subleaf;
GUEST_SHARED uint32_t answer[4];

GUEST_CASE(cpuid)
{
	struct kvm_cpuid cpuid;

	kvm_get_cpuid(leaf, subleaf, &cpuid);
	answer[0] = cpuid.eax;
	answer[1] = cpuid.ebx;
	answer[2] = cpuid.ecx;
	answer[3] = cpuid.edx;
}
