// SPDX-License-Identifier: MIT
/* A nested guest at what stops it, one a case: exits.h. */
#include "exit_checks.h"
#include "exits.h"
#include "guest_case.h"
#include "guest_operations.h"
#include "kvm_x86_vmx.h"

/* SDM Vol. 3 "VM-Execution Control Fields" */
#define EXEC_INTERRUPT_WINDOW (1u << 2)
#define PIN_PREEMPTION_TIMER (1u << 6)
#define FIELD_PREEMPTION_TIMER 0x482e

static volatile int vector;
static volatile unsigned long seen;
static uint64_t stored[2]; /* what SGDT and the like store */

/* "Exit Qualification": the displacement, which is the whole address on i386 alone. */
#define AT_STORED ANY_QUALIFICATION
#define ANY_QUALIFICATION 0xffffffffffffffff

#define READ(reg) asm volatile("mov %%" reg ", %0" : "=a"(seen))
#define CLEAR(reg) asm volatile("mov %0, %%" reg : : "a"(0ul) : "memory")
#define WRITE_BACK(reg) asm volatile("mov %0, %%" reg : : "a"(before) : "memory")
#define STORE(instruction) asm volatile(instruction " %0" : "=m"(stored))

/* CR3, or CR8, read by the hypervisor: reading may be what stops the guest. */
static unsigned long before;

