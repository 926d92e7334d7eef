// SPDX-License-Identifier: MIT
/* A device that the controller makes: a handler for its register, and a run loop. */
#include "kvm_test.h"

#define DEVICE 0x50000000u
#define PORT 0x80

#ifdef COMPILE_PAYLOAD

void main(void)
{
	uint32_t value = *(volatile uint32_t *)DEVICE;

	if (value == 42)
		tst_res(TPASS, "the device says %u", value);
	else
		tst_res(TFAIL, "the device says %u", value);
	asm volatile("outb %b0, %w1" : : "a"(7), "d"(PORT));
}

#else /* COMPILE_PAYLOAD */

static struct tst_kvm_instance vm = {.vm_fd = -1};

/* 0: the exit is dealt with, and the guest runs on. */
static int read_device(struct tst_kvm_vcpu *vcpu, void *arg)
{
	if (vcpu->run->mmio.phys_addr != DEVICE || vcpu->run->mmio.is_write)
		return -1;
	memcpy(vcpu->run->mmio.data, arg, vcpu->run->mmio.len);
	return 0;
}

static void run(void)
{
	static uint32_t answer = 42;
	struct tst_kvm_vcpu *cpu;
	int reason;

	tst_kvm_create(&vm, NULL);
	tst_kvm_on_exit(&vm, KVM_EXIT_MMIO, read_device, &answer);
	cpu = tst_kvm_vcpu(&vm, 0);
	while ((reason = tst_kvm_run_vcpu(cpu)) != TST_KVM_ENDED) {
		const uint8_t *data = (const uint8_t *)cpu->run + cpu->run->io.data_offset;

		if (reason != KVM_EXIT_IO || cpu->run->io.port != PORT)
			tst_brk(TBROK, "%s", tst_kvm_describe_exit(cpu));
		if (*data == 7)
			tst_res(TPASS, "the guest has written %u to the port", *data);
		else
			tst_res(TFAIL, "the guest has written %u to the port", *data);
	}
}

static void cleanup(void)
{
	tst_kvm_destroy_instance(&vm);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = cleanup,
};

#endif /* COMPILE_PAYLOAD */
