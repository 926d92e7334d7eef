// SPDX-License-Identifier: MIT
/* The tasks of exits.h. */
#include "exits.h"
#include "kvm_test.h"
#include "kvm_x86.h"

/* A sum over everything that was read: a wrong value anywhere shows at the end. */
static volatile uint64_t sum;
static uint8_t buffer[2 * STATE_STRING];

volatile uint32_t progress;

static void add(uint64_t value)
{
	sum = sum * 31 + value;
}

static void out8(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" : : "a"(value), "d"(port) : "memory");
}

static void do_pio(void)
{
	uint8_t byte;
	uint16_t word;
	uint32_t dword;

	for (unsigned int i = 0; i < 4; i++) {
		asm volatile("inb %1, %0" : "=a"(byte) : "d"((uint16_t)STATE_PORT));
		add(byte);
		out8(STATE_PORT, sum);
		asm volatile("inw %1, %0" : "=a"(word) : "d"((uint16_t)STATE_PORT));
		add(word);
		asm volatile("outw %0, %1" : : "a"((uint16_t)sum), "d"((uint16_t)STATE_PORT));
		asm volatile("inl %1, %0" : "=a"(dword) : "d"((uint16_t)STATE_PORT));
		add(dword);
		asm volatile("outl %0, %1" : : "a"((uint32_t)sum), "d"((uint16_t)STATE_PORT));
	}
}

static void do_string(void)
{
	void *at = buffer;
	size_t count = STATE_STRING;

	asm volatile("rep insb" : "+D"(at), "+c"(count) : "d"((uint16_t)STATE_PORT) : "memory");
	for (unsigned int i = 0; i < STATE_STRING; i++)
		add(buffer[i]);
	at = buffer;
	count = 8;
	asm volatile("rep insl" : "+D"(at), "+c"(count) : "d"((uint16_t)STATE_PORT) : "memory");
	add(*(uint64_t *)buffer);
	at = buffer;
	count = 6;
	asm volatile("rep outsw" : "+S"(at), "+c"(count) : "d"((uint16_t)STATE_PORT) : "memory");
}

static void do_mmio_at(uintptr_t address)
{
	volatile uint16_t *word = (void *)address;
	volatile uint32_t *dword = (void *)address;

	add(*word);
	*word = (uint16_t)sum;
	add(*dword);
	*dword = (uint32_t)sum;
#ifdef __x86_64__
	add(*(volatile uint64_t *)address);
	*(volatile uint64_t *)address = sum;
#endif
	/* A read, then a write, of one instruction. */
	asm volatile("incl %0" : "+m"(*dword) : : "cc");
	asm volatile("addw $0x1234, %0" : "+m"(*word) : : "cc");
}

static void do_mmio(void)
{
	void *to = buffer, *from = (void *)STATE_MMIO;
	size_t count = 5;

	add(*(volatile uint8_t *)STATE_MMIO);
	*(volatile uint8_t *)STATE_MMIO = (uint8_t)sum;
	do_mmio_at(STATE_MMIO + 0x100);
	/* From there to memory, and within there. */
	asm volatile("rep movsw" : "+S"(from), "+D"(to), "+c"(count) : : "memory");
	for (unsigned int i = 0; i < 10; i++)
		add(buffer[i]);
	from = (void *)STATE_MMIO;
	to = (void *)(STATE_MMIO + 0x200);
	count = 3;
	asm volatile("rep movsl" : "+S"(from), "+D"(to), "+c"(count) : : "memory");
}

/* Four reads of one instruction: both operands cross a page's end. */
static void compare_strings(void)
{
	for (unsigned int i = 1; i < 4; i++) {
		void *first = (void *)((uintptr_t)STATE_MMIO + PAGESIZE - i);
		void *second = (void *)((uintptr_t)STATE_MMIO + 2 * PAGESIZE - i);
		uint8_t is_below, is_equal;

		asm volatile("cmpsl\n"
			     "setb %2\n"
			     "sete %3"
			     : "+S"(first), "+D"(second), "=q"(is_below), "=q"(is_equal)
			     :
			     : "memory", "cc");
		add(is_below + 2 * is_equal);
	}
}

