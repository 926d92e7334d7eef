/* SPDX-License-Identifier: MIT */
/*
 * MSRs that a VM exit saves and loads: Intel SDM Vol. 3, "Saving MSRs" (28.4), "Loading
 * MSRs" (28.6), "VMX Aborts" (28.7).
 */
#ifndef RINGSIDE_KVM_TESTS_VMX_MSR_AREAS_H
#define RINGSIDE_KVM_TESTS_VMX_MSR_AREAS_H

/* Functions of their own in the payload. */
#define AREA_CASES(NAME)       \
	NAME(EachInItsTurn)    \
	NAME(TimeStampCounter) \
	NAME(ExtendedFeatures)

/*
 * What an exit can't do is a VMX abort, and the CPU is shut down.
 *	ABORT(name, area, MSR, bits 63:32 of the entry, value)
 */
#define ABORT_CASES(ABORT)                                                     \
	ABORT(StoresUnknownMsr, STORE, 0xdead0000, 0, 0)                       \
	ABORT(StoresReservedHalf, STORE, MSR_STAR, 1, 0)                       \
	ABORT(StoresX2apicRegister, STORE, (kvm_enable_x2apic(), 0x808), 0, 0) \
	ABORT(StoresSmbase, STORE, 0x9e, 0, 0)                                 \
	ABORT(LoadsUnknownMsr, LOAD, 0xdead0000, 0, 0)                         \
	ABORT(LoadsReservedHalf, LOAD, MSR_STAR, 1, 0)                         \
	ABORT(LoadsX2apicRegister, LOAD, (kvm_enable_x2apic(), 0x808), 0, 0)   \
	ABORT(LoadsFsBase, LOAD, MSR_FS_BASE, 0, 0)                            \
	ABORT(LoadsGsBase, LOAD, MSR_GS_BASE, 0, 0)                            \
	ABORT(LoadsMicrocode, LOAD, 0x79, 0, 0)                                \
	ABORT(LoadsIllegalValue, LOAD, MSR_EFER, 0, BIT64(9))

#endif /* RINGSIDE_KVM_TESTS_VMX_MSR_AREAS_H */