static void invlpg(unsigned long address)
{
	asm volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static void toggle_cr4(unsigned long bits)
{
	unsigned long value;

	asm volatile("mov %%cr4, %0" : "=r"(value));
	asm volatile("mov %0, %%cr4" : : "a"(value ^ bits) : "memory");
}

static void lmsw(uint16_t value)
{
	asm volatile("lmsw %0" : : "r"(value) : "memory");
}

static void set_control(unsigned long field, unsigned int mask, uint32_t bits)
{
	if (bits & ~(uint32_t)(kvm_vmx_read_vmctl_mask(mask) >> 32))
		tst_brk(TCONF, "the CPU does not have the controls %#x of field %#lx", bits, field);
	kvm_vmx_vmwrite(field, kvm_vmx_vmread(field) | bits);
}

static void exec(unsigned int bit)
{
	set_control(VMX_VMCS_VMEXEC_CTL, VMX_CTLMASK_EXECCTL, 1u << bit);
}

static void exec2(unsigned int bit)
{
	exec(31);
	set_control(VMX_VMCS_VMEXEC_CTL2, VMX_CTLMASK_EXECCTL2, 1u << bit);
}

static uint64_t new_map(void)
{
	return (uintptr_t)memzero(tst_heap_alloc_aligned(PAGESIZE, PAGESIZE), PAGESIZE);
}

static void set_bit(uint64_t map, unsigned int bit)
{
	((uint8_t *)(uintptr_t)map)[bit / 8] |= 1 << bit % 8;
}

/* "I/O-Bitmap Addresses": one page for each half of the ports. */
static void io_bitmap(uint16_t port)
{
	const uint64_t maps[] = {new_map(), new_map()};

	set_bit(maps[port >> 15], port & 0x7fff);
	kvm_vmx_vmwrite(VMX_VMCS_IO_BITMAP_A_POINTER, maps[0]);
	kvm_vmx_vmwrite(VMX_VMCS_IO_BITMAP_B_POINTER, maps[1]);
	set_control(VMX_VMCS_VMEXEC_CTL, VMX_CTLMASK_EXECCTL, VMX_EXECCTL_IO_BITMAP);
}

/* "MSR-Bitmap Address": reads of low and high MSRs, then writes, 1 KiB each. */
static void msr_bitmap(_Bool write, uint32_t msr)
{
	const uint64_t map = kvm_vmx_vmread(VMX_VMCS_MSR_BITMAP_POINTER);

	set_bit(map, write * 0x4000 + (msr >> 31) * 0x2000 + (msr & 0x1fff));
}

static void mask_cr0(unsigned long bits)
{
	kvm_vmx_vmwrite(VMX_VMCS_CR0_MASK, bits);
	kvm_vmx_vmwrite(VMX_VMCS_CR0_READ_SHADOW, kvm_vmx_vmread(VMX_VMCS_GUEST_CR0));
}

static void mask_cr4(unsigned long bits)
{
	kvm_vmx_vmwrite(VMX_VMCS_CR4_MASK, bits);
	kvm_vmx_vmwrite(VMX_VMCS_CR4_READ_SHADOW, kvm_vmx_vmread(VMX_VMCS_GUEST_CR4));
}

/* The guest believes that TS is set, which CLTS and LMSW may clear. */
static void mask_cr0_ts(void)
{
	kvm_vmx_vmwrite(VMX_VMCS_CR0_MASK, CR0_TS);
	kvm_vmx_vmwrite(VMX_VMCS_CR0_READ_SHADOW, kvm_vmx_vmread(VMX_VMCS_GUEST_CR0) | CR0_TS);
}

/* The guest believes that it is in real mode: LMSW sets PE. */
static void mask_cr0_pe(void)
{
	kvm_vmx_vmwrite(VMX_VMCS_CR0_MASK, CR0_PE);
	kvm_vmx_vmwrite(VMX_VMCS_CR0_READ_SHADOW,
			kvm_vmx_vmread(VMX_VMCS_GUEST_CR0) & ~(uint64_t)CR0_PE);
}

/* Where the CPU has no such instruction, or the hypervisor has switched it off: #UD, #GP. */
#define INSTRUCTION(name, text)                                                          \
	static void name(void *arg)                                                      \
	{                                                                                \
		unsigned long rax = (unsigned long)stored, rcx = 0, rdx = 0;             \
                                                                                         \
		(void)arg;                                                               \
		asm volatile(text : "+a"(rax), "+c"(rcx), "+d"(rdx) : : "memory", "cc"); \
	}

INSTRUCTION(rdpmc, "rdpmc")
INSTRUCTION(monitor, "monitor")
INSTRUCTION(mwait, "mwait")
INSTRUCTION(rdtscp, "rdtscp")
INSTRUCTION(rdrand, "rdrand %%eax")
INSTRUCTION(rdseed, "rdseed %%eax")

static void invpcid(void *arg)
{
	(void)arg;
	asm volatile("invpcid %0, %1" : : "m"(stored), "r"(2ul) : "memory");
}

/* XCR0 with x87 alone. */
static void xsetbv(void)
{
	toggle_cr4(CR4_OSXSAVE);
	asm volatile("xsetbv" : : "a"(1), "d"(0), "c"(0));
}

/* A guest that nothing stops but what must, with empty MSR bitmaps. */
static struct kvm_vmx_vcpu *new_guest(int (*guest_main)(void))
{
	struct kvm_vmx_vcpu *vm;
	struct kvm_cregs cregs;

	kvm_set_vmx_state(1);
	kvm_read_cregs(&cregs);
	before = cregs.cr3;
	prepare_absent_segment();
	vm = kvm_create_vmx_vcpu(guest_main, 1);
	kvm_vmx_vmptrld(vm->vmcs);
	set_control(VMX_VMCS_VMEXEC_CTL, VMX_CTLMASK_EXECCTL, VMX_EXECCTL_MSR_BITMAP);
	kvm_vmx_vmwrite(VMX_VMCS_MSR_BITMAP_POINTER, new_map());
	step = 0;
	vector = -1;
	return vm;
}

static void nothing(void)
{
}

static void check_exit(const char *name, int (*guest_main)(void), void (*controls)(void),
		       unsigned int reason, uint64_t qualification)
{
	struct kvm_vmx_vcpu *vm;

	if (controls != nothing) {
		vm = new_guest(guest_main);
		kvm_vmx_vmrun(vm);
		if (!stopped(name, "controls off", VMX_EXIT_HLT, 2))
			return;
	}
	vm = new_guest(guest_main);
	controls();
	kvm_vmx_vmrun(vm);
	if (stopped(name, "controls on", reason, 1) &&
	    (qualification == ANY_QUALIFICATION ||
	     has(name, "the exit qualification", kvm_vmx_vmread(VMX_VMCS_EXIT_QUALIFICATION),
		 qualification)))
		tst_res(TPASS, "%s stops the guest", name);
}

static void check_pass(const char *name, int (*guest_main)(void), void (*controls)(void))
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_main);

	controls();
	kvm_vmx_vmrun(vm);
	if (stopped(name, "controls on", VMX_EXIT_HLT, 2))
		tst_res(TPASS, "%s: the guest goes on", name);
}

