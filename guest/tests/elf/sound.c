// SPDX-License-Identifier: MIT
/* Uses all of the library, so that all of it is checked. */
#include "kvm_test.h"
#include "kvm_x86.h"

static int callback(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	return kvm_get_interrupt_ip(ifrm) == errcode;
}

void main(void)
{
	struct segment_descriptor *table = tst_heap_alloc_aligned(4096, 4096);
	struct kvm_cregs cregs;
	struct kvm_sregs sregs;
	struct kvm_cpuid cpuid;
	char text[64];

	tst_set_interrupt_callback(INTR_GPF, callback, NULL);
	kvm_read_cregs(&cregs);
	kvm_read_sregs(&sregs);
	kvm_get_cpuid(0, 0, &cpuid);
	kvm_wrmsr(MSR_EFER, kvm_rdmsr(MSR_EFER));
	memmove(text, memcpy(table, text, sizeof(text)), memcmp(table, text, sizeof(text)));
	sprintf(text, "%llu", (unsigned long long)cregs.cr3 / (cpuid.eax | 1));
	strcat(strcpy(text, strchr(text, '1')), strrchr(text, '2'));
	tst_wait_host(table);
	kvm_yield();
	tst_res(TPASS, "%u", kvm_create_stack_descriptor(table, 8, text));
}
