// SPDX-License-Identifier: MIT
/* A guest that believes to run on Hyper-V: its hypercalls, and its interrupt controller's MSRs. */
#include "guest_case.h"
#include "kvm_x86.h"

/* Hyper-V Top-Level Functional Specification (TLFS), "MSRs". */
#define MSR_GUEST_OS_ID 0x40000000
#define MSR_HYPERCALL 0x40000001
#define MSR_SCONTROL 0x40000080
#define MSR_SINT0 0x40000090
#define MSR_STIMER0_CONFIG 0x400000b0
#define MSR_STIMER0_COUNT 0x400000b1
#define HYPERCALL_ENABLE 1

/* TLFS "Hypercall Inputs" and "Hypercall Reference". */
#define CALL_FAST (1u << 16)
#define CALL_NOTIFY_LONG_SPIN_WAIT 0x08
#define CALL_SEND_IPI 0x0b
#define CALL_SEND_IPI_EX 0x15
#define CALL_POST_MESSAGE 0x5c
#define CALL_SIGNAL_EVENT 0x5d

#define VECTOR 0x40

/* KVM writes the code that the CPU's vendor has for a hypercall. */
static uint8_t hypercall_page[PAGESIZE] __attribute__((aligned(PAGESIZE)));

static uint16_t hypercall(uint64_t control, uint64_t input, uint64_t output)
{
	uint64_t status;

#ifdef __x86_64__
	register uint64_t r8 asm("r8") = output;

	asm volatile("call *%4"
		     : "=a"(status), "+c"(control), "+d"(input), "+r"(r8)
		     : "r"(hypercall_page)
		     : "r9", "r10", "r11", "memory", "cc");
#else
	uint32_t low = control, high = control >> 32;

	asm volatile("call *%2"
		     : "+a"(low), "+d"(high)
		     : "m"((void *const){hypercall_page}), "b"((uint32_t)(input >> 32)),
		       "c"((uint32_t)input), "D"((uint32_t)(output >> 32)), "S"((uint32_t)output)
		     : "memory", "cc");
	status = low;
#endif
	return status; /* TLFS "Hypercall Outputs": bits 15:0 are the result */
}

/* With a hypercall that works, or what fails below would mean nothing. */
static void establish(void)
{
	uint16_t status;

	kvm_wrmsr(MSR_GUEST_OS_ID, 1);
	kvm_wrmsr(MSR_HYPERCALL, (uintptr_t)hypercall_page | HYPERCALL_ENABLE);
	status = hypercall(CALL_NOTIFY_LONG_SPIN_WAIT | CALL_FAST, 1, 0);
	if (status)
		tst_brk(TBROK, "HvCallNotifyLongSpinWait returned status %#x", status);
}

static void expect_error(const char *name, uint16_t status)
{
	if (status)
		tst_res(TPASS, "%s returned status %#x", name, status);
	else
		tst_res(TFAIL, "%s succeeded without an interrupt controller", name);
}

/* TLFS "HvCallSendSyntheticClusterIpi": vector and mask of processors. */
GUEST_CASE(send_ipi_fast)
{
	establish();
	expect_error("a fast IPI", hypercall(CALL_SEND_IPI | CALL_FAST, VECTOR, 1));
}

GUEST_CASE(send_ipi)
{
	static const struct {
		uint32_t vector, reserved;
		uint64_t processors;
	} input __attribute__((aligned(16))) = {VECTOR, 0, 1};

	establish();
	expect_error("an IPI", hypercall(CALL_SEND_IPI, (uintptr_t)&input, 0));
}

/* "HvCallSendSyntheticClusterIpiEx": the processors are a sparse set, of one bank. */
GUEST_CASE(send_ipi_ex)
{
	static const struct {
		uint32_t vector, reserved;
		uint64_t format, banks, processors;
	} input __attribute__((aligned(32))) = {VECTOR, 0, 0, 1, 1};

	establish();
	expect_error("an extended IPI",
		     hypercall(CALL_SEND_IPI_EX | 1u << 17, (uintptr_t)&input, 0));
}

GUEST_CASE(signal_event)
{
	establish();
	expect_error("an event", hypercall(CALL_SIGNAL_EVENT | CALL_FAST, 1, 0));
}

GUEST_CASE(post_message)
{
	static const uint64_t message[32] __attribute__((aligned(256)));

	establish();
	expect_error("a message", hypercall(CALL_POST_MESSAGE, (uintptr_t)message, 0));
}

GUEST_CASE(synic_msrs)
{
	static const unsigned int msrs[] = {MSR_SCONTROL, MSR_SINT0, MSR_STIMER0_CONFIG,
					    MSR_STIMER0_COUNT};

	establish();
	for (unsigned int i = 0; i < ARRAY_SIZE(msrs); i++) {
		const int vector = kvm_safe_wrmsr(msrs[i], 1).vector;

		if (vector == INTR_GPF)
			tst_res(TPASS, "WRMSR of %#x raised #GP", msrs[i]);
		else
			tst_res(TFAIL, "WRMSR of %#x raised %d, expected #GP", msrs[i], vector);
	}
}
