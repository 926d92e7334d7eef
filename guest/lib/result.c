// SPDX-License-Identifier: MIT
/* Results and signals: the guest's end of the result slots. */
#include "guest/lib/cpu.h"
#include "guest/lib/plain.h"
#include "kvm_test.h"

/* How deep the library's own calls go, at most. */
#define LIBRARY_DEPTH 32

/* The host reads and writes a slot while the guest runs: keep the order of accesses. */
static void barrier(void)
{
	asm volatile("" ::: "memory");
}

static volatile struct tst_kvm_result *own_slot(void)
{
	return result_slot(running_cpu());
}

static void ring(uint32_t value)
{
	barrier();
	arch_ring_doorbell(value);
	barrier();
}

void kvm_yield(void)
{
	barrier();
	if (payload_flags() & KVM_PAYLOAD_IRQCHIP)
		arch_ring_doorbell(KVM_DOORBELL_YIELD);
	else
		arch_halt();
	barrier();
}

void kvm_exit(void)
{
	unsigned int cpu = running_cpu();

	result_slot(cpu)->result = KVM_TEXIT;
	__atomic_store_n(&cpu_control(cpu)->state, KVM_CPU_ENDED, __ATOMIC_RELEASE);
	if (cpu)
		arch_restart_cpu(cpu);
	for (;;)
		ring(KVM_DOORBELL_END);
}

static int is_result_type(int result)
{
	return result == TPASS || result == TFAIL || result == TBROK || result == TWARN ||
	       result == TINFO || result == TCONF;
}

/* In its callers: tst_res() is to need few instructions. */
static inline __attribute__((always_inline)) void vreport(const char *file, int lineno, int result,
							  const char *fmt, va_list ap)
{
	static const char cut[] = "...";
	volatile struct tst_kvm_result *slot = own_slot();
	char *message = (char *)slot->message;
	const size_t size = KVM_RESULT_MESSAGE_SIZE;
	size_t length;

	slot->file_addr = (uintptr_t)file;
	slot->lineno = lineno;
	length = copy_plain(message, size - 1, fmt);
	if (fmt[length] || length >= size)
		length = vsnprintf(message, size, fmt, ap);
	else
		message[length] = '\0'; /* as most are */
	if (length >= size)
		memcpy(message + size - sizeof(cut), cut, sizeof(cut));
	barrier();
	slot->result = result;
	ring(KVM_DOORBELL_RESULT);
	slot->result = KVM_TNONE;
}

static void report(const char *file, int lineno, int result, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vreport(file, lineno, result, fmt, ap);
	va_end(ap);
}

/* The payload is over, on this CPU and on all others. */
static void __attribute__((noreturn)) break_payload(void)
{
	own_slot()->result = KVM_TEXIT;
	for (;;)
		ring(KVM_DOORBELL_BREAK);
}

static void check_result_type(const char *function, const char *file, int lineno, int result)
{
	if (is_result_type(result))
		return;
	report(file, lineno, TBROK,
	       "%s: result %d is none of TPASS, TFAIL, TBROK, TWARN, TINFO, TCONF", function,
	       result);
	break_payload();
}

void tst_res_(const char *file, int lineno, int result, const char *fmt, ...)
{
	va_list ap;

	check_result_type("tst_res", file, lineno, result);
	va_start(ap, fmt);
	vreport(file, lineno, result, fmt, ap);
	va_end(ap);
}

/* From the linker script: the library's own code. */
extern const char kvm_library_text_start[], kvm_library_text_end[];

static int is_library(uintptr_t address)
{
	return address >= (uintptr_t)kvm_library_text_start &&
	       address < (uintptr_t)kvm_library_text_end;
}

/* What the compiler keeps at the frame pointer. */
struct frame {
	const struct frame *outer;
	uintptr_t return_address;
};

/* The call that led from the test's code into the library; 0 if there is none. */
static uintptr_t test_call(const struct frame *frame)
{
	for (int depth = 0; depth < LIBRARY_DEPTH; depth++, frame = frame->outer) {
		if ((uintptr_t)frame % sizeof(uintptr_t) || (uintptr_t)frame < VM_KERNEL_BASEADDR ||
		    (uintptr_t)frame >= kvm_payload_entry.mapped_end)
			return 0;
		if (!is_library(frame->return_address))
			return frame->return_address - 1; /* within the call */
	}
	return 0;
}

void tst_brk_(const char *file, int lineno, int result, const char *fmt, ...)
{
	const struct frame *frame = __builtin_frame_address(0);
	uintptr_t call = 0;
	va_list ap;

	check_result_type("tst_brk", file, lineno, result);
	/* The library's own complaints are about the test's call. */
	if (is_library(frame->return_address))
		call = test_call(frame);
	if (call) {
		file = (const char *)call;
		lineno = KVM_LINENO_ADDRESS;
	}
	va_start(ap, fmt);
	vreport(file, lineno, result, fmt, ap);
	va_end(ap);
	break_payload();
}

void break_at_address(uintptr_t address, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vreport((const char *)address, KVM_LINENO_ADDRESS, TBROK, fmt, ap);
	va_end(ap);
	break_payload();
}

void tst_signal_host(void *data)
{
	volatile struct tst_kvm_result *slot = own_slot();

	slot->file_addr = (uintptr_t)data;
	barrier();
	slot->result = KVM_TSYNC;
	barrier();
}

void tst_wait_host(void *data)
{
	volatile struct tst_kvm_result *slot = own_slot();

	tst_signal_host(data);
	while (slot->result != KVM_TNONE)
		arch_relax();
	barrier();
}
