// SPDX-License-Identifier: MIT
// Interrupts that the controller sends, with and without interrupt controllers in the kernel.
#include <sys/ioctl.h>
#include <unistd.h>

#include "host/tests/api/resources.h"
#include "machine.h"

namespace
{

using ::ringside::Collect;
using ::ringside::ResultIs;
using ::testing::ElementsAre;
using ::testing::StartsWith;

// Coprocessor segment overrun: no CPU raises it any more, and it has no error code.
constexpr unsigned int kVector = 9;
constexpr uint64_t kMsiAddress = 0xfee00000;

class Interrupts : public MachineTest
{
protected:
	void MakeWith(tst_kvm_irqchip irqchip, const char *function)
	{
		tst_kvm_config config = {};

		config.irqchip = irqchip;
		Make(config, function);
	}

	void ExpectRefused(const std::function<void()> &call, const std::string &text)
	{
		const Resources before = Resources::Now();

		EXPECT_THAT(Collect(call), ElementsAre(ResultIs(TBROK, StartsWith(text))));
		EXPECT_EQ(Resources::Now(), before);
	}
};

TEST_F(Interrupts, ExternalInterruptWithoutIrqchip)
{
	Make({}, "wait_for_interrupt");
	Value("value") = kVector;
	ASSERT_EQ(tst_kvm_run_vcpu(Cpu(0)), KVM_EXIT_HLT);
	EXPECT_EQ(Cpu(0)->run->if_flag, 1);
	EXPECT_EQ(Value("interrupts"), 0u);
	tst_kvm_interrupt(Cpu(0), kVector);
	EXPECT_THAT(Collect([this] { EXPECT_EQ(tst_kvm_run_vcpu(Cpu(0)), TST_KVM_ENDED); }),
		    ElementsAre(ResultIs(TPASS, "an interrupt has come")));
	EXPECT_EQ(Value("interrupts"), 1u);
}

TEST_F(Interrupts, VectorsThatAreNoneAreRefused)
{
	Make({}, "pass");
	ExpectRefused([this] { tst_kvm_interrupt(Cpu(0), 256); },
		      "tst_kvm_interrupt(vector): vector is 256; the last is 255");
}

TEST_F(Interrupts, NmiComesWithAndWithoutIrqchip)
{
	for (tst_kvm_irqchip irqchip :
	     {TST_KVM_NO_IRQCHIP, TST_KVM_KERNEL_IRQCHIP, TST_KVM_SPLIT_IRQCHIP}) {
		MakeWith(irqchip, "wait_for_nmi");
		ASSERT_EQ(tst_kvm_run_vcpu(Cpu(0)), KVM_EXIT_HLT);
		tst_kvm_nmi(Cpu(0));
		EXPECT_THAT(Collect([this] { EXPECT_EQ(tst_kvm_run_vcpu(Cpu(0)), TST_KVM_ENDED); }),
			    ElementsAre(ResultIs(TPASS, "an NMI has come")));
		EXPECT_EQ(Value("interrupts"), 1u);
	}
}

TEST_F(Interrupts, WithoutIrqchipItsFunctionsAreRefused)
{
	Make({}, "pass");
	ExpectRefused([this] { tst_kvm_irq_line(&vm_, 4, 1); },
		      "tst_kvm_irq_line(inst): the machine has no I/O APIC in the kernel; "
		      "config.irqchip has to be TST_KVM_KERNEL_IRQCHIP");
	ExpectRefused([this] { tst_kvm_msi(&vm_, kMsiAddress, kVector); },
		      "tst_kvm_msi(inst): the machine has no interrupt controllers in the kernel");
	ExpectRefused(
		[this] { tst_kvm_irqfd(&vm_, 4); },
		"tst_kvm_irqfd(inst): the machine has no interrupt controllers in the kernel");
}

TEST_F(Interrupts, ASplitIrqchipHasNoLines)
{
	MakeWith(TST_KVM_SPLIT_IRQCHIP, "pass");
	ExpectRefused([this] { tst_kvm_irq_line(&vm_, 4, 1); },
		      "tst_kvm_irq_line(inst): the machine has no I/O APIC in the kernel");
}

TEST_F(Interrupts, WithAnIrqchipTheCpuTakesNoneFromTheHost)
{
	MakeWith(TST_KVM_KERNEL_IRQCHIP, "pass");
	ExpectRefused([this] { tst_kvm_interrupt(Cpu(0), kVector); },
		      "tst_kvm_interrupt(vcpu): the machine has its interrupt controllers in the "
		      "kernel");
}

// A PIC's interrupt request register shows a line that is up.
TEST_F(Interrupts, LinesReachThePic)
{
	kvm_irqchip chip = {};

	MakeWith(TST_KVM_KERNEL_IRQCHIP, "pass");
	tst_kvm_irq_line(&vm_, 4, 1);
	chip.chip_id = KVM_IRQCHIP_PIC_MASTER;
	SAFE_IOCTL(vm_.vm_fd, KVM_GET_IRQCHIP, &chip);
	EXPECT_EQ(chip.chip.pic.irr, 1 << 4);
	tst_kvm_irq_line(&vm_, 4, 0);
	ExpectRefused([this] { tst_kvm_irq_line(&vm_, 1u << 20, 1); },
		      "tst_kvm_irq_line(gsi): gsi is 1048576; this KVM has 0 to ");
}

TEST_F(Interrupts, IrqfdRaisesItsLine)
{
	kvm_irqchip chip = {};
	const uint64_t one = 1;
	const Resources before = Resources::Now();

	MakeWith(TST_KVM_KERNEL_IRQCHIP, "pass");
	const int fd = tst_kvm_irqfd(&vm_, 4);
	// An edge: what came is remembered.
	EXPECT_EQ(write(fd, &one, sizeof(one)), static_cast<ssize_t>(sizeof(one)));
	chip.chip_id = KVM_IRQCHIP_PIC_MASTER;
	WaitUntil([&] {
		SAFE_IOCTL(vm_.vm_fd, KVM_GET_IRQCHIP, &chip);
		return chip.chip.pic.irr == 1 << 4;
	});
	ExpectRefused([this] { tst_kvm_irqfd(&vm_, 1u << 20); },
		      "tst_kvm_irqfd(gsi): gsi is 1048576; this KVM has 0 to ");
	tst_kvm_destroy_instance(&vm_);
	tst_free_all();
	EXPECT_EQ(Resources::Now(), before); // it is closed with the machine
}

// KVM_GET_LAPIC shows the interrupt as requested: SDM Vol. 3 "Local APIC", IRR at 0x200.
TEST_F(Interrupts, MessageReachesTheApic)
{
	for (tst_kvm_irqchip irqchip : {TST_KVM_KERNEL_IRQCHIP, TST_KVM_SPLIT_IRQCHIP}) {
		constexpr unsigned int kMessage = 0x41, kSpurious = 0xf0;
		kvm_lapic_state apic = {};
		uint32_t enabled = 0x1ff;

		MakeWith(irqchip, "pass");
		SAFE_IOCTL(vm_.vcpu_fd, KVM_GET_LAPIC, &apic);
		memcpy(apic.regs + kSpurious, &enabled, sizeof(enabled));
		SAFE_IOCTL(vm_.vcpu_fd, KVM_SET_LAPIC, &apic);
		tst_kvm_msi(&vm_, kMsiAddress, kMessage);
		SAFE_IOCTL(vm_.vcpu_fd, KVM_GET_LAPIC, &apic);
		EXPECT_EQ(apic.regs[0x200 + kMessage / 32 * 16], 1 << kMessage % 32);
	}
}

TEST_F(Interrupts, IoeventfdTakesWrites)
{
	uint64_t count = 0;

	Make({}, "write_port_and_memory");
	const int port = tst_kvm_ioeventfd(&vm_, GUEST_PORT, 1, true);
	const int memory = tst_kvm_ioeventfd(&vm_, GUEST_MMIO, 4, false);
	EXPECT_EQ(read(port, &count, sizeof(count)), -1);
	EXPECT_EQ(errno, EAGAIN);
	EXPECT_THAT(Run(), ElementsAre(ResultIs(TPASS, "both are written")));
	for (int fd : {port, memory}) {
		EXPECT_EQ(read(fd, &count, sizeof(count)), static_cast<ssize_t>(sizeof(count)));
		EXPECT_EQ(count, 1u);
	}
	ExpectRefused([this] { tst_kvm_ioeventfd(&vm_, GUEST_PORT, 3, true); },
		      "tst_kvm_ioeventfd(): ioctl(KVM_IOEVENTFD) at port 0x80, 3 bytes: EINVAL");
	ExpectRefused([this] { tst_kvm_ioeventfd(&vm_, GUEST_MMIO, 4, false); },
		      "tst_kvm_ioeventfd(): ioctl(KVM_IOEVENTFD) at address 0x50000000, 4 bytes: "
		      "EEXIST");
}

} // namespace
