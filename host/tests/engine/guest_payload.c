// SPDX-License-Identifier: MIT
/* The functions of guest.h. */
#include "guest.h"
#include "kvm_test.h"
#include "kvm_x86.h"

/* Found by name: nothing here calls it. */
#define CALLABLE __attribute__((used)) static

/* What the controller reads and writes. */
volatile uint64_t value, count, stop, interrupts;
volatile uint64_t progress[GUEST_MAX_CPUS], seen[GUEST_MAX_CPUS];
uint8_t buffer[2 * GUEST_PAGE] __attribute__((aligned(GUEST_PAGE)));

volatile uint32_t marker = 0x12345678;

/* Names that names_payload.c has, too. */
__attribute__((used, retain)) volatile uint32_t global_here = 1;
__attribute__((used, retain)) static volatile uint32_t global_there = 1;
__attribute__((used, retain)) static volatile uint32_t static_everywhere = 1;

static int count_interrupt(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	(void)userdata;
	(void)ifrm;
	(void)errcode;
	interrupts++;
	return 0;
}

#ifdef __x86_64__
static void read_far(void *arg)
{
	(void)arg;
	(void)*(volatile uint64_t *)GUEST_FAR;
}

/* The controller puts a fifth level above the tables. */
CALLABLE void map_far(void *arg)
{
	(void)arg;
	kvm_yield();
	kvm_map(GUEST_FAR, (uintptr_t)buffer, GUEST_PAGE, PTE_WRITABLE);
	*(volatile uint64_t *)GUEST_FAR = GUEST_FAR_VALUE;
	kvm_yield();
	kvm_unmap(GUEST_FAR, GUEST_PAGE);
	value = kvm_try(read_far, NULL).vector;
}
#endif

CALLABLE void pass(void *arg)
{
	(void)arg;
	tst_res(TPASS, "CPU %u is done", tst_cpu());
}

CALLABLE void say_nothing(void *arg)
{
	(void)arg;
}

CALLABLE void brk(void *arg)
{
	(void)arg;
	tst_brk(TBROK, "CPU %u breaks", tst_cpu());
}

CALLABLE void note_arg(void *arg)
{
	seen[tst_cpu()] = (uintptr_t)arg;
	tst_res(TPASS, "CPU %u has an argument", tst_cpu());
}

/* --- Exits --- */

CALLABLE void out_8(void *arg)
{
	(void)arg;
	asm volatile("outb %b0, %w1" : : "a"((uint8_t)value), "d"(GUEST_PORT));
}

CALLABLE void out_16(void *arg)
{
	(void)arg;
	asm volatile("outw %w0, %w1" : : "a"((uint16_t)value), "d"(GUEST_PORT));
}

CALLABLE void out_32(void *arg)
{
	(void)arg;
	asm volatile("outl %0, %w1" : : "a"((uint32_t)value), "d"(GUEST_PORT));
}

CALLABLE void in_32(void *arg)
{
	uint32_t got;

	(void)arg;
	asm volatile("inl %w1, %0" : "=a"(got) : "d"(GUEST_PORT));
	value = got;
}

CALLABLE void out_string(void *arg)
{
	const uint8_t *from = buffer;
	uintptr_t times = count;

	(void)arg;
	asm volatile("rep outsb" : "+S"(from), "+c"(times) : "d"(GUEST_PORT) : "memory");
}

CALLABLE void in_string(void *arg)
{
	uint8_t *to = buffer;
	uintptr_t times = count;

	(void)arg;
	asm volatile("rep insb" : "+D"(to), "+c"(times) : "d"(GUEST_PORT) : "memory");
}

CALLABLE void write_mmio(void *arg)
{
	(void)arg;
	*(volatile uint32_t *)GUEST_MMIO = value;
}

CALLABLE void read_mmio(void *arg)
{
	(void)arg;
	value = *(volatile uint32_t *)GUEST_MMIO;
}

/* Two bytes on each side of a page's end. */
CALLABLE void write_across(void *arg)
{
	(void)arg;
	*(volatile uint32_t *)(GUEST_MMIO + GUEST_PAGE - 2) = value;
}

CALLABLE void read_across(void *arg)
{
	(void)arg;
	value = *(volatile uint32_t *)(GUEST_MMIO + GUEST_PAGE - 2);
}

CALLABLE void halt(void *arg)
{
	(void)arg;
	asm volatile("hlt");
	progress[tst_cpu()]++;
}

CALLABLE void yield_twice(void *arg)
{
	(void)arg;
	for (int i = 0; i < 2; i++) {
		kvm_yield();
		progress[tst_cpu()]++;
	}
	tst_res(TPASS, "yielded");
}

CALLABLE void read_msr(void *arg)
{
	(void)arg;
	value = kvm_rdmsr(GUEST_MSR);
}

