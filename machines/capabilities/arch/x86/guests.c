/* SPDX-License-Identifier: MIT */
/* Tiny guests; see probe.h. */
#include "machines/capabilities/arch/x86/guests.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* guest_code.S */
extern const char guest_long_mode[], guest_long_mode_end[];
extern const char guest_svm_exits[], guest_svm_exits_end[];
extern const char guest_faults[], guest_faults_end[];
extern const char guest_pae[], guest_pae_end[];
extern const char guest_simd[], guest_simd_end[];
extern const char guest_irqchip[], guest_irqchip_end[];
extern const char guest_interrupts[], guest_interrupts_end[];
extern const char guest_debug[], guest_debug_end[];
#define PROBE_PASSED 0x900d
#define PROBE_PORT 0x80
#define HANDLER 0x100 /* from the start of the code */
#define APIC_VECTOR 0x41

/* The guest's memory, in bytes from 0. */
#define CODE 0x1000
#define IDT 0x2000
#define TABLE_4 0x3000 /* long mode: page map level 4 */
#define TABLE_3 0x4000 /* page directory pointers */
#define TABLE_2 0x5000 /* page directory: one large page at 0 */
#define VMCB 0x6000
#define STACK 0x7000
#define MEMORY_SIZE 0x9000 /* the last page: the host save area of VMRUN */

/* Bytes into a VMCB: APM Vol. 2, appendix B. */
#define VMCB_INTERCEPTS 0x08
#define VMCB_ASID 0x58
#define VMCB_EXITCODE 0x70
#define VMCB_EVENTINJ 0xa8
#define VMCB_CS 0x410
#define VMCB_SS 0x420
#define VMCB_EFER 0x4d0
#define VMCB_CR0 0x558
#define VMCB_DR7 0x560
#define VMCB_DR6 0x568
#define VMCB_RFLAGS 0x570
#define VMCB_RIP 0x578

#define INTERCEPT_INVD (1ull << (32 + 22)) /* of VMCB_INTERCEPTS, which starts with exceptions */
#define INTERCEPT_HLT (1ull << (32 + 24))
#define INTERCEPT_VMRUN 1
#define EVENT_OF_RESERVED_TYPE (1ull << 31 | 1 << 8)
#define EXIT_INVALID UINT64_MAX
#define EXIT_INVD 0x76

/* How many exits a probe may take before it counts as failed. */
#define EXITS_MAX 16

/* How many entries KVM_GET_SUPPORTED_CPUID may have. */
#define CPUID_MAX 256

#define CR0_PE (1u << 0)
#define CR0_ET (1u << 4)
#define CR0_PG (1u << 31)
#define CR4_PAE (1u << 5)
#define CR4_OSFXSR (1u << 9)
#define DR6_BREAKPOINT_0 1
#define DR6_RESET 0xffff0ff0
#define DR7_RESET 0x400
#define DR7_BREAKPOINT_0 0x402
#define EFER_LME (1u << 8)
#define EFER_LMA (1u << 10)
#define EFER_SVME (1u << 12)
#define RFLAGS_IF (1u << 9)
#define PAGE_PRESENT_WRITE 3
#define PAGE_PRESENT 1
#define PAGE_LARGE 0x80
#define BREAKPOINT 3
#define GENERAL_PROTECTION 13
#define PAGE_FAULT 14
#define GATE_INTERRUPT 0x8e
#define SECOND_512_GIB 0x8000000000 /* whose tables are behind the second entry of TABLE_4 */

struct probe_vm {
	int vm, vcpu;
	char *memory;
	struct kvm_run *run;
	size_t run_size;
};

static void close_vm(struct probe_vm *vm)
{
	if (vm->run != MAP_FAILED)
		munmap(vm->run, vm->run_size);
	if (vm->vcpu >= 0)
		close(vm->vcpu);
	if (vm->vm >= 0)
		close(vm->vm);
	if (vm->memory != MAP_FAILED)
		munmap(vm->memory, MEMORY_SIZE);
}

/* Lets the guest have all that KVM supports. */
static bool set_cpuid(int kvm, int vcpu)
{
	struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + CPUID_MAX * sizeof(*cpuid->entries));
	bool set;

	if (!cpuid)
		return false;
	cpuid->nent = CPUID_MAX;
	set = !ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid) && !ioctl(vcpu, KVM_SET_CPUID2, cpuid);
	free(cpuid);
	return set;
}

