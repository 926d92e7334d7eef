/* SPDX-License-Identifier: MIT */
/*
 * An image that speaks kvm-unit-tests' conventions: Multiboot, the serial port, the
 * exit port, fw_cfg, results in lines. The first word of its arguments says what it
 * does; without arguments it passes.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIAL 0x3f8
#define SERIAL_LINE_STATUS 0x3fd
#define SERIAL_EMPTY 0x20
#define EXIT 0xf4
#define EXIT_SKIPPED 38
#define FW_CFG 0x510
#define FW_CFG_CPUS 5
#define FW_CFG_RAM 3
#define TEST_DATA 0xe0
#define TEST_FLUSH 0xe4
#define TEST_IRQ 0x2000
#define TEST_MEMORY 0xff000000u
#define PIC_COMMAND 0x20
#define PIC_READ_REQUESTS 0x0a
#define KEYBOARD 0x64
#define HPET 0xfed00000u
#define POST 0x80
#define VMWARE 0x5658
#define PCI_ADDRESS 0xcf8
#define PCI_DATA 0xcfc

/* TLFS, 3.13 and 11.8: Hyper-V's MSRs, and its hypercalls. */
#define HYPERV_GUEST_ID 0x40000000u
#define HYPERV_CALLS 0x40000001u
#define HYPERV_CONTROL 0x40000080u
#define HYPERV_EVENTS 0x40000082u
#define HYPERV_MESSAGES 0x40000083u
#define HYPERV_END_OF_MESSAGE 0x40000084u
#define HYPERV_POST_MESSAGE 0x5cu
#define HYPERV_SIGNAL_EVENT 0x1005du /* its parameter is in a register */
#define HYPERV_SLOT 256
#define HYPERV_TEST 0x3000
#define HYPERV_TEST_MESSAGES (4u << 16)
#define HYPERV_TEST_EVENTS (6u << 16)

#define APIC_SPURIOUS (*(volatile uint32_t *)0xfee000f0)
#define APIC_ENABLED 0x1ffu
#define APIC_TIMER (*(volatile uint32_t *)0xfee00320)
#define APIC_PERIODIC 0x20000u
#define APIC_INITIAL_COUNT (*(volatile uint32_t *)0xfee00380)
#define APIC_DIVIDE (*(volatile uint32_t *)0xfee003e0)
#define APIC_DIVIDE_BY_1 0xbu
#define TIMER_VECTOR 0x40u
#define APIC_COMMAND (*(volatile uint32_t *)0xfee00300)
#define APIC_TO_OTHERS 0xc4000u
#define APIC_TO_SELF 0x40000u
#define APIC_SMI 0x200u
#define APIC_INIT 0x500u
#define APIC_STARTUP 0x600u
#define TRAMPOLINE 0x8000u

#define MULTIBOOT_MAGIC 0x2badb002u
#define HAS_COMMAND_LINE 4u
#define HAS_MODULES 8u

struct info {
	uint32_t flags, lower_kib, upper_kib, boot_device, command_line, module_count;
	const uint32_t *modules; /* the first: where it begins, and ends */
	uint32_t symbols[4], map_size, map;
};

extern volatile uint32_t cpus_started, ticks;
extern const char count_tick[];
extern const char trampoline[], trampoline_end[];

static volatile uint32_t others;
static unsigned int tests, failures, skips;