static void do_crossing(void)
{
	for (unsigned int i = 1; i < 8; i++)
		do_mmio_at(STATE_MMIO + PAGESIZE - i);
	compare_strings();
}

static void do_halt(void)
{
	for (unsigned int i = 0; i < 5; i++) {
		add(i);
		kvm_yield();
	}
}

static int count_fault(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	(void)userdata;
	(void)ifrm;
	add(0xfa17 + errcode);
	return 0; /* the instruction is executed once more */
}

static void do_msrs(void)
{
	tst_set_interrupt_callback(INTR_GPF, count_fault, NULL);
	for (unsigned int i = 0; i < 4; i++) {
		add(kvm_rdmsr(STATE_MSR));
		kvm_wrmsr(STATE_MSR, sum);
	}
}

static void do_report(void)
{
	for (unsigned int i = 0; i < 5; i++) {
		add(i);
		tst_res(TINFO, "report %u", i);
	}
}

static void do_registers(void)
{
	kvm_wrmsr(MSR_SYSENTER_CS, 0x38);
	kvm_wrmsr(MSR_SYSENTER_ESP, 0x123450);
	kvm_wrmsr(MSR_STAR, 0x0013001012345678);
	asm volatile("mov %0, %%dr0" : : "r"(0x1234ul));
	asm volatile("mov %0, %%cr2" : : "r"(0x5678ul));
#ifdef __x86_64__
	kvm_wrmsr(MSR_KERNEL_GS_BASE, 0x123456789000);
	asm volatile("mov %0, %%cr8" : : "r"(5ul));
#endif
	out8(STATE_PORT, 1);
	add(kvm_rdmsr(MSR_SYSENTER_CS));
	add(kvm_rdmsr(MSR_SYSENTER_ESP));
	add(kvm_rdmsr(MSR_STAR));
	{
		unsigned long value;

		asm volatile("mov %%dr0, %0" : "=r"(value));
		add(value);
		asm volatile("mov %%cr2, %0" : "=r"(value));
		add(value);
#ifdef __x86_64__
		add(kvm_rdmsr(MSR_KERNEL_GS_BASE));
		asm volatile("mov %%cr8, %0" : "=r"(value));
		add(value);
#endif
	}
	out8(STATE_PORT, 2);
}

static void write_port(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < 4; i++) {
		progress++;
		out8(STATE_PORT, 0x10 * tst_cpu() + i);
	}
}

static void do_cpus(void)
{
	tst_start_cpu(1, write_port, NULL);
	write_port(NULL);
}

/* SDM Vol. 3 "x2APIC Register Address Space" */
#define MSR_APIC_BASE 0x1b
#define APIC_BASE_X2APIC (3 << 10)
#define MSR_X2APIC_TPR 0x808
#define MSR_X2APIC_LVT_TIMER 0x832
#define MSR_X2APIC_INITIAL_COUNT 0x838
#define LVT_MASKED_PERIODIC ((1 << 16) | (1 << 17) | 0x40)

static void do_devices(void)
{
	/* 8259A: ICW1 to ICW4 of the first, an interrupt mask. */
	out8(0x20, 0x11);
	out8(0x21, 0x28);
	out8(0x21, 0x04);
	out8(0x21, 0x01);
	out8(0x21, 0xa5);
	/* 8254: channel 0 with mode 2, and a count. */
	out8(0x43, 0x34);
	out8(0x40, 0x34);
	out8(0x40, 0x12);
	kvm_wrmsr(MSR_APIC_BASE, kvm_rdmsr(MSR_APIC_BASE) | APIC_BASE_X2APIC);
	kvm_wrmsr(MSR_X2APIC_TPR, 0x30);
	kvm_wrmsr(MSR_X2APIC_LVT_TIMER, LVT_MASKED_PERIODIC);
	kvm_wrmsr(MSR_X2APIC_INITIAL_COUNT, 0x10000000);
	out8(STATE_PORT, 1);
	add(kvm_rdmsr(MSR_X2APIC_TPR));
	add(kvm_rdmsr(MSR_X2APIC_LVT_TIMER));
	add(kvm_rdmsr(MSR_X2APIC_INITIAL_COUNT));
	out8(STATE_PORT, sum);
}

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return *seed >> 24;
}