static bool open_vm(int kvm, struct probe_vm *vm, bool irqchip)
{
	struct kvm_userspace_memory_region region = {.memory_size = MEMORY_SIZE};
	int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

	*vm = (struct probe_vm){.vm = -1, .vcpu = -1, .memory = MAP_FAILED, .run = MAP_FAILED};
	if (size < (int)sizeof(*vm->run))
		return false;
	vm->run_size = (size_t)size;
	vm->memory =
		mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	vm->vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm->memory == MAP_FAILED || vm->vm < 0)
		return false;
	if (irqchip && ioctl(vm->vm, KVM_CREATE_IRQCHIP, 0))
		return false;
	region.userspace_addr = (uintptr_t)vm->memory;
	vm->vcpu = ioctl(vm->vm, KVM_CREATE_VCPU, 0);
	if (vm->vcpu < 0 || ioctl(vm->vm, KVM_SET_USER_MEMORY_REGION, &region))
		return false;
	if (!set_cpuid(kvm, vm->vcpu))
		return false;
	vm->run = mmap(NULL, vm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu, 0);
	return vm->run != MAP_FAILED;
}

/* Goes on until something ends the guest; true if KVM could. */
static bool go_on(struct probe_vm *vm)
{
	for (int i = 0; i < EXITS_MAX; i++) {
		if (ioctl(vm->vcpu, KVM_RUN, 0)) {
			if (errno == EINTR)
				continue;
			return false;
		}
		if (vm->run->exit_reason != KVM_EXIT_INTR)
			return true;
	}
	return false;
}

/* Runs the guest, with RBX, until something ends it; true if KVM could. */
static bool run(struct probe_vm *vm, uint64_t rbx)
{
	struct kvm_regs registers = {.rip = CODE, .rsp = STACK, .rflags = 2, .rbx = rbx};

	return !ioctl(vm->vcpu, KVM_SET_REGS, &registers) && go_on(vm);
}

/* Whether the guest has ended as one that passed. */
static bool has_passed(const struct probe_vm *vm)
{
	struct kvm_regs registers;

	return vm->run->exit_reason == KVM_EXIT_IO && vm->run->io.port == PROBE_PORT &&
	       !ioctl(vm->vcpu, KVM_GET_REGS, &registers) && registers.rax == PROBE_PASSED;
}

/* Runs the guest to its end; true if it passed. */
static bool run_to_end(struct probe_vm *vm, uint64_t rbx)
{
	return run(vm, rbx) && has_passed(vm);
}

static struct kvm_segment flat_segment(unsigned int selector, unsigned int type)
{
	return (struct kvm_segment){
		.limit = 0xffffffff,
		.selector = (uint16_t)selector,
		.type = (uint8_t)type,
		.present = 1,
		.s = 1,
		.g = 1,
		.db = 1,
	};
}

static void set_segments(struct kvm_sregs *sregs)
{
	sregs->cs = flat_segment(8, 11); /* execute, read, accessed */
	sregs->ds = sregs->es = sregs->fs = sregs->gs = sregs->ss = flat_segment(16, 3);
}

/* Has HANDLER handle a vector in long mode. */
static void set_gate(struct probe_vm *vm, unsigned int vector)
{
	uint64_t *idt = (uint64_t *)(void *)(vm->memory + IDT);
	uint64_t handler = CODE + HANDLER;

	/* offset 15:0, selector, type, offset 31:16; AMD APM 2, 4.8.4 */
	idt[2 * vector] = (handler & 0xffff) | 8u << 16 | (uint64_t)GATE_INTERRUPT << 40;
}

/* Puts code into the guest's memory, with long mode, a large page and a table of gates around it. */
static bool set_long_mode(struct probe_vm *vm, const char *code, const char *code_end,
			  uint64_t efer)
{
	struct kvm_sregs sregs;
	uint64_t *memory = (uint64_t *)(void *)vm->memory;

	memcpy(vm->memory + CODE, code, (size_t)(code_end - code));
	memory[TABLE_4 / 8] = TABLE_3 | PAGE_PRESENT_WRITE;
	memory[TABLE_3 / 8] = TABLE_2 | PAGE_PRESENT_WRITE;
	memory[TABLE_2 / 8] = PAGE_LARGE | PAGE_PRESENT_WRITE;
	if (ioctl(vm->vcpu, KVM_GET_SREGS, &sregs))
		return false;
	set_segments(&sregs);
	sregs.cs.db = 0;
	sregs.cs.l = 1;
	/* The interrupt gate loads CS anew, from a table in memory. */
	memory[STACK / 8 + 1] = 0x00af9b000000ffff;
	memory[STACK / 8 + 2] = 0x00cf93000000ffff;
	sregs.gdt = (struct kvm_dtable){.base = STACK, .limit = 23};
	sregs.idt = (struct kvm_dtable){.base = IDT, .limit = 16 * (PAGE_FAULT + 1) - 1};
	sregs.cr3 = TABLE_4;
	sregs.cr4 |= CR4_PAE;
	sregs.cr0 |= CR0_PE | CR0_PG;
	sregs.efer |= EFER_LME | EFER_LMA | efer;
	return !ioctl(vm->vcpu, KVM_SET_SREGS, &sregs);
}