CALLABLE void write_msr(void *arg)
{
	(void)arg;
	kvm_wrmsr(GUEST_MSR, value);
}

/* Hyper-V TLFS, "Guest Crash Enlightenment": notes that the guest has crashed. */
CALLABLE void crash(void *arg)
{
	(void)arg;
	kvm_wrmsr(GUEST_HV_CRASH_P0, 0xdead);
	kvm_wrmsr(GUEST_HV_CRASH_CTL, GUEST_HV_CRASH_NOTIFY);
}

CALLABLE void triple_fault(void *arg)
{
	struct {
		uint16_t limit;
		uintptr_t base;
	} __attribute__((packed)) none = {0};

	(void)arg;
	asm volatile("lidt %0\n"
		     "ud2"
		     :
		     : "m"(none));
}

CALLABLE void report_and_fault(void *arg)
{
	tst_res(TINFO, "the last words");
	triple_fault(arg);
}

static int skip_ud2(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	(void)userdata;
	(void)errcode;
	kvm_set_interrupt_ip(ifrm, kvm_get_interrupt_ip(ifrm) + 2);
	return 0;
}

CALLABLE void interrupt_and_fault(void *arg)
{
	tst_set_interrupt_callback(INTR_BAD_OPCODE, skip_ud2, NULL);
	asm volatile("ud2");
	triple_fault(arg);
}

/* Instructions from where no memory is. */
CALLABLE void run_nothing(void *arg)
{
	(void)arg;
	((void (*)(void))GUEST_MMIO)();
}

CALLABLE void hypercall(void *arg)
{
	uintptr_t nr = GUEST_HYPERCALL;

	(void)arg;
	asm volatile("vmcall"
		     : "+a"(nr)
		     : "b"((uintptr_t)GUEST_HYPERCALL_PAGE), "c"((uintptr_t)1), "d"((uintptr_t)0)
		     : "memory");
	value = nr;
}

/* --- Loops --- */

CALLABLE void spin(void *arg)
{
	unsigned int cpu = tst_cpu();

	(void)arg;
	while (!stop)
		progress[cpu]++;
}

CALLABLE void signal_and_spin(void *arg)
{
	tst_signal_host(arg);
	spin(arg);
}

CALLABLE void wait_host(void *arg)
{
	(void)arg;
	tst_wait_host((void *)&marker);
	tst_res(TPASS, "the host has let CPU %u go", tst_cpu());
}

/* --- Memory --- */

CALLABLE void touch_pages(void *arg)
{
	(void)arg;
	for (uint64_t i = 0; i < count; i++)
		*(volatile uint32_t *)(GUEST_MEMORY + (uintptr_t)i * GUEST_PAGE) = 1;
	progress[tst_cpu()]++;
}

/*
 * A KVM that emulates many instructions at a time looks at its dirty ring after
 * them only: this gives it occasion to.
 */
CALLABLE void touch_pages_slowly(void *arg)
{
	(void)arg;
	for (uint64_t i = 0; i < count; i++) {
		*(volatile uint32_t *)(GUEST_MEMORY + (uintptr_t)i * GUEST_PAGE) = 1;
		asm volatile("outb %b0, %w1" : : "a"(0), "d"(GUEST_PORT));
	}
}

/* Each CPU writes pages of its own: every second one. */
CALLABLE void touch_alternate_pages(void *arg)
{
	for (uint64_t i = (uintptr_t)arg; i < count; i += 2)
		*(volatile uint32_t *)(GUEST_MEMORY + (uintptr_t)i * GUEST_PAGE) = 1;
	progress[tst_cpu()]++;
}

/* Reads one word until it changes; the memslot may go away and come back. */
CALLABLE void watch_memory(void *arg)
{
	unsigned int cpu = tst_cpu();

	(void)arg;
	while (!stop) {
		seen[cpu] = *(volatile uint32_t *)GUEST_MEMORY;
		progress[cpu]++;
	}
}

/* --- Interrupts --- */

CALLABLE void wait_for_nmi(void *arg)
{
	(void)arg;
	tst_set_interrupt_callback(INTR_NMI, count_interrupt, NULL);
	kvm_yield();
	while (!interrupts)
		progress[tst_cpu()]++;
	tst_res(TPASS, "an NMI has come");
}

/* An external interrupt, with the number of an exception that nothing else raises. */
CALLABLE void wait_for_interrupt(void *arg)
{
	(void)arg;
	tst_set_interrupt_callback(value, count_interrupt, NULL);
	asm volatile("sti");
	kvm_yield();
	while (!interrupts)
		progress[tst_cpu()]++;
	asm volatile("cli");
	tst_res(TPASS, "an interrupt has come");
}

