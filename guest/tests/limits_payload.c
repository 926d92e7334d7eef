// SPDX-License-Identifier: MIT
/* The refusals of limits.h. */
#include "kvm_test.h"
#include "kvm_x86.h"
#include "limits.h"

static struct limit_page *const page = (struct limit_page *)LIMIT_ADDRESS;

/* The name is part of the report's backtrace. */
static int __attribute__((noinline)) recurse(int depth)
{
	volatile char space[64];

	space[0] = depth;
	return depth ? recurse(depth - 1) + space[0] : 0;
}

static void overflow_stack(void *arg)
{
	recurse(1000);
}

static void __attribute__((noinline)) fill_array(size_t size)
{
	volatile char array[12 * 1024];

	for (size_t i = 0; i < size; i++)
		array[i] = i;
}

static void __attribute__((noinline)) fill_small_array(void)
{
	volatile char array[6 * 1024];

	for (size_t i = 0; i < sizeof(array); i++)
		array[i] = i;
	tst_res(TPASS, "6 KiB fit");
}

static int set_bad_sp(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	kvm_set_interrupt_sp(ifrm, kvm_get_interrupt_sp(ifrm) - 8 * sizeof(long));
	return 0;
}

static int set_bad_cs(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	kvm_set_interrupt_cs(ifrm, kvm_get_interrupt_cs(ifrm) | 3);
	return 0;
}

static void raise_bad_opcode(tst_interrupt_callback callback)
{
	tst_set_interrupt_callback(INTR_BAD_OPCODE, callback, NULL);
	asm volatile("ud2");
}

/* The library is called from here, and complains of it. */
static void __attribute__((noinline)) ask_for_too_much(void)
{
	tst_heap_alloc((size_t)-4096);
	asm volatile("");
}

/* Any format at all: the compiler looks at literals. */
static void format_unchecked(char *dest, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
	vsprintf(dest, fmt, ap);
#pragma clang diagnostic pop
	va_end(ap);
}

void main(void)
{
	const uint32_t limit = page->limit;

	page->bits = 8 * sizeof(void *);
	switch (limit) {
	case LIMIT_STACK_RECURSION:
		recurse(1000);
		break;
	case LIMIT_STACK_ARRAY:
		fill_array(12 * 1024);
		break;
	case LIMIT_STACK_FITS:
		fill_small_array();
		return;
	case LIMIT_INTERRUPT_SP:
		raise_bad_opcode(set_bad_sp);
		break;
	case LIMIT_INTERRUPT_CS:
		raise_bad_opcode(set_bad_cs);
		break;
	case LIMIT_MAP_SIZE:
		kvm_map(0x90000000, 0, 0x2000, PTE_WRITABLE);
		break;
	case LIMIT_MAP_VIRT:
		kvm_map(0x90001000, 0, 0x200000, PTE_WRITABLE);
		break;
	case LIMIT_MAP_PHYS:
		kvm_map(0x90000000, 0x1000, 0x200000, PTE_WRITABLE);
		break;
	case LIMIT_MAP_PHYS_END:
		kvm_map(0x90000000, 1ull << 52, PAGESIZE, PTE_WRITABLE);
		break;
	case LIMIT_MAP_FLAGS:
		kvm_map(0x90000000, 0, PAGESIZE, 0x3000);
		break;
#ifdef __x86_64__
	case LIMIT_MAP_CANONICAL:
		kvm_map(1ul << 50, 0, PAGESIZE, PTE_WRITABLE);
		break;
#endif
	case LIMIT_UNMAP_SIZE:
		kvm_unmap(0x90000000, 1);
		break;
	case LIMIT_APIC_NONE:
		kvm_enable_apic();
		break;
	case LIMIT_X2APIC_NONE:
		kvm_enable_x2apic();
		break;
	case LIMIT_APIC_READ:
		kvm_read_apic(APIC_REG_ID);
		break;
	case LIMIT_PLACE:
		ask_for_too_much();
		break;
	case LIMIT_START_CPU:
		tst_start_cpu(1, NULL, NULL);
		break;
	case LIMIT_JOIN_CPU:
		tst_join_cpu(0);
		break;
	case LIMIT_OTHER_STACK:
		tst_start_cpu(1, overflow_stack, NULL);
		tst_join_cpu(1);
		break;
	case LIMIT_CONVERSION:
		format_unchecked(page->text, page->format, 0x41ull);
		tst_res(TPASS, "handled");
		return;
	}
	tst_res(TFAIL, "the test went on");
}
