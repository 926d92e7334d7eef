// SPDX-License-Identifier: MIT
/* Setting up an x86 virtual machine and its CPUs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/engine/arch.h"

/*
 * Three pages for KVM's own use, which Intel CPUs without unrestricted guest
 * mode need to run real mode (KVM API, KVM_SET_TSS_ADDR), and a page below for
 * its identity map (KVM_SET_IDENTITY_MAP_ADDR). They are where the latter is by
 * default, unless the CPUs' result slots reach that far down.
 */
#define IDENTITY_MAP_ADDR 0xfffbc000UL
#define IDENTITY_MAP_ADDR_BELOW 0xffdfc000UL
#define TSS_OFFSET 0x1000UL

/* A split irqchip's routing table: as many pins as an I/O APIC has. */
#define IOAPIC_PINS 24

/* SDM Vol. 2 "CPUID": where the initial APIC ID is, and other bits by leaf. */
#define LEAF_FEATURES 0x1
#define LEAF_TOPOLOGY 0xb
#define LEAF_TOPOLOGY_V2 0x1f
#define FEATURES_ECX_TSC_DEADLINE (1u << 24)

/*
 * The CPU starts at VM_RESET_BASEADDR in real mode and has 16 bytes there:
 * a far jump to 0:VM_KERNEL_BASEADDR (Intel SDM, "JMP", opcode EA cw cd).
 */
static const unsigned char reset_code[] = {
	0xea, VM_KERNEL_BASEADDR & 0xff, VM_KERNEL_BASEADDR >> 8, 0x00, 0x00,
};

bool arch_setup_vm(int vm_fd, uint64_t ram_end, unsigned int vcpus, struct engine_error *error)
{
	const uint64_t slots = KVM_RESULT_BASEADDR - (vcpus - 1) * KVM_RESULT_SIZE;
	uint64_t map = IDENTITY_MAP_ADDR;

	if (slots < IDENTITY_MAP_ADDR + 4 * TSS_OFFSET) {
		map = IDENTITY_MAP_ADDR_BELOW;
		if (engine_ioctl(vm_fd, KVM_SET_IDENTITY_MAP_ADDR, &map) < 0)
			return engine_fail_errno(error, "ioctl(KVM_SET_IDENTITY_MAP_ADDR)");
	}
	/* RAM that large leaves no room, and a CPU that new needs none. */
	if (ram_end > map)
		return true;
	if (engine_ioctl(vm_fd, KVM_SET_TSS_ADDR, (void *)(map + TSS_OFFSET)) < 0)
		return engine_fail_errno(error, "ioctl(KVM_SET_TSS_ADDR)");
	return true;
}

bool arch_make_irqchip(int vm_fd, struct engine_error *error)
{
	struct kvm_pit_config pit = {0};

	if (engine_ioctl(vm_fd, KVM_CREATE_IRQCHIP, NULL) < 0)
		return engine_fail_errno(error, "ioctl(KVM_CREATE_IRQCHIP)");
	return engine_ioctl(vm_fd, KVM_CREATE_PIT2, &pit) == 0 ||
	       engine_fail_errno(error, "ioctl(KVM_CREATE_PIT2)");
}

bool arch_make_split_irqchip(int vm_fd, struct engine_error *error)
{
	struct kvm_enable_cap cap = {.cap = KVM_CAP_SPLIT_IRQCHIP, .args = {IOAPIC_PINS}};

	return engine_ioctl(vm_fd, KVM_ENABLE_CAP, &cap) == 0 ||
	       engine_fail_errno(error, "ioctl(KVM_ENABLE_CAP) of KVM_CAP_SPLIT_IRQCHIP");
}

/* What differs from CPU to CPU, and what KVM leaves to whoever made its APIC. */
static void adapt(struct kvm_cpuid_entry2 *entry, unsigned int index, bool irqchip)
{
	switch (entry->function) {
	case LEAF_FEATURES:
		entry->ebx = (entry->ebx & 0x00ffffff) | index << 24;
		if (irqchip)
			entry->ecx |= FEATURES_ECX_TSC_DEADLINE;
		break;
	case LEAF_TOPOLOGY:
	case LEAF_TOPOLOGY_V2:
		entry->edx = index;
		break;
	}
}

/*
 * KVM finds APICs in a map, which on some kernels a CPU is not in before it is
 * made anew; setting registers does that. They stay what they are.
 */
static bool renew_apic_map(int vcpu_fd, struct engine_error *error)
{
	struct kvm_lapic_state apic;

	return (engine_ioctl(vcpu_fd, KVM_GET_LAPIC, &apic) == 0 &&
		engine_ioctl(vcpu_fd, KVM_SET_LAPIC, &apic) == 0) ||
	       engine_fail_errno(error, "ioctl(KVM_GET_LAPIC) or ioctl(KVM_SET_LAPIC)");
}

bool arch_setup_vcpu(int vcpu_fd, unsigned int index, const struct kvm_cpuid2 *cpuid, bool irqchip,
		     struct engine_error *error)
{
	struct kvm_cpuid2 *own;
	size_t size;
	bool ok;
	unsigned int i;

	/* Without the call KVM has no features to choose from either. */
	if (!cpuid)
		return true;
	size = sizeof(*cpuid) + cpuid->nent * sizeof(cpuid->entries[0]);
	own = malloc(size);
	if (!own)
		return engine_fail_errno(error, "no memory for %u CPUID entries", cpuid->nent);
	memcpy(own, cpuid, size);
	for (i = 0; i < own->nent; i++)
		adapt(&own->entries[i], index, irqchip);
	ok = engine_ioctl(vcpu_fd, KVM_SET_CPUID2, own) == 0 ||
	     engine_fail_errno(error, "ioctl(KVM_SET_CPUID2)");
	free(own);
	return ok && (!irqchip || renew_apic_map(vcpu_fd, error));
}

void arch_install_reset_code(unsigned char *page)
{
	memcpy(page + (VM_RESET_BASEADDR - KVM_RESULT_BASEADDR), reset_code, sizeof(reset_code));
}

bool arch_runs_payload(uint16_t arch)
{
	return arch == KVM_PAYLOAD_ARCH_I386 || arch == KVM_PAYLOAD_ARCH_X86_64;
}
