/* SPDX-License-Identifier: MIT */
/* What KVM says that an x86 CPU has. */
#include "machines/capabilities/probe.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "machines/capabilities/arch/x86/guests.h"

#define CPUID_ENTRIES_MAX 1024

static struct kvm_cpuid2 *supported_cpuid(int kvm)
{
	for (uint32_t count = 64; count <= CPUID_ENTRIES_MAX; count *= 2) {
		struct kvm_cpuid2 *cpuid =
			calloc(1, sizeof(*cpuid) + count * sizeof(*cpuid->entries));

		if (!cpuid)
			return NULL;
		cpuid->nent = count;
		if (!ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid))
			return cpuid;
		free(cpuid);
		if (errno != E2BIG)
			return NULL;
	}
	return NULL;
}

static bool probe_cpuid(int kvm, const struct capability *capability)
{
	struct kvm_cpuid2 *cpuid = supported_cpuid(kvm);
	bool found = false;

	for (uint32_t i = 0; cpuid && i < cpuid->nent; i++) {
		const struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];
		const uint32_t regs[] = {entry->eax, entry->ebx, entry->ecx, entry->edx};

		if (entry->function == capability->leaf && !entry->index)
			found |= regs[capability->reg] >> capability->bit & 1;
	}
	free(cpuid);
	return found;
}

/* KVM's feature MSRs say what nested hypervisors get; bits 63:32 are what may be 1. */
static bool probe_nested_vmx(int kvm, const struct capability *capability)
{
	_Alignas(struct kvm_msrs) unsigned char
		space[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)] = {0};
	struct kvm_msrs *msrs = (struct kvm_msrs *)space;

	msrs->nmsrs = 1;
	msrs->entries[0].index = capability->leaf;
	return ioctl(kvm, KVM_GET_MSRS, msrs) == 1 &&
	       msrs->entries[0].data >> 32 >> capability->bit & 1;
}

bool arch_probe(int kvm, const struct capability *capability)
{
	switch (capability->probe) {
	case PROBE_CPUID:
		return probe_cpuid(kvm, capability);
	case PROBE_GUEST:
		return probe_guest(kvm, capability->guest);
	case PROBE_NESTED_VMX:
		return probe_nested_vmx(kvm, capability);
	default:
		return false;
	}
}
