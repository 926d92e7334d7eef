// SPDX-License-Identifier: MIT
// Interrupts that the host raises: lines, messages, and descriptors. What the ioctls
// do is said in the KVM API, under their names.
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "irqchip_fixture.h"

namespace
{

using kvm_tests::kMsiAddress;

class Irqchip : public kvm_tests::IrqchipTest
{
};

TEST_F(Irqchip, EdgeLineRaisesOneInterruptForEachEdge)
{
	Begin("edge");
	RunToYield();
	tst_kvm_irq_line(vm(), PIN, 1);
	RunToYield();
	tst_kvm_irq_line(vm(), PIN, 1);
	RunToYield();
	tst_kvm_irq_line(vm(), PIN, 0);
	tst_kvm_irq_line(vm(), PIN, 1);
	RunToEnd();
}

TEST_F(Irqchip, LevelLineRaisesInterruptsUntilItIsLow)
{
	Begin("level");
	RunToYield();
	tst_kvm_irq_line(vm(), PIN, 1);
	RunTo(KVM_EXIT_IO);
	tst_kvm_irq_line(vm(), PIN, 0);
	RunToEnd();
}

TEST_F(Irqchip, MaskedLevelWaits)
{
	Begin("masked_level");
	RunToYield();
	tst_kvm_irq_line(vm(), PIN, 1);
	RunTo(KVM_EXIT_IO);
	tst_kvm_irq_line(vm(), PIN, 0);
	RunToEnd();
}

TEST_F(Irqchip, MaskedEdgeIsLost)
{
	Begin("masked_edge");
	RunToYield();
	tst_kvm_irq_line(vm(), PIN, 1);
	tst_kvm_irq_line(vm(), PIN, 0);
	RunToYield();
	tst_kvm_irq_line(vm(), PIN, 1);
	RunToEnd();
}

TEST_F(Irqchip, IoapicSendsToPhysicalDestination)
{
	Begin("physical_destination", TST_KVM_KERNEL_IRQCHIP, 2);
	tst_kvm_on_exit(
		vm(), KVM_EXIT_IO,
		[](auto *vcpu, void *arg) {
			tst_kvm_irq_line(static_cast<tst_kvm_instance *>(arg), PIN, 1);
			return 0;
		},
		vm());
	tst_kvm_start_vcpu(cpu(1), "receiver", 0);
	Run();
}

TEST_F(Irqchip, IoapicSendsToLogicalDestination)
{
	Begin("logical_destination", TST_KVM_KERNEL_IRQCHIP, 2);
	tst_kvm_on_exit(
		vm(), KVM_EXIT_IO,
		[](auto *vcpu, void *arg) {
			tst_kvm_irq_line(static_cast<tst_kvm_instance *>(arg), PIN, 1);
			return 0;
		},
		vm());
	tst_kvm_start_vcpu(cpu(1), "receiver", 0);
	Run();
}

TEST_F(Irqchip, MsiArrives)
{
	Begin("one_interrupt");
	RunToYield();
	tst_kvm_msi(vm(), kMsiAddress, VECTOR);
	RunToEnd();
}

TEST_F(Irqchip, MsiArrivesWithSplitIrqchip)
{
	Begin("one_interrupt", TST_KVM_SPLIT_IRQCHIP);
	IgnoreDevices();
	RunToYield();
	tst_kvm_msi(vm(), kMsiAddress, VECTOR);
	RunToEnd();
}

TEST_F(Irqchip, MsiToNobodyIsNotDelivered)
{
	kvm_msi msi = {};

	Begin("one_interrupt");
	RunToYield();
	msi.address_lo = kMsiAddress | 9 << 12;
	msi.data = OTHER_VECTOR;
	EXPECT_LE(ioctl(vm()->vm_fd, KVM_SIGNAL_MSI, &msi), 0) << "there is no APIC ID 9";
	tst_kvm_msi(vm(), kMsiAddress, VECTOR);
	RunToEnd();
}

TEST_F(Irqchip, IrqfdRaisesAnEdge)
{
	Begin("one_interrupt");
	const int fd = tst_kvm_irqfd(vm(), PIN);
	RunToYield();
	Signal(fd);
	RunToEnd();
}

// A level interrupt lowers its line by itself at its end, and tells an eventfd. The
// device that is still in need then raises it again.
TEST_F(Irqchip, ResampleTellsOfTheEnd)
{
	const int resample = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	const int trigger = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	kvm_irqfd irqfd = {};
	uint64_t ends = 0;

	ASSERT_GE(resample, 0);
	ASSERT_GE(trigger, 0);
	Begin("resampled");
	irqfd.fd = trigger;
	irqfd.gsi = PIN;
	irqfd.flags = KVM_IRQFD_FLAG_RESAMPLE;
	irqfd.resamplefd = resample;
	SAFE_IOCTL(vm()->vm_fd, KVM_IRQFD, &irqfd);
	RunToYield();
	Signal(trigger);
	EXPECT_EQ(read(resample, &ends, sizeof(ends)), -1) << "nothing has ended yet";
	RunToYield();
	SAFE_READ(1, resample, &ends, sizeof(ends));
	EXPECT_EQ(ends, 1u);
	Signal(trigger);
	RunToEnd();
	close(trigger);
	close(resample);
}

// Without a value to match, each write of that size rings, and none leaves the guest.
TEST_F(Irqchip, DoorbellCountsEachWrite)
{
	uint64_t rings = 0;

	Begin("ring_mmio");
	const int fd = tst_kvm_ioeventfd(vm(), DOORBELL_ADDRESS, sizeof(uint32_t), false);
	RunTo(KVM_EXIT_MMIO);
	EXPECT_EQ(cpu()->run->mmio.phys_addr, DOORBELL_ADDRESS + 4);
	RunTo(KVM_EXIT_MMIO);
	EXPECT_EQ(cpu()->run->mmio.len, 2u);
	EXPECT_EQ(read(fd, &rings, sizeof(rings)), -1) << "nobody has rung yet";
	tst_kvm_msi(vm(), kMsiAddress, VECTOR); // what the guest waits for in the end
	RunToEnd();
	SAFE_READ(1, fd, &rings, sizeof(rings));
	EXPECT_EQ(rings, 2u);
}

} // namespace