#define GUEST_MAIN(name, statement)   \
	static int guest_##name(void) \
	{                             \
		step = 1;             \
		statement;            \
		step = 2;             \
		return 0;             \
	}
#define CONTROLS(name, controls)          \
	static void controls_##name(void) \
	{                                 \
		controls;                 \
	}
#define EXIT(name, controls, statement, reason, qualification)                             \
	GUEST_MAIN(name, statement)                                                        \
	CONTROLS(name, controls)                                                           \
	GUEST_CASE(name)                                                                   \
	{                                                                                  \
		check_exit(#name, guest_##name, controls_##name, reason, (qualification)); \
	}
#define ALWAYS(name, statement, reason)                                              \
	GUEST_MAIN(name, statement)                                                  \
	GUEST_CASE(name)                                                             \
	{                                                                            \
		check_exit(#name, guest_##name, nothing, reason, ANY_QUALIFICATION); \
	}
#define PASS(name, controls, statement)                           \
	GUEST_MAIN(name, statement)                               \
	CONTROLS(name, controls)                                  \
	GUEST_CASE(name)                                          \
	{                                                         \
		check_pass(#name, guest_##name, controls_##name); \
	}

EXIT_CASES(EXIT)
ALWAYS_CASES(ALWAYS)
PASS_CASES(PASS)

#ifdef __x86_64__
#define EXIT64(name, controls, statement, reason, qualification)                           \
	GUEST_MAIN(name, statement)                                                        \
	CONTROLS(name, (before = 0, controls))                                             \
	GUEST_CASE(name)                                                                   \
	{                                                                                  \
		check_exit(#name, guest_##name, controls_##name, reason, (qualification)); \
	}
/* What is written back to CR8 is a small number. */
EXIT_CASES_OF_64_BITS(EXIT64)
#endif

static void check_fault(const char *name, int (*guest_main)(void), unsigned int nr, uint32_t info)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_main);

	kvm_vmx_vmrun(vm);
	if (!stopped(name, "not intercepted", VMX_EXIT_HLT, 2) ||
	    !has(name, "the vector", vector, nr))
		return;
	vm = new_guest(guest_main);
	kvm_vmx_vmwrite(VMX_VMCS_EXCEPTION_BITMAP, 1u << nr);
	kvm_vmx_vmrun(vm);
	if (stopped(name, "intercepted", VMX_EXIT_EXCEPTION, 1) &&
	    has(name, "the interruption information", kvm_vmx_vmread(VMX_VMCS_VMEXIT_INTR_INFO),
		info))
		tst_res(TPASS, "%s stops the guest when intercepted, and only then", name);
}

#define FAULT(name, nr, function, info)                           \
	GUEST_MAIN(name, vector = kvm_try(function, NULL).vector) \
	GUEST_CASE(name)                                          \
	{                                                         \
		check_fault(#name, guest_##name, nr, info);       \
	}

FAULT_CASES(FAULT)

/* "Exceptions": a page fault's error code decides, by mask and match. */
static void check_page_fault(const char *name, _Bool bit, uint32_t mask, uint32_t match,
			     _Bool stops)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_PageFault);

	kvm_vmx_vmwrite(VMX_VMCS_EXCEPTION_BITMAP, bit << INTR_PAGE_FAULT);
	kvm_vmx_vmwrite(VMX_VMCS_PAGEFAULT_MASK, mask);
	kvm_vmx_vmwrite(VMX_VMCS_PAGEFAULT_MATCH, match);
	kvm_vmx_vmrun(vm);
	if (stopped(name, "at a write", stops ? VMX_EXIT_EXCEPTION : VMX_EXIT_HLT, stops ? 1 : 2))
		tst_res(TPASS, "%s: the fault %s", name,
			stops ? "stops the guest" : "is the guest's");
}

/* The write's error code is 2: W/R. */
GUEST_CASE(PageFaultMaskMatches)
{
	check_page_fault(__func__, 1, 3, 2, 1);
}

GUEST_CASE(PageFaultMaskDiffers)
{
	check_page_fault(__func__, 1, 3, 1, 0);
}

GUEST_CASE(PageFaultMaskDiffersWithoutBit)
{
	check_page_fault(__func__, 0, 3, 1, 1);
}

GUEST_CASE(PageFaultAddress)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_PageFault);

	kvm_vmx_vmwrite(VMX_VMCS_EXCEPTION_BITMAP, 1u << INTR_PAGE_FAULT);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at a write", VMX_EXIT_EXCEPTION, 1) &&
	    has(__func__, "the address", kvm_vmx_vmread(VMX_VMCS_EXIT_QUALIFICATION),
		UNMAPPED + 0x123) &&
	    has(__func__, "the error code", kvm_vmx_vmread(VMX_VMCS_VMEXIT_INTR_ERRNO), 2))
		tst_res(TPASS, "an intercepted page fault tells its address and error code");
}

