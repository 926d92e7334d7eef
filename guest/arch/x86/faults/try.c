// SPDX-License-Identifier: MIT
/* Code whose exceptions are its caller's result. */
#include "guest/arch/x86/faults/try.h"
#include "guest/arch/x86/interrupts/frame.h"

/* The innermost call on each CPU. */
static struct try_record *innermost[KVM_MAX_CPUS];

void begin_try(struct try_record *record)
{
	struct try_record **inner = &innermost[tst_cpu()];

	record->fault = (struct kvm_fault){.vector = -1};
	record->outer = *inner;
	asm volatile("mov %%cs, %0" : "=r"(record->cs));
	asm volatile("pushf; pop %0" : "=rm"(record->flags));
	__atomic_store_n(inner, record, __ATOMIC_RELEASE);
}

void leave_try(struct try_record *record)
{
	__atomic_store_n(&innermost[tst_cpu()], record->outer, __ATOMIC_RELEASE);
}

void forget_tries(unsigned int cpu)
{
	innermost[cpu] = NULL;
}

/* Whether the vector is what an instruction raises: no interrupt from outside. */
static _Bool is_exception(unsigned int vector)
{
	return vector < INTERRUPT_COUNT && vector != INTR_NMI && vector != INTR_MACHINE_CHECK;
}

_Bool end_try(struct kvm_interrupt_frame *frame, unsigned int vector)
{
	struct try_record *record = innermost[tst_cpu()];
	struct kvm_cregs cregs;

	if (!record || !is_exception(vector))
		return 0;
	if (!record->is_user || frame->ip != (uintptr_t)try_user_end) {
		record->fault.vector = vector;
		record->fault.errcode = frame->error_code;
		if (vector == INTR_PAGE_FAULT) {
			kvm_read_cregs(&cregs);
			record->fault.address = cregs.cr2;
		}
	}
	/* What goes wrong from here on is the outer call's business. */
	leave_try(record);
	frame->ip = (uintptr_t)try_end;
	frame->bx = record->sp;
	frame->sp = record->sp;
	frame->cs = record->cs;
	frame->flags = record->flags;
	return 1;
}

struct kvm_fault kvm_try(void (*func)(void *arg), void *arg)
{
	struct try_record record = {0};

	begin_try(&record);
	try_call(&record, func, arg);
	leave_try(&record);
	return record.fault;
}

struct msr_access {
	unsigned int msr;
	uint64_t value;
};

static void read_msr(void *arg)
{
	struct msr_access *access = arg;

	access->value = kvm_rdmsr(access->msr);
}

static void write_msr(void *arg)
{
	const struct msr_access *access = arg;

	kvm_wrmsr(access->msr, access->value);
}

struct kvm_fault kvm_safe_rdmsr(unsigned int msr, uint64_t *value)
{
	struct msr_access access = {.msr = msr};
	struct kvm_fault fault = kvm_try(read_msr, &access);

	if (fault.vector < 0)
		*value = access.value;
	return fault;
}

struct kvm_fault kvm_safe_wrmsr(unsigned int msr, uint64_t value)
{
	struct msr_access access = {.msr = msr, .value = value};

	return kvm_try(write_msr, &access);
}
