// SPDX-License-Identifier: MIT
/* Code at privilege level 3: SDM Vol. 3 "Protection", "I/O Permission Bit Map". */
#include "guest/arch/x86/boot/layout.h"
#include "guest/arch/x86/boot/tss.h"
#include "guest/arch/x86/faults/stack.h"
#include "guest/arch/x86/faults/try.h"
#include "guest/arch/x86/interrupts/frame.h"
#include "guest/arch/x86/paging/paging.h"

#define CPL3 3
#define DESCRIPTOR_DPL3 (CPL3 << 5)

/* Up to the doorbell's ports, and a byte that the manual wants to be all ones. */
#define IO_MAP_BYTES (KVM_DOORBELL_PORT / 8 + 2 + 1)
#define TSS_LIMIT (KVM_TSS_BYTES + IO_MAP_BYTES - 1)

_Static_assert(TSS_LIMIT < PAGESIZE, "a TSS with its I/O permission bitmap has a page");

/* CPU 0's TSS has no page of its own: with the bitmap, it moves here. */
static uint8_t first_tss[PAGESIZE] __attribute__((aligned(PAGESIZE)));

static struct tst_lock lock;
static unsigned int cs_id, ds_id; /* descriptors in kvm_gdt */
static void *stacks[KVM_MAX_CPUS];

static void make_descriptors(void)
{
	int ids[2];

	for (int i = 0; i < 2; i++) {
		ids[i] = kvm_find_free_descriptor(kvm_gdt, KVM_GDT_SIZE);
		if (ids[i] < 0) {
			tst_brk(TBROK,
				"kvm_call_user: all %d descriptors of kvm_gdt are taken, and code "
				"at CPL 3 needs two",
				KVM_GDT_SIZE);
		}
		kvm_set_segment_descriptor(
			&kvm_gdt[ids[i]], 0, 0xfffff,
			(i ? SEGTYPE_RWDATA : SEGTYPE_CODE) | DESCRIPTOR_DPL3 | SEGFLAG_PRESENT |
				SEGFLAG_PAGE_LIMIT |
				(i || sizeof(long) == 4 ? SEGFLAG_32BIT : SEGFLAG_CODE64));
	}
	cs_id = ids[0];
	ds_id = ids[1];
}

/* Of all ports, the running CPU's code at CPL 3 may use the doorbell's four bytes. */
static void allow_doorbell(uint8_t *tss, uint16_t selector)
{
	struct segment_descriptor *descriptor =
		(struct segment_descriptor *)((uint8_t *)kvm_gdt + selector);
	uint8_t *map = tss + KVM_TSS_BYTES;

	memset(map, 0xff, IO_MAP_BYTES);
	for (unsigned int port = KVM_DOORBELL_PORT; port < KVM_DOORBELL_PORT + 4; port++)
		map[port / 8] &= ~(1 << port % 8);
	/* Loading it wants a descriptor that is not marked as busy. */
	kvm_set_segment_descriptor(descriptor, (uintptr_t)tss, TSS_LIMIT,
				   SEGTYPE_TSS | SEGFLAG_PRESENT);
	asm volatile("ltr %w0" : : "r"(selector) : "memory");
}

static uint8_t *prepare_tss(unsigned int cpu)
{
	uint8_t *tss = cpu_tss(cpu);

	if (!cpu) {
		memcpy(first_tss, tss, KVM_TSS_BYTES);
		tss = first_tss;
	}
	allow_doorbell(tss, cpu ? KVM_TSS_OF(cpu) : KVM_TSS);
	return tss;
}

/* The segment registers that CPL 3 gets other values in. */
static void restore_segments(const struct kvm_sregs *sregs)
{
	asm volatile("mov %0, %%ds" : : "r"(sregs->ds));
	asm volatile("mov %0, %%es" : : "r"(sregs->es));
	asm volatile("mov %0, %%fs" : : "r"(sregs->fs));
	asm volatile("mov %0, %%gs" : : "r"(sregs->gs));
	asm volatile("mov %0, %%ss" : : "r"(sregs->ss));
}

struct kvm_fault kvm_call_user(void (*func)(void *arg), void *arg)
{
	struct try_record record = {.is_user = 1};
	const unsigned int cpu = tst_cpu();
	struct kvm_sregs sregs;
	uint8_t *tss;

	kvm_read_sregs(&sregs);
	if (sregs.cs & SELECTOR_RPL) {
		tst_brk(TBROK,
			"kvm_call_user: the caller is at CPL %d already; kvm_try() works there",
			sregs.cs & SELECTOR_RPL);
	}
	if (!paging_is_on("kvm_call_user")) {
		tst_brk(TBROK,
			"kvm_call_user: paging is off (CR0.PG is clear), and nothing would be "
			"protected");
	}
	tst_lock(&lock);
	if (!cs_id)
		make_descriptors();
	tst_unlock(&lock);
	if (!stacks[cpu])
		stacks[cpu] = alloc_stack("code at CPL 3");
	tss = prepare_tss(cpu);
#ifdef __i386__
	*(uint32_t *)(tss + KVM_TSS_SS0) = KVM_DS;
#endif
	open_memory_to_user();

	begin_try(&record);
	try_call_user(&record, func, arg, (uintptr_t)stacks[cpu] - 16, tss + KVM_TSS_SP0,
		      cs_id << 3 | CPL3, ds_id << 3 | CPL3);
	restore_segments(&sregs);
	leave_try(&record);
	return record.fault;
}
