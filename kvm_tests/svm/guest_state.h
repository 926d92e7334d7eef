/* SPDX-License-Identifier: MIT */
/*
 * Whose registers are whose: APM Vol. 2, "VMRUN Instruction" and "#VMEXIT". VMRUN
 * loads the nested guest's from the VMCB and keeps the hypervisor's; an exit stores
 * the one and brings the other back.
 */
#ifndef RINGSIDE_KVM_TESTS_SVM_GUEST_STATE_H
#define RINGSIDE_KVM_TESTS_SVM_GUEST_STATE_H

#define CR3_WRITE_THROUGH 8ul

/*
 * A register of the VMCB is changed; the guest must find that value, and the
 * hypervisor its own afterwards.
 *	ENTER(name, register of the VMCB, value, how it is read)
 */
#define ENTER_CASES(ENTER)                                                           \
	ENTER(EnterCr0, vmcb->cr0, vmcb->cr0 ^ CR0_AM, READ("cr0"))                  \
	ENTER(EnterCr2, vmcb->cr2, 0x1234000, READ("cr2"))                           \
	ENTER(EnterCr3, vmcb->cr3, vmcb->cr3 ^ CR3_WRITE_THROUGH, READ("cr3"))       \
	ENTER(EnterCr4, vmcb->cr4, vmcb->cr4 ^ CR4_DE, READ("cr4"))                  \
	ENTER(EnterEfer, vmcb->efer, vmcb->efer ^ EFER_SCE, kvm_rdmsr(MSR_EFER))     \
	ENTER(EnterDr6, vmcb->dr6, 0xffff0ff1, READ("dr6"))                          \
	ENTER(EnterDr7, vmcb->dr7, 0x700, READ("dr7"))                               \
	ENTER(EnterFlags, vmcb->rflags, vmcb->rflags | RFLAGS_AC, read_flags())      \
	ENTER(EnterGdtrLimit, vmcb->gdtr.limit, vmcb->gdtr.limit - 8, LIMIT("sgdt")) \
	ENTER(EnterIdtrLimit, vmcb->idtr.limit, vmcb->idtr.limit - 16, LIMIT("sidt"))

/*
 * The guest changes a register; the VMCB must have it.
 *	EXIT(name, register of the VMCB, value, how it is written)
 */
#define EXIT_CASES(EXIT)                                                                   \
	EXIT(ExitCr0, vmcb->cr0, vmcb->cr0 ^ CR0_AM, WRITE("cr0"))                         \
	EXIT(ExitCr2, vmcb->cr2, 0x4321000, WRITE("cr2"))                                  \
	EXIT(ExitCr3, vmcb->cr3, vmcb->cr3 ^ CR3_WRITE_THROUGH, WRITE("cr3"))              \
	EXIT(ExitCr4, vmcb->cr4, vmcb->cr4 ^ CR4_DE, WRITE("cr4"))                         \
	EXIT(ExitEfer, vmcb->efer, vmcb->efer ^ EFER_SCE, kvm_wrmsr(MSR_EFER, to_write))   \
	EXIT(ExitDr6, vmcb->dr6, 0xffff0ff2, WRITE("dr6"))                                 \
	EXIT(ExitDr7, vmcb->dr7, 0x600, WRITE("dr7"))                                      \
	EXIT(ExitFlags, vmcb->rflags, vmcb->rflags | RFLAGS_AC, halt_with_flags(to_write)) \
	EXIT(ExitRax, vmcb->rax, 0x12345678, halt_with(to_write))                          \
	EXIT(ExitEs, vmcb->es.limit, OTHER_LIMIT, LOAD_SEGMENT("es"))                      \
	EXIT(ExitDs, vmcb->ds.limit, OTHER_LIMIT, LOAD_SEGMENT("ds"))                      \
	EXIT(ExitSs, vmcb->ss.limit, OTHER_LIMIT, LOAD_SEGMENT("ss"))                      \
	EXIT(ExitGdtrLimit, vmcb->gdtr.limit, vmcb->gdtr.limit - 8, LOAD_LIMIT("gdt"))     \
	EXIT(ExitIdtrLimit, vmcb->idtr.limit, vmcb->idtr.limit - 16, LOAD_LIMIT("idt"))

/* Functions of their own in the payload. */
#define OTHER_CASES(NAME) NAME(ExitRsp) NAME(HostDr7IsOff) NAME(TscOffset) NAME(TscOffsetEnds)

#endif /* RINGSIDE_KVM_TESTS_SVM_GUEST_STATE_H */
