/* SPDX-License-Identifier: MIT */
/* A row of the table, and who probes for it. */
#ifndef RINGSIDE_MACHINES_CAPABILITIES_PROBE_H
#define RINGSIDE_MACHINES_CAPABILITIES_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#define PARAMETERS_MAX 2

enum probe_kind {
	PROBE_CPUID,
	PROBE_EXTENSION,
	PROBE_GUEST,
	PROBE_NESTED_VMX,
	PROBE_PARAMETERS,
	PROBE_RELOAD,
	PROBE_SMP,
};

enum reg {
	REG_EAX,
	REG_EBX,
	REG_ECX,
	REG_EDX,
};

/* Tiny guests, run to find out what becomes of them. */
enum guest {
	/*
	 * WRMSR of an address that is not canonical is refused (SDM Vol. 2, "WRMSR"), and a
	 * reserved bit in page tables is one of a page that is present (SDM Vol. 3,
	 * "Page-Fault Exceptions"). QEMU's CPU does neither.
	 */
	GUEST_FAULTS,

	/* A breakpoint register stops a guest, and KVM tells which. */
	GUEST_GUEST_DEBUG,

	/*
	 * An interrupt waits until the instruction behind STI has been executed, although an exit
	 * came between (SDM Vol. 3, "Masking Maskable Hardware Interrupts"). QEMU's CPU loses that
	 * at an exit, and delivers an interrupt once more that an exit has met on its way.
	 */
	GUEST_INTERRUPTS,

	/* A guest's own APIC, in the kernel, interrupts it. */
	GUEST_IRQCHIP,

	/* An instruction that the in-kernel emulator lacks: a breakpoint in long mode. */
	GUEST_NATIVE,

	/*
	 * The CPU must leave the page-directory-pointer table as it is: QEMU's sets bits
	 * there that are reserved (SDM Vol. 3, "PDPTE Registers"), and KVM takes no such
	 * table.
	 */
	GUEST_PAE,

	/* SSE, which the in-kernel emulator lacks. */
	GUEST_SIMD,

	/*
	 * VMEXIT_INVALID has 64 bits (APM Vol. 2, 15.5.1, "VMEXIT_INVALID"), of which QEMU's
	 * CPU writes 32; nor does that one know of an intercept of INVD.
	 */
	GUEST_SVM_EXITS,
};

/* A row of the table. What is below probe is that probe's own. */
struct capability {
	const char *name;
	const char *shown; /* as in "host: no ..." */
	const char *how;
	enum probe_kind probe;
	uint32_t leaf; /* of CPUID; or an MSR */
	enum reg reg;
	unsigned int bit;
	int extension;
	enum guest guest;
	const char *parameters[PARAMETERS_MAX]; /* "module/name", with "!" if it must be off */
};

/**
 * arch_probe() - whether a CPU of this architecture has what one alone can have
 *
 * @kvm: an open /dev/kvm.
 * @capability: one to be found out by CPUID, a feature MSR or a guest.
 */
bool arch_probe(int kvm, const struct capability *capability);

#endif /* RINGSIDE_MACHINES_CAPABILITIES_PROBE_H */
