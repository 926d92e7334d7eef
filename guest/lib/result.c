// SPDX-License-Identifier: MIT
/* Results and signals: the guest's end of the result page. */
#include "kvm_test.h"
#include "guest/lib/arch.h"

static volatile struct tst_kvm_result *const result_page =
	(volatile struct tst_kvm_result *)KVM_RESULT_BASEADDR;

/* The host reads and writes the page while the guest runs: keep the order of accesses. */
static void barrier(void)
{
	asm volatile("" ::: "memory");
}

void kvm_yield(void)
{
	barrier();
	arch_halt();
	barrier();
}

void kvm_exit(void)
{
	result_page->result = KVM_TEXIT;
	for (;;)
		kvm_yield();
}

static int is_result_type(int result)
{
	return result == TPASS || result == TFAIL || result == TBROK || result == TWARN ||
	       result == TINFO || result == TCONF;
}

static void vreport(const char *file, int lineno, int result, const char *fmt, va_list ap)
{
	static const char cut[] = "...";
	char *message = (char *)result_page->message;
	size_t size = KVM_RESULT_MESSAGE_SIZE;

	if (vsnprintf(message, size, fmt, ap) >= (int)size)
		memcpy(message + size - sizeof(cut), cut, sizeof(cut));
	result_page->file_addr = (uintptr_t)file;
	result_page->lineno = lineno;
	barrier();
	result_page->result = result;
	kvm_yield();
	result_page->result = KVM_TNONE;
}

static void report(const char *file, int lineno, int result, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vreport(file, lineno, result, fmt, ap);
	va_end(ap);
}

static void check_result_type(const char *function, const char *file, int lineno, int result)
{
	if (is_result_type(result))
		return;
	report(file, lineno, TBROK,
	       "%s: result %d is none of TPASS, TFAIL, TBROK, TWARN, TINFO, TCONF", function,
	       result);
	kvm_exit();
}

void tst_res_(const char *file, int lineno, int result, const char *fmt, ...)
{
	va_list ap;

	check_result_type("tst_res", file, lineno, result);
	va_start(ap, fmt);
	vreport(file, lineno, result, fmt, ap);
	va_end(ap);
}

void tst_brk_(const char *file, int lineno, int result, const char *fmt, ...)
{
	va_list ap;

	check_result_type("tst_brk", file, lineno, result);
	va_start(ap, fmt);
	vreport(file, lineno, result, fmt, ap);
	va_end(ap);
	kvm_exit();
}

void break_at_address(uintptr_t address, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vreport((const char *)address, KVM_LINENO_ADDRESS, TBROK, fmt, ap);
	va_end(ap);
	kvm_exit();
}

void tst_signal_host(void *data)
{
	result_page->file_addr = (uintptr_t)data;
	barrier();
	result_page->result = KVM_TSYNC;
	barrier();
}

void tst_wait_host(void *data)
{
	tst_signal_host(data);
	while (result_page->result != KVM_TNONE)
		arch_relax();
	barrier();
}
