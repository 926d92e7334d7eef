// SPDX-License-Identifier: MIT
/* A nested guest at one intercept, one a case: intercepts.h. */
#include "exit_checks.h"
#include "guest_case.h"
#include "guest_operations.h"
#include "intercepts.h"

#ifdef __x86_64__
#define AX "rax"
#else
#define AX "eax"
#endif

#define VECTOR 0x50

/* What the nested guest has come across. */
static volatile int vector;

static uint8_t stored[16]; /* what SIDT and the like store */
static struct kvm_vmcb *saved; /* what VMSAVE stores */

#define PLAIN(...) asm volatile(__VA_ARGS__)
#define READ(reg)                                                \
	do {                                                     \
		unsigned long value;                             \
                                                                 \
		asm volatile("mov %%" reg ", %0" : "=r"(value)); \
	} while (0)
/* The value comes from a variable: reading the register may be what is intercepted. */
#define WRITE_BACK(reg)                                                   \
	do {                                                              \
		unsigned long value;                                      \
                                                                          \
		asm volatile("mov %%" reg ", %0" : "=r"(value));          \
		asm volatile("mov %0, %%" reg : : "r"(value) : "memory"); \
	} while (0)
#define STORE(instruction) asm volatile(instruction " %0" : "=m"(stored))
#define RELOAD(store, load)                               \
	do {                                              \
		asm volatile(store " %0" : "=m"(stored)); \
		asm volatile(load " %0" : : "m"(stored)); \
	} while (0)

static void raise(int expected, void (*func)(void *arg))
{
	vector = kvm_try(func, NULL).vector;
	if (vector != expected)
		step = 100 + vector; /* not where it should have got */
}

/* The caller's CR0 comes back at the end: the nested guest has its own. */
static void use_fpu(void *arg)
{
	(void)arg;
	asm volatile("fnop");
}

static void read_unmapped(void *arg)
{
	(void)arg;
	asm volatile("movb (%0), %%al" : : "r"(UNMAPPED + 0x123) : "eax");
}

static void rdtscp(void)
{
	asm volatile("rdtscp" : : : "eax", "ecx", "edx");
}

/* The library's own handlers return without IRET, which KVM's emulator lacks. */
static void interrupt_return(void)
{
#ifdef __x86_64__
	struct kvm_sregs sregs;
	unsigned long sp;

	kvm_read_sregs(&sregs);
	asm volatile("mov %%rsp, %0\n\t"
		     "push %2\n\t"
		     "push %0\n\t"
		     "pushfq\n\t"
		     "push %1\n\t"
		     "lea 1f(%%rip), %0\n\t"
		     "push %0\n\t"
		     "iretq\n"
		     "1:"
		     : "=&r"(sp)
		     : "r"((unsigned long)sregs.cs), "r"((unsigned long)sregs.ss)
		     : "memory");
#else
	asm volatile("pushf\n\t"
		     "push %%cs\n\t"
		     "push $1f\n\t"
		     "iret\n"
		     "1:"
		     :
		     :
		     : "memory");
#endif
}

static int count_interrupt(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	(void)userdata;
	(void)ifrm;
	(void)errcode;
	return 0;
}

static struct kvm_svm_vcpu *new_guest(int (*guest_main)(void))
{
	struct kvm_svm_vcpu *vm = kvm_create_svm_vcpu(guest_main, 1);

	step = 0;
	vector = -1;
	/* Only what the case switches on stops it, and the HLT at its end. */
	kvm_vmcb_set_intercept(vm->vmcb, SVM_INTERCEPT_VMSAVE, 0);
	return vm;
}

static void prepare(void)
{
	kvm_init_svm();
	saved = kvm_alloc_vmcb();
	kvm_svm_vmsave(saved);
	tst_set_interrupt_callback(VECTOR, count_interrupt, NULL);
	prepare_absent_segment();
}

