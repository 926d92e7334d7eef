// SPDX-License-Identifier: MIT
// Routes from interrupt lines to pins and messages (KVM API, KVM_SET_GSI_ROUTING),
// and guests' writes that come back as interrupts (KVM_IOEVENTFD).
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstring>
#include <initializer_list>

#include "irqchip_fixture.h"

namespace
{

using kvm_tests::kMsiAddress;

constexpr unsigned int kGsi = 30; // one that the default routes leave free
constexpr uint32_t kMsiLevel = 0xc000; // assert, level-triggered

class Routing : public kvm_tests::IrqchipTest
{
protected:
	void SetRoutes(std::initializer_list<kvm_irq_routing_entry> routes)
	{
		const size_t size =
			sizeof(kvm_irq_routing) + routes.size() * sizeof(*routes.begin());
		auto *table = static_cast<kvm_irq_routing *>(calloc(1, size));

		table->nr = routes.size();
		memcpy(table->entries, routes.begin(), routes.size() * sizeof(*routes.begin()));
		SAFE_IOCTL(vm()->vm_fd, KVM_SET_GSI_ROUTING, table);
		free(table);
	}

	static kvm_irq_routing_entry MsiRoute(uint32_t data, unsigned int gsi = kGsi)
	{
		kvm_irq_routing_entry route = {};

		route.gsi = gsi;
		route.type = KVM_IRQ_ROUTING_MSI;
		route.u.msi.address_lo = kMsiAddress;
		route.u.msi.data = data;
		return route;
	}

	static kvm_irq_routing_entry PinRoute(unsigned int gsi, unsigned int pin)
	{
		kvm_irq_routing_entry route = {};

		route.gsi = gsi;
		route.type = KVM_IRQ_ROUTING_IRQCHIP;
		route.u.irqchip.irqchip = KVM_IRQCHIP_IOAPIC;
		route.u.irqchip.pin = pin;
		return route;
	}

	// One eventfd as both ends: what the guest writes comes back as an interrupt.
	void ConnectDoorbell(uint64_t address, uint32_t flags)
	{
		kvm_ioeventfd doorbell = {};

		doorbell.datamatch = RING_VALUE;
		doorbell.addr = address;
		doorbell.len = sizeof(uint32_t);
		doorbell.fd = tst_kvm_irqfd(vm(), kGsi);
		doorbell.flags = flags | KVM_IOEVENTFD_FLAG_DATAMATCH;
		SAFE_IOCTL(vm()->vm_fd, KVM_IOEVENTFD, &doorbell);
	}
};

TEST_F(Routing, RouteLeadsGsiToAnotherPin)
{
	Begin("one_interrupt");
	SetRoutes({PinRoute(kGsi, PIN), PinRoute(PIN, PIN + 1)});
	RunToYield();
	tst_kvm_irq_line(vm(), PIN, 1); // masked there
	tst_kvm_irq_line(vm(), kGsi, 1);
	RunToEnd();
}

TEST_F(Routing, RouteMakesIrqfdAnMsi)
{
	Begin("one_interrupt");
	SetRoutes({MsiRoute(VECTOR)});
	const int fd = tst_kvm_irqfd(vm(), kGsi);
	RunToYield();
	Signal(fd);
	RunToEnd();
}

TEST_F(Routing, NewRoutesReplaceTheOld)
{
	Begin("rerouted");
	SetRoutes({MsiRoute(VECTOR)});
	const int fd = tst_kvm_irqfd(vm(), kGsi);
	RunToYield();
	Signal(fd);
	RunToYield();
	SetRoutes({MsiRoute(OTHER_VECTOR)});
	Signal(fd);
	RunToEnd();
}

// The end of a level-triggered interrupt is the controller's business, if its GSI is
// one of those that KVM_CAP_SPLIT_IRQCHIP reserves for the controller's I/O APIC.
TEST_F(Routing, SplitIrqchipTellsOfEndOfInterrupt)
{
	Begin("one_interrupt", TST_KVM_SPLIT_IRQCHIP);
	IgnoreDevices();
	SetRoutes({MsiRoute(VECTOR | kMsiLevel, PIN)});
	const int fd = tst_kvm_irqfd(vm(), PIN);
	RunToYield();
	Signal(fd);
	RunTo(KVM_EXIT_IOAPIC_EOI);
	EXPECT_EQ(cpu()->run->eoi.vector, VECTOR);
	RunToEnd();
}

// Four writes, of which the last alone has the doorbell's address, size and value.
TEST_F(Routing, MmioDoorbellRingsAtItsValueOnly)
{
	Begin("ring_mmio");
	SetRoutes({MsiRoute(VECTOR)});
	ConnectDoorbell(DOORBELL_ADDRESS, 0);
	const kvm_run *run = cpu()->run;

	RunTo(KVM_EXIT_MMIO);
	EXPECT_EQ(run->mmio.phys_addr, DOORBELL_ADDRESS + 4);
	RunTo(KVM_EXIT_MMIO);
	EXPECT_EQ(run->mmio.len, 2u);
	RunTo(KVM_EXIT_MMIO);
	EXPECT_EQ(run->mmio.phys_addr, DOORBELL_ADDRESS);
	EXPECT_EQ(run->mmio.len, 4u);
	RunToEnd();
}

TEST_F(Routing, PioDoorbellRingsAtItsValueOnly)
{
	Begin("ring_pio");
	SetRoutes({MsiRoute(VECTOR)});
	ConnectDoorbell(DOORBELL_PORT, KVM_IOEVENTFD_FLAG_PIO);
	const kvm_run *run = cpu()->run;

	RunTo(KVM_EXIT_IO);
	EXPECT_EQ(run->io.port, DOORBELL_PORT + 4);
	RunTo(KVM_EXIT_IO);
	EXPECT_EQ(run->io.size, 2);
	RunTo(KVM_EXIT_IO);
	EXPECT_EQ(run->io.port, DOORBELL_PORT);
	EXPECT_EQ(run->io.size, 4);
	RunToEnd();
}

// 82093AA, "I/O REDIRECTION TABLE REGISTERS": Remote IRR is set while a level-triggered
// interrupt is served, and cleared by its EOI.
TEST_F(Routing, EndOfInterruptClearsRemoteIrr)
{
	Begin("remote_irr");
	RunToYield();
	tst_kvm_irq_line(vm(), PIN, 1);
	RunTo(KVM_EXIT_IO);
	tst_kvm_irq_line(vm(), PIN, 0);
	RunToEnd();
}

} // namespace
