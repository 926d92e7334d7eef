// SPDX-License-Identifier: MIT
/* Ports of each width: what one side writes the other one sees. */
#include "kvm_test.h"

#define PORT 0x1234

#ifdef COMPILE_PAYLOAD

#include "check.h"

void main(void)
{
	kvm_out8(PORT, 0xa1);
	kvm_out16(PORT, 0xb1b2);
	kvm_out32(PORT, 0xc1c2c3c4);
	CHECK_EQ(kvm_in8(PORT), 0x11);
	CHECK_EQ(kvm_in16(PORT), 0x1211);
	CHECK_EQ(kvm_in32(PORT), 0x14131211);
}

#else /* COMPILE_PAYLOAD */

static uint32_t written[5]; /* by width in bytes */

static int serve(struct tst_kvm_vcpu *vcpu, void *arg)
{
	const struct kvm_run *run = vcpu->run;
	char *data = (char *)run + run->io.data_offset;

	if (run->io.port != PORT || run->io.count != 1)
		return 1;
	if (run->io.direction == KVM_EXIT_IO_OUT)
		memcpy(&written[run->io.size], data, run->io.size);
	else
		memcpy(data, "\x11\x12\x13\x14", run->io.size);
	return 0;
}

static void run(void)
{
	static struct tst_kvm_instance vm;

	memset(written, 0, sizeof(written));
	tst_kvm_create(&vm, NULL);
	tst_kvm_on_exit(&vm, KVM_EXIT_IO, serve, NULL);
	tst_kvm_run_instance(&vm, 0);
	tst_kvm_destroy_instance(&vm);
	tst_res(written[1] == 0xa1 && written[2] == 0xb1b2 && written[4] == 0xc1c2c3c4 ? TPASS
										       : TFAIL,
		"the guest wrote %#x, %#x and %#x", written[1], written[2], written[4]);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
