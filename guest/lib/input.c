// SPDX-License-Identifier: MIT
/* The input that the controller gives a payload. */
#include "guest/lib/arch.h"
#include "kvm_test.h"

/* The controller finds it by its name. */
struct kvm_input kvm_input;

uint8_t *tst_input(size_t *size)
{
	volatile struct kvm_input *input = &kvm_input;

	/* A fuzzer stops here, and each of its inputs starts from here. */
	while (!input->given)
		arch_ring_doorbell(KVM_DOORBELL_INPUT);
	*size = input->size;
	return kvm_input.data;
}