static inline void out8(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void out16(uint16_t port, uint16_t value)
{
	asm volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline void out32(uint16_t port, uint32_t value)
{
	asm volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
	uint8_t value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline uint32_t in32(uint16_t port)
{
	uint32_t value;

	asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static void print(const char *text)
{
	for (; *text; text++) {
		while (!(in8(SERIAL_LINE_STATUS) & SERIAL_EMPTY))
			;
		out8(SERIAL, (uint8_t)*text);
	}
}

static void print_number(uint32_t number)
{
	char digits[11], *at = digits + sizeof(digits) - 1;

	*at = '\0';
	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	print(at);
}

static void report(bool ok, const char *name)
{
	tests++;
	failures += !ok;
	print(ok ? "PASS: " : "FAIL: ");
	print(name);
	print("\r\n");
}

static void report_skip(const char *name)
{
	tests++;
	skips++;
	print("SKIP: ");
	print(name);
	print("\r\n");
}

static void __attribute__((noreturn)) end(uint32_t status)
{
	out32(EXIT, status);
	for (;;)
		asm volatile("hlt");
}

static void __attribute__((noreturn)) summary(void)
{
	print("SUMMARY: ");
	print_number(tests);
	print(" tests");
	if (failures) {
		print(", ");
		print_number(failures);
		print(" unexpected failures");
	}
	if (skips) {
		print(", ");
		print_number(skips);
		print(" skipped");
	}
	print("\r\n");
	end(tests == skips ? EXIT_SKIPPED : !!failures);
}

static uint64_t fw_cfg(uint16_t item, unsigned int size)
{
	uint64_t value = 0;

	out16(FW_CFG, item);
	for (unsigned int i = 0; i < size; i++)
		value |= (uint64_t)in8(FW_CFG + 1) << 8 * i;
	return value;
}

static bool is_word(const char *text, const char *word)
{
	for (; *word; text++, word++)
		if (*text != *word)
			return false;
	return !*text || *text == ' ';
}

/* The text behind the first blank, or the empty one at the end. */
static const char *next_word(const char *text)
{
	while (*text && *text != ' ')
		text++;
	return *text ? text + 1 : text;
}

/* Called by start.S. */
void run(uint32_t magic, const struct info *info);
void run_other(void);
void load_gdt(void);

void run_other(void)
{
	__atomic_fetch_add(&others, 1, __ATOMIC_SEQ_CST);
	for (;;)
		asm volatile("hlt");
}

static void start_others(void)
{
	uint32_t wanted = (uint32_t)fw_cfg(FW_CFG_CPUS, 2) - 1;
	volatile char *copy = (volatile char *)TRAMPOLINE;

	for (const char *byte = trampoline; byte < trampoline_end; byte++)
		*copy++ = *byte;
	APIC_COMMAND = APIC_TO_OTHERS | APIC_INIT;
	APIC_COMMAND = APIC_TO_OTHERS | APIC_STARTUP | TRAMPOLINE >> 12;
	while (others != wanted)
		asm volatile("pause");
	print("CPUs: ");
	print_number(others + 1);
	print("\r\n");
	report(cpus_started == wanted, "every CPU has started once");
}

static bool is_vmware(uint32_t magic, uint32_t command)
{
	uint32_t other = 0;

	asm volatile("inl %%dx, %%eax" : "+a"(magic), "+b"(other), "+c"(command) : "d"(VMWARE));
	return other == 0x564d5868 && magic == 6;
}

static void use_devices(void)
{
	volatile uint32_t *memory = (volatile uint32_t *)TEST_MEMORY;
	static volatile uint32_t word __attribute__((aligned(4096))) = 7;

	out32(TEST_DATA, 0x12345678);
	report(in32(TEST_DATA) == 0x12345678, "the data port keeps what was written");
	report(in8(TEST_DATA + 1) == 0x56, "the data port's bytes have ports of their own");
	memory[5] = 0x9abcdef0;
	report(memory[5] == 0x9abcdef0, "the test device's memory keeps what was written");
	out32(TEST_FLUSH, (uint32_t)(uintptr_t)&word);
	report(word == 7, "a page that was flushed has its contents");
	out8(PIC_COMMAND, PIC_READ_REQUESTS);
	report(!(in8(PIC_COMMAND) & 0x20), "line 5 is low");
	out8(TEST_IRQ + 5, 1);
	report(in8(PIC_COMMAND) & 0x20, "line 5 has been raised");
	out32(PCI_ADDRESS, 0x80000000);
	report(in32(PCI_DATA) == 0xffffffff, "no device is on the PCI bus");
	out8(POST, 1);
	report(fw_cfg(FW_CFG_RAM, 8) == 128u << 20, "RAM is as large as fw_cfg says");
	report(fw_cfg(0, 4) == 0x554d4551, "fw_cfg's signature");
}

static void write_msr(uint32_t msr, uint64_t value)
{
	asm volatile("wrmsr" : : "c"(msr), "A"(value));
}

static uint8_t hyperv_calls[4096] __attribute__((aligned(4096)));

static uint32_t hyperv_call(uint32_t call, uint32_t parameter)
{
	uint64_t result;

	asm volatile("call *%1"
		     : "=A"(result)
		     : "r"(hyperv_calls), "A"((uint64_t)call), "b"(0), "c"(parameter)
		     : "memory");
	return (uint32_t)result & 0xffff;
}

static void use_hyperv(void)
{
	static uint8_t events[4096] __attribute__((aligned(4096)));
	static volatile uint32_t messages[1024] __attribute__((aligned(4096)));
	static uint32_t post[64] __attribute__((aligned(4096))) = {7, 0, 0x1234, 8, 11, 12};
	volatile uint32_t *message = messages + 3 * HYPERV_SLOT / 4;

	write_msr(HYPERV_GUEST_ID, 0x8f00ull << 48);
	write_msr(HYPERV_CALLS, (uintptr_t)hyperv_calls | 1);
	write_msr(HYPERV_EVENTS, (uintptr_t)events | 1);
	write_msr(HYPERV_MESSAGES, (uintptr_t)messages | 1);
	write_msr(HYPERV_CONTROL, 1);
	/* Events of connection 9 to source 2, messages of connection 7 to source 3. */
	out32(HYPERV_TEST, 9u << 24 | HYPERV_TEST_EVENTS | 2);
	out32(HYPERV_TEST, 7u << 24 | HYPERV_TEST_MESSAGES | 3);
	report(hyperv_call(HYPERV_SIGNAL_EVENT, 7) == 0x12, "no connection for events");
	report(!hyperv_call(HYPERV_SIGNAL_EVENT, 9), "an event");
	report(events[2 * HYPERV_SLOT + 1] == 2, "the event's flag");
	report(!hyperv_call(HYPERV_POST_MESSAGE, (uintptr_t)post), "a message");
	report(message[0] == 0x1234 && (message[1] & 0xff) == 8 && message[4] == 11 &&
		       message[5] == 12,
	       "the message has arrived");
	report(!(message[1] & 0x100), "no other message is waiting");
	post[4] = 21;
	report(!hyperv_call(HYPERV_POST_MESSAGE, (uintptr_t)post), "a second message");
	report(message[4] == 11 && message[1] & 0x100, "the second message waits");
	report(hyperv_call(HYPERV_POST_MESSAGE, (uintptr_t)post) == 0x13, "no room for a third");
	message[0] = 0;
	write_msr(HYPERV_END_OF_MESSAGE, 0);
	while (!message[0])
		asm volatile("pause");
	report(message[4] == 21, "the second message has arrived");
	post[3] = 241;
	report(hyperv_call(HYPERV_POST_MESSAGE, (uintptr_t)post) == 3, "a message too large");
	report(hyperv_call(HYPERV_POST_MESSAGE, (uintptr_t)post + 4) == 4, "a message askew");
	report(hyperv_call(HYPERV_POST_MESSAGE, 0xc0000000) == 3, "a message from nowhere");
}

/* ACPI 6.5, 5.2.5: where the tables begin. Returns the PM timer's port. */
static uint16_t look_for_acpi(void)
{
	const uint32_t *rsdp = NULL, *rsdt, *fadt, *facs;

	for (uintptr_t at = 0xe0000; at < 0x100000 && !rsdp; at += 16)
		if (is_word((const char *)at, "RSD PTR"))
			rsdp = (const uint32_t *)at;
	report(rsdp, "there is an RSDP");
	if (!rsdp)
		summary();
	rsdt = (const uint32_t *)(uintptr_t)rsdp[4];
	report(rsdt[0] == 0x54445352, "RSDT"); /* as letters */
	fadt = (const uint32_t *)(uintptr_t)rsdt[9];
	report(fadt[0] == 0x50434146, "FADT");
	facs = (const uint32_t *)(uintptr_t)fadt[9];
	report(facs[0] == 0x53434146, "FACS");
	return (uint16_t)fadt[19]; /* PM_TMR_BLK */
}

static void use_pm_timer(uint16_t port)
{
	const uint32_t before = in32(port);

	report(in32(port) != before, "the PM timer runs");
}

static uint64_t read_tsc(void)
{
	uint64_t value;

	asm volatile("rdtsc" : "=A"(value));
	return value;
}

/* ACPI 6.5, 4.8.2.1: the timer counts 3,579,545 ticks a second, in 24 bits at least. */
static void measure_tsc(uint16_t port)
{
	const uint64_t tsc = read_tsc();
	const uint32_t start = in32(port);

	while (((in32(port) - start) & 0xffffff) < 35795)
		asm volatile("pause");
	report(read_tsc() - tsc >= 10000000, "the TSC counts a tick for each nanosecond");
}

/* Interrupts as fast as they may come, and a CPU that gets on all the same. */
static void use_timer(void)
{
	static uint64_t idt[256];
	const struct {
		uint16_t limit;
		uint32_t base;
	} __attribute__((packed)) idtr = {sizeof(idt) - 1, (uint32_t)(uintptr_t)idt};
	const uint32_t handler = (uint32_t)(uintptr_t)count_tick;

	load_gdt();
	idt[TIMER_VECTOR] =
		(handler & 0xffff) | 8u << 16 | 0x8e00ull << 32 | (uint64_t)(handler >> 16) << 48;
	asm volatile("lidt %0" : : "m"(idtr));
	APIC_SPURIOUS = APIC_ENABLED;
	APIC_DIVIDE = APIC_DIVIDE_BY_1;
	APIC_TIMER = APIC_PERIODIC | TIMER_VECTOR;
	asm volatile("sti");
	APIC_INITIAL_COUNT = 1000;
	for (unsigned int i = 0; i < 1000000 || ticks < 3; i++)
		asm volatile("pause");
	APIC_INITIAL_COUNT = 0;
	asm volatile("cli");
	report(true, "a timer that fires all the time leaves time");
}

/* MSR_SMI_COUNT: SDM Vol. 4. */
static uint32_t count_smis(void)
{
	uint32_t low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(0x34));
	return low;
}

static void use_smm(void)
{
	const uint32_t before = count_smis();

	APIC_SPURIOUS = APIC_ENABLED;
	APIC_COMMAND = APIC_TO_SELF | APIC_SMI;
	while (count_smis() == before)
		asm volatile("pause");
	report(count_smis() == before + 1, "an SMI returns");
}

static void print_environment(const struct info *info)
{
	const char *text;

	report(info->flags & HAS_MODULES && info->module_count == 1, "there is an environment");
	if (!(info->flags & HAS_MODULES))
		return;
	text = (const char *)(uintptr_t)info->modules[0];
	for (; text < (const char *)(uintptr_t)info->modules[1]; text++) {
		const char letter[2] = {*text};

		print(letter);
	}
}

static void __attribute__((noreturn)) shut_down(void)
{
	const struct {
		uint16_t limit;
		uint32_t base;
	} __attribute__((packed)) none = {0, 0};

	asm volatile("lidt %0\n\tud2" : : "m"(none));
	__builtin_unreachable();
}

/* What the first argument says; false for a word that it is not. */
static bool act(const char *arguments, const struct info *info)
{
	if (is_word(arguments, "fail")) {
		report(true, "group: one");
		report(false, "group: two");
	} else if (is_word(arguments, "skip")) {
		report_skip("nothing to be done here");
	} else if (is_word(arguments, "skip_some")) {
		report(true, "one");
		report_skip("two");
	} else if (is_word(arguments, "cpus")) {
		start_others();
	} else if (is_word(arguments, "arguments")) {
		print("arguments: ");
		print(next_word(arguments));
		print("\r\n");
		report(true, "arguments");
	} else if (is_word(arguments, "environment")) {
		print_environment(info);
	} else if (is_word(arguments, "devices")) {
		use_devices();
	} else if (is_word(arguments, "hyperv")) {
		use_hyperv();
	} else if (is_word(arguments, "vmware")) {
		report(is_vmware(0x564d5868, 0xa), "VMware's backdoor has a version");
		report(!is_vmware(0x564d5868, 0xb), "VMware's backdoor has nothing else");
		report(!is_vmware(0x564d5869, 0xa), "VMware's backdoor wants its number");
	} else if (is_word(arguments, "timer")) {
		use_timer();
	} else if (is_word(arguments, "smm")) {
		use_smm();
	} else if (is_word(arguments, "acpi")) {
		use_pm_timer(look_for_acpi());
	} else if (is_word(arguments, "tsc")) {
		measure_tsc(look_for_acpi());
	} else if (is_word(arguments, "keyboard")) {
		report(in8(KEYBOARD) != 0xff, "there is a keyboard controller");
	} else if (is_word(arguments, "hpet")) {
		report(*(volatile uint32_t *)HPET != 0xffffffff, "there is an HPET");
	} else if (is_word(arguments, "unfinished")) {
		report(true, "one");
		print("no end of this li");
		end(0);
	} else if (is_word(arguments, "miscounted")) {
		report(true, "one");
		report(true, "two");
		tests = 1;
	} else if (is_word(arguments, "status")) {
		report(true, "one");
		print("SUMMARY: 1 tests\r\n");
		end(5);
	} else if (is_word(arguments, "hang")) {
		print("hanging\r\n");
		for (;;)
			asm volatile("pause");
	} else if (is_word(arguments, "halt")) {
		for (;;)
			asm volatile("cli; hlt");
	} else if (is_word(arguments, "shutdown")) {
		print("shutting down\r\n");
		shut_down();
	} else {
		return false;
	}
	return true;
}

void run(uint32_t magic, const struct info *info)
{
	const char *line = "";

	if (magic != MULTIBOOT_MAGIC)
		end(2);
	if (info->flags & HAS_COMMAND_LINE)
		line = (const char *)(uintptr_t)info->command_line;
	line = next_word(line);
	if (!act(line, info))
		report(!*line, "the image is told nothing else than what it knows");
	summary();
}
