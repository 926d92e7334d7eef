// SPDX-License-Identifier: MIT
/* CPU 0 follows the controller's steps; between two lists of them, it yields. */
#include "apic.h"
#include "guest_case.h"
#include "kvm_x86.h"

GUEST_SHARED struct apic_step steps[APIC_MAX_STEPS];
GUEST_SHARED uint32_t step_count; /* 0 ends the payload */

/* The vectors taken, in their order. Ending them is up to the steps. */
GUEST_SHARED uint32_t taken[APIC_MAX_TAKEN];
GUEST_SHARED uint32_t taken_count;

/* With end_in_handler, the handler ends its interrupt: by this word, if KVM allows it. */
GUEST_SHARED uint32_t end_in_handler;
GUEST_SHARED uint32_t pv_eoi;
GUEST_SHARED uint32_t pv_eoi_used;

GUEST_SHARED uint64_t hypercall_args[4];
GUEST_SHARED uint32_t word_bits = 8 * sizeof(long);

static int note(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	if (taken_count < APIC_MAX_TAKEN)
		taken[taken_count] = (uintptr_t)userdata;
	taken_count++;
	if (!end_in_handler || (uintptr_t)userdata == INTR_NMI)
		return 0;
	/* Linux, x86/kvm/msr.rst: test and clear by one instruction. */
	if (__atomic_exchange_n((uint32_t *)&pv_eoi, 0, __ATOMIC_SEQ_CST) & 1)
		pv_eoi_used++;
	else
		kvm_end_of_interrupt();
	return 0;
}

static uint64_t hypercall(uint64_t number)
{
	unsigned long result = number;
	struct kvm_cpuid cpuid;

	kvm_get_cpuid(0, 0, &cpuid);
	if (cpuid.ecx == 0x444d4163) /* "cAMD" */
		asm volatile("vmmcall"
			     : "+a"(result)
			     : "b"((unsigned long)hypercall_args[0]),
			       "c"((unsigned long)hypercall_args[1]),
			       "d"((unsigned long)hypercall_args[2]),
			       "S"((unsigned long)hypercall_args[3])
			     : "memory");
	else
		asm volatile("vmcall"
			     : "+a"(result)
			     : "b"((unsigned long)hypercall_args[0]),
			       "c"((unsigned long)hypercall_args[1]),
			       "d"((unsigned long)hypercall_args[2]),
			       "S"((unsigned long)hypercall_args[3])
			     : "memory");
	return (uint64_t)(long)result;
}

static void take_interrupts(void)
{
	kvm_enable_interrupts();
	asm volatile("nop; nop");
	kvm_disable_interrupts();
}

static uint32_t get_features(void)
{
	struct kvm_cpuid cpuid;

	kvm_get_cpuid(CPUID_GET_MODEL_INFO, 0, &cpuid);
	return cpuid.edx;
}

static void follow(volatile struct apic_step *step)
{
	uint64_t value = step->value;
	uint64_t end;

	step->fault = -1;
	switch (step->action) {
	case APIC_LOAD:
		value = *(volatile uint32_t *)(uintptr_t)step->address;
		break;
	case APIC_STORE:
		*(volatile uint32_t *)(uintptr_t)step->address = value;
		break;
	case APIC_RDMSR:
		step->fault = kvm_safe_rdmsr(step->address, &value).vector;
		break;
	case APIC_WRMSR:
		step->fault = kvm_safe_wrmsr(step->address, value).vector;
		break;
	case APIC_OUT:
		kvm_out8(step->address, value);
		break;
	case APIC_CPUID_1_EDX:
		value = get_features();
		break;
	case APIC_TAKE:
		take_interrupts();
		break;
	case APIC_WAIT:
		while (taken_count < value) {
			kvm_wait_interrupt();
			kvm_disable_interrupts();
		}
		break;
	case APIC_SPIN:
		end = kvm_rdtsc() + value;
		while (kvm_rdtsc() < end)
			asm volatile("pause");
		break;
	case APIC_RDTSC:
		value = kvm_rdtsc();
		break;
	case APIC_HYPERCALL:
		value = hypercall(step->address);
		break;
	default:
		tst_brk(TBROK, "unknown step %u", step->action);
	}
	step->value = value;
}

GUEST_CASE(follow_steps)
{
	tst_set_interrupt_callback(INTR_NMI, note, (void *)INTR_NMI);
	for (uintptr_t vector = INTERRUPT_COUNT; vector < X86_INTR_COUNT; vector++)
		tst_set_interrupt_callback(vector, note, (void *)vector);
	kvm_map(APIC_BASE_ADDRESS, APIC_BASE_ADDRESS, PAGESIZE_2M,
		PTE_WRITABLE | PTE_CACHE_DISABLE);
	kvm_map(IOAPIC_BASE_ADDRESS, IOAPIC_BASE_ADDRESS, PAGESIZE,
		PTE_WRITABLE | PTE_CACHE_DISABLE);
	kvm_disable_interrupts();
	for (;;) {
		kvm_yield();
		if (!step_count)
			break;
		for (uint32_t i = 0; i < step_count; i++)
			follow(&steps[i]);
	}
	tst_res(TPASS, "all steps are done");
}
