// SPDX-License-Identifier: MIT
/* Live migration: a guest that asks for numbers goes on in another machine. */
#include "kvm_test.h"

#define PORT 0x80

#ifdef COMPILE_PAYLOAD

void main(void)
{
	uint32_t number, sum = 0;

	for (int i = 0; i < 10; i++) {
		asm volatile("inl %1, %0" : "=a"(number) : "d"((uint16_t)PORT));
		sum += number;
	}
	if (sum == 55)
		tst_res(TPASS, "the sum of ten numbers is %u", sum);
	else
		tst_res(TFAIL, "the sum of ten numbers is %u", sum);
}

#else /* COMPILE_PAYLOAD */

static struct tst_kvm_instance source, target;

/* Runs the guest until it has got @last. */
static void answer_up_to(struct tst_kvm_instance *vm, uint32_t first, uint32_t last)
{
	struct tst_kvm_vcpu *vcpu = tst_kvm_vcpu(vm, 0);

	for (uint32_t number = first; number <= last; number++) {
		if (tst_kvm_run_vcpu(vcpu) != KVM_EXIT_IO)
			tst_brk(TBROK, "not at the port: %s", tst_kvm_describe_exit(vcpu));
		memcpy((char *)vcpu->run + vcpu->run->io.data_offset, &number, sizeof(number));
	}
}

static void run(void)
{
	struct tst_kvm_state *left, *arrived;
	char *differences;

	tst_kvm_create(&source, NULL);
	tst_kvm_create(&target, NULL);
	answer_up_to(&source, 1, 4);
	left = tst_kvm_save(&source);

	tst_kvm_load(&target, left);
	arrived = tst_kvm_save(&target);
	differences = tst_kvm_compare(left, arrived);
	if (differences)
		tst_res(TFAIL, "what arrives differs:\n%s", differences);
	free(differences);
	tst_kvm_free_state(left);
	tst_kvm_free_state(arrived);

	answer_up_to(&target, 5, 10);
	if (tst_kvm_run_vcpu(tst_kvm_vcpu(&target, 0)) != TST_KVM_ENDED)
		tst_res(TFAIL, "the guest did not end");
	tst_kvm_destroy_instance(&source);
	tst_kvm_destroy_instance(&target);
	tst_free_all();
}

static void cleanup(void)
{
	tst_kvm_destroy_instance(&source);
	tst_kvm_destroy_instance(&target);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = cleanup,
};

#endif /* COMPILE_PAYLOAD */