#define MSR_TIME_STAMP_COUNTER 0x10 /* SDM Vol. 4 */
#define RANDOM_PAGES 64
static uint8_t pages[RANDOM_PAGES][PAGESIZE];

static void change_anything(uint64_t *seed)
{
	static const unsigned int msrs[] = {
		MSR_SYSENTER_CS, MSR_SYSENTER_ESP,	 MSR_SYSENTER_EIP,
		MSR_STAR,	 MSR_TIME_STAMP_COUNTER,
	};
	const unsigned long value = next_random(seed);
	struct kvm_cregs cregs;

	switch (next_random(seed) % 8) {
	case 0:
		kvm_wrmsr(msrs[next_random(seed) % ARRAY_SIZE(msrs)], value & 0x7fffffff);
		break;
	case 1:
		asm volatile("mov %0, %%dr0" : : "r"(value));
		break;
	case 2:
		asm volatile("mov %0, %%dr3" : : "r"(value));
		break;
	case 3:
		asm volatile("mov %0, %%cr2" : : "r"(value));
		break;
	case 4:
		kvm_read_cregs(&cregs);
		kvm_set_cr4(cregs.cr4 ^ CR4_TSD);
		break;
	case 5:
		tst_res(TINFO, "%lx", value);
		break;
	default:
		for (unsigned int i = 0; i < value % RANDOM_PAGES; i++)
			pages[next_random(seed) % RANDOM_PAGES][value % PAGESIZE] = value;
	}
}

/* Between two writes to the port, so much that nobody can know what. */
static void do_random(void)
{
	for (;;) {
		uint64_t seed;

		out8(STATE_PORT, 0);
		seed = tst_arg();
		for (unsigned int i = 0; i < 40; i++)
			change_anything(&seed);
	}
}

/* The guest is at the last exit of these with its table changed. */
static void do_tables(void)
{
	static uint8_t pages[2][PAGESIZE] __attribute__((aligned(PAGESIZE)));
	volatile uint8_t *at = (void *)STATE_TABLES_AT;

	for (unsigned int i = 0; i < 2; i++) {
		pages[i][0] = 1 + i;
		kvm_map(STATE_TABLES_AT, (uintptr_t)pages[i], PAGESIZE, PTE_WRITABLE);
		out8(STATE_PORT, *at);
		out8(STATE_PORT, *at);
	}
}

void main(void)
{
	switch (tst_arg() % STATE_SEED) {
	case STATE_PIO:
		do_pio();
		break;
	case STATE_PIO_STRING:
		do_string();
		break;
	case STATE_MMIO_TASK:
		do_mmio();
		break;
	case STATE_MMIO_CROSSING:
		do_crossing();
		break;
	case STATE_HALT:
		do_halt();
		break;
	case STATE_MSRS:
		do_msrs();
		break;
	case STATE_REPORT:
		do_report();
		break;
	case STATE_REGISTERS:
		do_registers();
		break;
	case STATE_CPUS:
		do_cpus();
		break;
	case STATE_DEVICES:
		do_devices();
		break;
	case STATE_RANDOM:
		do_random();
		break;
	case STATE_TABLES:
		do_tables();
		break;
	case STATE_ENDLESS:
		for (;;)
			progress++;
	}
	out8(STATE_PORT, sum);
	out8(STATE_PORT, sum >> 8);
	out8(STATE_PORT, sum >> 16);
	tst_res(TPASS, "the guest has come to %#llx", (unsigned long long)sum);
}