static bool passes_long_mode(struct probe_vm *vm)
{
	set_gate(vm, BREAKPOINT);
	return set_long_mode(vm, guest_long_mode, guest_long_mode_end, 0) && run_to_end(vm, 0);
}

static bool passes_faults(struct probe_vm *vm)
{
	uint64_t *memory = (uint64_t *)(void *)vm->memory;

	set_gate(vm, GENERAL_PROTECTION);
	set_gate(vm, PAGE_FAULT);
	/* PS is reserved there. */
	memory[TABLE_4 / 8 + 1] = TABLE_3 | PAGE_PRESENT_WRITE | PAGE_LARGE;
	return set_long_mode(vm, guest_faults, guest_faults_end, 0) && run_to_end(vm, 0) &&
	       run_to_end(vm, SECOND_512_GIB);
}

/* A segment as a VMCB has it: selector 0, base 0. */
static uint64_t vmcb_segment(unsigned int attributes, unsigned int limit)
{
	return (uint64_t)attributes << 16 | (uint64_t)limit << 32;
}

/* Has the guest run a nested one; what the exit was. */
static uint64_t nested_exit(struct probe_vm *vm, uint64_t event)
{
	uint64_t *vmcb = (uint64_t *)(void *)(vm->memory + VMCB);

	memset(vmcb, 0, STACK - VMCB);
	vmcb[VMCB_INTERCEPTS / 8] = INTERCEPT_INVD | INTERCEPT_HLT;
	vmcb[VMCB_INTERCEPTS / 8 + 1] = INTERCEPT_VMRUN;
	vmcb[VMCB_ASID / 8] = 1;
	vmcb[VMCB_EVENTINJ / 8] = event;
	vmcb[VMCB_CS / 8] = vmcb_segment(0x9b, 0xffff);
	vmcb[VMCB_SS / 8] = vmcb_segment(0x93, 0xffff);
	vmcb[VMCB_EFER / 8] = EFER_SVME;
	vmcb[VMCB_CR0 / 8] = CR0_ET;
	vmcb[VMCB_DR7 / 8] = DR7_RESET;
	vmcb[VMCB_DR6 / 8] = DR6_RESET;
	vmcb[VMCB_RFLAGS / 8] = 2;
	vmcb[VMCB_RIP / 8] = CODE + HANDLER;
	return run_to_end(vm, VMCB) ? vmcb[VMCB_EXITCODE / 8] : 0;
}

static bool passes_svm_exits(struct probe_vm *vm)
{
	return set_long_mode(vm, guest_svm_exits, guest_svm_exits_end, EFER_SVME) &&
	       nested_exit(vm, EVENT_OF_RESERVED_TYPE) == EXIT_INVALID &&
	       nested_exit(vm, 0) == EXIT_INVD;
}

static bool passes_pae(struct probe_vm *vm)
{
	struct kvm_sregs sregs;
	uint64_t *memory = (uint64_t *)(void *)vm->memory;

	memcpy(vm->memory + CODE, guest_pae, (size_t)(guest_pae_end - guest_pae));
	memory[TABLE_3 / 8] = TABLE_2 | PAGE_PRESENT;
	memory[TABLE_2 / 8] = PAGE_LARGE | PAGE_PRESENT_WRITE;
	if (ioctl(vm->vcpu, KVM_GET_SREGS, &sregs))
		return false;
	set_segments(&sregs);
	sregs.cr0 |= CR0_PE;
	return !ioctl(vm->vcpu, KVM_SET_SREGS, &sregs) && run_to_end(vm, TABLE_3) &&
	       memory[TABLE_3 / 8] == (TABLE_2 | PAGE_PRESENT);
}