static void load_no_idt(void)
{
	static const struct {
		uint16_t limit;
		uintptr_t base;
	} __attribute__((packed)) none;

	asm volatile("lidt %0; ud2" : : "m"(none));
}

GUEST_MAIN(TripleFault, load_no_idt())

GUEST_CASE(TripleFault)
{
	kvm_vmx_vmrun(new_guest(guest_TripleFault));
	if (stopped(__func__, "without an IDT", VMX_EXIT_TRIPLE_FAULT, 1))
		tst_res(TPASS, "a nested guest's triple fault stops it alone");
}

GUEST_MAIN(Nothing, nothing())

/* "Interrupt-window exiting": at once where RFLAGS.IF is set. */
GUEST_CASE(InterruptWindow)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_Nothing);

	set_control(VMX_VMCS_VMEXEC_CTL, VMX_CTLMASK_EXECCTL, EXEC_INTERRUPT_WINDOW);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "with interrupts enabled", VMX_EXIT_INTR_WINDOW, 0))
		tst_res(TPASS, "the guest stops before its first instruction");
}

/* "VMX-Preemption Timer": one of 0 is over before the first instruction. */
GUEST_CASE(PreemptionTimer)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_Nothing);

	set_control(VMX_VMCS_VMPINX_CTL, VMX_CTLMASK_PINX, PIN_PREEMPTION_TIMER);
	kvm_vmx_vmwrite(FIELD_PREEMPTION_TIMER, 0);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "with a timer of 0", VMX_EXIT_TIMER, 0))
		tst_res(TPASS, "the guest stops before its first instruction");
}

GUEST_MAIN(ReadCr0, READ("cr0"))
GUEST_MAIN(ReadCr4, READ("cr4"))

/* "Guest/Host Masks and Read Shadows": a masked bit reads as the shadow has it. */
GUEST_CASE(Cr0ReadShadow)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_ReadCr0);
	const unsigned long cr0 = kvm_vmx_vmread(VMX_VMCS_GUEST_CR0);

	kvm_vmx_vmwrite(VMX_VMCS_CR0_MASK, CR0_AM | CR0_TS);
	kvm_vmx_vmwrite(VMX_VMCS_CR0_READ_SHADOW, (cr0 ^ CR0_AM) | CR0_TS | CR0_CD);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at its end", VMX_EXIT_HLT, 2) &&
	    has(__func__, "what the guest read", seen, (cr0 ^ CR0_AM) | CR0_TS))
		tst_res(TPASS, "masked bits come from the shadow, and no others");
}

GUEST_CASE(Cr4ReadShadow)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_ReadCr4);
	const unsigned long cr4 = kvm_vmx_vmread(VMX_VMCS_GUEST_CR4);

	kvm_vmx_vmwrite(VMX_VMCS_CR4_MASK, CR4_VMXE | CR4_DE);
	kvm_vmx_vmwrite(VMX_VMCS_CR4_READ_SHADOW, CR4_DE | CR4_TSD);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at its end", VMX_EXIT_HLT, 2) &&
	    has(__func__, "what the guest read", seen, (cr4 & ~(unsigned long)CR4_VMXE) | CR4_DE))
		tst_res(TPASS, "masked bits come from the shadow, and no others");
}

GUEST_CASE(InstructionLength)
{
	kvm_vmx_vmrun(new_guest(guest_Cpuid));
	if (stopped(__func__, "at CPUID", VMX_EXIT_CPUID, 1) &&
	    has(__func__, "the instruction's length", kvm_vmx_vmread(VMX_VMCS_VMEXIT_INST_LEN), 2))
		tst_res(TPASS, "the exit tells the instruction's length");
}