CALLABLE void write_port_and_memory(void *arg)
{
	(void)arg;
	asm volatile("outb %b0, %w1" : : "a"((uint8_t)value), "d"(GUEST_PORT));
	*(volatile uint32_t *)GUEST_MMIO = value;
	tst_res(TPASS, "both are written");
}

/* --- Several CPUs --- */

static struct tst_barrier together;

CALLABLE void report_often(void *arg)
{
	unsigned int cpu = tst_cpu();

	tst_wait_barrier(&together, tst_cpus());
	for (uintptr_t i = 0; i < (uintptr_t)arg; i++)
		tst_res(TPASS, "CPU %u result %lu of %lu", cpu, (unsigned long)i,
			(unsigned long)(uintptr_t)arg);
}

static volatile uint32_t divisors[GUEST_MAX_CPUS];

/* A division by zero; the CPU tries again. */
static int mend_divisor(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	(void)userdata;
	(void)ifrm;
	(void)errcode;
	divisors[tst_cpu()] = 1;
	return 0;
}

static void divide(volatile uint32_t *divisor)
{
	uint32_t low = 42, high = 0;

	asm volatile("divl %2" : "+a"(low), "+d"(high) : "m"(*divisor) : "cc");
}

/* Everything that the library has to keep apart, on all CPUs at once. */
CALLABLE void use_library(void *arg)
{
	unsigned int cpu = tst_cpu(), failures = 0;

	tst_wait_barrier(&together, tst_cpus());
	for (uintptr_t i = 0; i < (uintptr_t)arg; i++) {
		volatile uint64_t *mine = tst_heap_alloc(64);

		for (unsigned int word = 0; word < 8; word++) {
			failures += mine[word] != 0;
			mine[word] = cpu + 1;
		}
		divisors[cpu] = 0;
		divide(&divisors[cpu]);
		for (unsigned int word = 0; word < 8; word++)
			failures += mine[word] != cpu + 1;
		progress[cpu]++;
	}
	if (failures)
		tst_res(TFAIL, "CPU %u: %u words of its own are wrong", cpu, failures);
	else
		tst_res(TPASS, "CPU %u has its memory for itself", cpu);
}

/* The slots of all CPUs and the doorbell, with anything at any time. */
CALLABLE void be_hostile(void *arg)
{
	uint64_t seed = (uintptr_t)arg * 2654435761u + 12345;

	while (!stop) {
		uint32_t slot, offset;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		slot = (seed >> 33) % tst_cpus();
		offset = (seed >> 40) % (KVM_RESULT_SIZE / 4);
		/* Not the reset vector, which is code, nor what says where stacks are. */
		if (offset * 4 < VM_RESET_BASEADDR - KVM_RESULT_BASEADDR &&
		    offset * 4 - KVM_CPU_CONTROL_OFFSET - KVM_CPU_CONTROL_AREA >= 8)
			*(volatile uint32_t *)(uintptr_t)(KVM_RESULT_BASEADDR -
							  slot * KVM_RESULT_SIZE + offset * 4) =
				seed >> 20;
		if ((seed >> 50) % 64 == 0)
			asm volatile("outl %0, %w1"
				     :
				     : "a"((uint32_t)(seed >> 16)), "d"(KVM_DOORBELL_PORT)
				     : "memory");
		progress[0]++;
	}
}

/* The doorbell with what the controller wants. */
CALLABLE void ring(void *arg)
{
	(void)arg;
	asm volatile("outl %0, %w1" : : "a"((uint32_t)value), "d"(KVM_DOORBELL_PORT) : "memory");
	tst_res(TPASS, "rung");
}

/* Memory that only a page table entry above 32 bits reaches. */
CALLABLE void write_above_4g(void *arg)
{
	volatile uint64_t *virt = (uint64_t *)0x90000000u;

	(void)arg;
	kvm_map((uintptr_t)virt, GUEST_HIGH_MEMORY, PAGESIZE, PTE_WRITABLE);
	value = *virt;
	*virt = 0x4321;
}

/* The same function on every CPU, to its end. */
CALLABLE void run_on_all(void *arg)
{
	void (*func)(void *) = (void (*)(void *))(uintptr_t)value;

	(void)arg;
	tst_set_interrupt_callback(INTR_ZERODIV, mend_divisor, NULL);
	for (unsigned int cpu = 1; cpu < tst_cpus(); cpu++)
		tst_start_cpu(cpu, func, (void *)(uintptr_t)count);
	func((void *)(uintptr_t)count);
	for (unsigned int cpu = 1; cpu < tst_cpus(); cpu++)
		tst_join_cpu(cpu);
}

void main(void)
{
	void (*func)(void *) = (void (*)(void *))(uintptr_t)tst_arg();

	if (func)
		func(NULL);
	else
		pass(NULL);
}