static void check(const char *name, unsigned int number, int (*guest_main)(void))
{
	struct kvm_svm_vcpu *vm;

	prepare();
	vm = new_guest(guest_main);
	if (number == SVM_EXIT_EXCEPTION + INTR_DEVICE_ERROR)
		vm->vmcb->cr0 |= CR0_TS;
	kvm_svm_vmrun(vm);
	if (!stopped(name, "not intercepted", vm, SVM_EXIT_HLT, 2))
		return;

	vm = new_guest(guest_main);
	if (number == SVM_EXIT_EXCEPTION + INTR_DEVICE_ERROR)
		vm->vmcb->cr0 |= CR0_TS;
	kvm_vmcb_set_intercept(vm->vmcb, number, 1);
	kvm_svm_vmrun(vm);
	if (!stopped(name, "intercepted", vm, number, 1))
		return;

	/* The exit came before any effect: the instruction is still to be executed. */
	kvm_vmcb_set_intercept(vm->vmcb, number, 0);
	kvm_svm_vmrun(vm);
	if (stopped(name, "continued", vm, SVM_EXIT_HLT, 2))
		tst_res(TPASS, "%s stops the guest when intercepted, and only then", name);
}

#define INTERCEPT(name, number, statement)          \
	static int guest_##name(void)               \
	{                                           \
		step = 1;                           \
		statement;                          \
		if (step == 1)                      \
			step = 2;                   \
		return 0;                           \
	}                                           \
	GUEST_CASE(name)                            \
	{                                           \
		check(#name, number, guest_##name); \
	}

INTERCEPTS(INTERCEPT)
#ifdef __x86_64__
INTERCEPTS_OF_64_BITS(INTERCEPT)
#endif

/* What L1 has to intercept or VMRUN fails, and what KVM has to hand over. */
static void check_intercepted(const char *name, unsigned int number, int (*guest_main)(void))
{
	struct kvm_svm_vcpu *vm;

	prepare();
	vm = new_guest(guest_main);
	kvm_vmcb_set_intercept(vm->vmcb, number, 1);
	kvm_svm_vmrun(vm);
	if (stopped(name, "intercepted", vm, number, 1))
		tst_res(TPASS, "%s stops the guest", name);
}

static int vmrun_main(void)
{
	step = 1;
	asm volatile("vmrun" : : "a"(saved) : "memory");
	step = 2;
	return 0;
}

GUEST_CASE(Vmrun)
{
	check_intercepted(__func__, SVM_INTERCEPT_VMRUN, vmrun_main);
}

static int vmmcall_main(void)
{
	step = 1;
	asm volatile("vmmcall" : : "a"(0x12345) : "memory");
	step = 2;
	return 0;
}

GUEST_CASE(Vmmcall)
{
	check_intercepted(__func__, SVM_INTERCEPT_VMMCALL, vmmcall_main);
}

/* "MOV to CR0 … that change bits other than CR0.TS or CR0.MP". */
static int toggle_ts_main(void)
{
	step = 1;
	toggle_cr0(CR0_TS);
	toggle_cr0(CR0_MP);
	step = 2;
	return 0;
}

GUEST_CASE(SelectiveWriteCr0IgnoresTs)
{
	struct kvm_svm_vcpu *vm;

	prepare();
	vm = new_guest(toggle_ts_main);
	kvm_vmcb_set_intercept(vm->vmcb, SVM_INTERCEPT_CR0_SEL_WRITE, 1);
	kvm_svm_vmrun(vm);
	if (stopped(__func__, "with TS and MP changed", vm, SVM_EXIT_HLT, 2))
		tst_res(TPASS, "the selective intercept lets TS and MP pass");
}

static int write_unmapped_main(void)
{
	step = 1;
	write_unmapped(NULL);
	step = 2;
	return 0;
}

/* "#PF (Page Fault)": EXITINFO1 is the error code, EXITINFO2 the address; CR2 stays. */
GUEST_CASE(PageFaultInformation)
{
	struct kvm_svm_vcpu *vm;

	prepare();
	vm = new_guest(write_unmapped_main);
	kvm_vmcb_set_intercept(vm->vmcb, SVM_EXIT_EXCEPTION + INTR_PAGE_FAULT, 1);
	vm->vmcb->cr2 = 0x7777;
	vm->vmcb->exitinfo1 = vm->vmcb->exitinfo2 = 0x5a5a5a5a;
	kvm_svm_vmrun(vm);
	if (!stopped(__func__, "at a write", vm, SVM_EXIT_EXCEPTION + INTR_PAGE_FAULT, 1))
		return;
	if (vm->vmcb->exitinfo1 != 2 || vm->vmcb->exitinfo2 != UNMAPPED + 0x123)
		tst_res(TFAIL, "error code %#llx, address %#llx; expected 0x2, %#lx",
			(unsigned long long)vm->vmcb->exitinfo1,
			(unsigned long long)vm->vmcb->exitinfo2, UNMAPPED + 0x123);
	else if (vm->vmcb->cr2 != 0x7777)
		tst_res(TFAIL, "the intercepted fault has changed CR2 to %#llx",
			(unsigned long long)vm->vmcb->cr2);
	else
		tst_res(TPASS, "an intercepted page fault tells its error code and address");
}

static int segment_main(void)
{
	step = 1;
	load_segment_beyond_gdt(NULL);
	step = 2;
	return 0;
}

GUEST_CASE(ProtectionFaultErrorCode)
{
	struct kvm_svm_vcpu *vm;

	prepare();
	vm = new_guest(segment_main);
	kvm_vmcb_set_intercept(vm->vmcb, SVM_EXIT_EXCEPTION + INTR_GPF, 1);
	kvm_svm_vmrun(vm);
	if (!stopped(__func__, "at a bad selector", vm, SVM_EXIT_EXCEPTION + INTR_GPF, 1))
		return;
	if (vm->vmcb->exitinfo1 == BEYOND_GDT)
		tst_res(TPASS, "an intercepted protection fault tells its error code");
	else
		tst_res(TFAIL, "error code %#llx, expected the selector, %#x",
			(unsigned long long)vm->vmcb->exitinfo1, BEYOND_GDT);
}

static int cpuid_main(void)
{
	step = 1;
	cpuid();
	step = 2;
	return 0;
}

/* "State Saved on Exit": with NRIPS, the address of the next instruction. */
GUEST_CASE(NextRip)
{
	struct kvm_svm_vcpu *vm;

	prepare();
	if (!kvm_cpuid_has(X86_FEATURE_NRIP_SAVE))
		tst_brk(TCONF, "the CPU saves no next RIP");
	vm = new_guest(cpuid_main);
	kvm_vmcb_set_intercept(vm->vmcb, SVM_INTERCEPT_CPUID, 1);
	kvm_svm_vmrun(vm);
	if (!stopped(__func__, "at CPUID", vm, SVM_EXIT_CPUID, 1))
		return;
	if (vm->vmcb->next_rip == vm->vmcb->rip + 2)
		tst_res(TPASS, "the next RIP is behind CPUID");
	else
		tst_res(TFAIL, "RIP is %#llx, the next one %#llx, expected 2 more",
			(unsigned long long)vm->vmcb->rip, (unsigned long long)vm->vmcb->next_rip);
}

static int shutdown_main(void)
{
	struct {
		uint16_t limit;
		uintptr_t base;
	} __attribute__((packed)) idtr = {0, 0};

	step = 1;
	asm volatile("lidt %0; ud2" : : "m"(idtr));
	step = 2;
	return 0;
}

/* "Shutdown Intercept": a triple fault of L2 is L1's, as L1 asked for it. */
GUEST_CASE(ShutdownOfNestedGuest)
{
	struct kvm_svm_vcpu *vm;

	prepare();
	vm = new_guest(shutdown_main);
	kvm_svm_vmrun(vm);
	if (stopped(__func__, "intercepted", vm, SVM_EXIT_SHUTDOWN, 1))
		tst_res(TPASS, "a nested guest's triple fault stops it alone");
}