/* Puts code into the guest's memory and a flat protected mode without paging around it. */
static bool set_protected_mode(struct probe_vm *vm, const char *code, const char *code_end,
			       uint64_t cr4)
{
	struct kvm_sregs sregs;

	memcpy(vm->memory + CODE, code, (size_t)(code_end - code));
	if (ioctl(vm->vcpu, KVM_GET_SREGS, &sregs))
		return false;
	set_segments(&sregs);
	sregs.gdt = (struct kvm_dtable){.base = STACK, .limit = 23};
	sregs.idt = (struct kvm_dtable){.base = IDT, .limit = 8 * (APIC_VECTOR + 1) - 1};
	sregs.cr0 |= CR0_PE;
	sregs.cr4 |= cr4;
	return !ioctl(vm->vcpu, KVM_SET_SREGS, &sregs);
}

static bool passes_simd(struct probe_vm *vm)
{
	return set_protected_mode(vm, guest_simd, guest_simd_end, CR4_OSFXSR) && run_to_end(vm, 0);
}

/* The same, with HANDLER for the interrupt that the guest sends itself. */
static bool set_interrupt_handler(struct probe_vm *vm, const char *code, const char *code_end)
{
	uint64_t *memory = (uint64_t *)(void *)vm->memory;
	uint64_t gate = CODE + HANDLER;

	memory[IDT / 8 + APIC_VECTOR] = (gate & 0xffff) | 8u << 16 | (uint64_t)GATE_INTERRUPT << 40;
	memory[STACK / 8 + 1] = 0x00cf9b000000ffff;
	memory[STACK / 8 + 2] = 0x00cf93000000ffff;
	return set_protected_mode(vm, code, code_end, 0);
}

static bool passes_irqchip(struct probe_vm *vm)
{
	return set_interrupt_handler(vm, guest_irqchip, guest_irqchip_end) && run_to_end(vm, 0);
}

/* Switches interrupts on behind the instruction that has left the guest, with their shadow. */
static bool enable_interrupts(struct probe_vm *vm)
{
	struct kvm_vcpu_events events;
	struct kvm_regs registers;

	/* The next KVM_RUN would complete the instruction, and end the shadow. */
	vm->run->immediate_exit = 1;
	if (!ioctl(vm->vcpu, KVM_RUN, 0) || errno != EINTR)
		return false;
	vm->run->immediate_exit = 0;
	if (ioctl(vm->vcpu, KVM_GET_REGS, &registers) ||
	    ioctl(vm->vcpu, KVM_GET_VCPU_EVENTS, &events))
		return false;
	registers.rflags |= RFLAGS_IF;
	events.flags = KVM_VCPUEVENT_VALID_SHADOW;
	events.interrupt.shadow = KVM_X86_SHADOW_INT_STI;
	return !ioctl(vm->vcpu, KVM_SET_REGS, &registers) &&
	       !ioctl(vm->vcpu, KVM_SET_VCPU_EVENTS, &events);
}

static bool passes_interrupts(struct probe_vm *vm)
{
	return set_interrupt_handler(vm, guest_interrupts, guest_interrupts_end) && run(vm, 0) &&
	       enable_interrupts(vm) && go_on(vm) && has_passed(vm);
}

static bool passes_guest_debug(struct probe_vm *vm)
{
	struct kvm_guest_debug debug = {
		.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP,
		.arch.debugreg = {[0] = CODE + 1, [7] = DR7_BREAKPOINT_0},
	};

	return set_protected_mode(vm, guest_debug, guest_debug_end, 0) &&
	       !ioctl(vm->vcpu, KVM_SET_GUEST_DEBUG, &debug) && run(vm, 0) &&
	       vm->run->exit_reason == KVM_EXIT_DEBUG && vm->run->debug.arch.pc == CODE + 1 &&
	       vm->run->debug.arch.dr6 & DR6_BREAKPOINT_0;
}

static bool (*const passes[])(struct probe_vm *vm) = {
	[GUEST_FAULTS] = passes_faults,
	[GUEST_GUEST_DEBUG] = passes_guest_debug,
	[GUEST_INTERRUPTS] = passes_interrupts,
	[GUEST_IRQCHIP] = passes_irqchip,
	[GUEST_NATIVE] = passes_long_mode,
	[GUEST_PAE] = passes_pae,
	[GUEST_SIMD] = passes_simd,
	[GUEST_SVM_EXITS] = passes_svm_exits,
};

bool probe_guest(int kvm, enum guest guest)
{
	const bool needs_irqchip = guest == GUEST_INTERRUPTS || guest == GUEST_IRQCHIP;
	struct probe_vm vm;
	bool passed = open_vm(kvm, &vm, needs_irqchip) && passes[guest](&vm);

	close_vm(&vm);
	return passed;
}
