// SPDX-License-Identifier: MIT
// A system management interrupt comes while a nested guest runs, and its handler changes
// what RSM returns to. Illegal state ends in a shutdown: APM Vol. 2, "Leaving SMM"; what
// is illegal of a nested guest, "Canonicalization and Consistency Checks".
//
// KVM entered the nested guest without a look at its VMCB: fixed by be5fa8737d42.
#include <sys/ioctl.h>

#include <array>
#include <cstddef>
#include <cstring>

#include "case_test.h"

namespace
{

// As in the payload.
constexpr uint16_t kBefore = 0x80;
[[maybe_unused]] constexpr uint16_t kAfter = 0x82;

constexpr uint16_t kInHandler = 0x81;

// Beyond the machine's RAM. KVM has memory for system management mode in address space 1:
// KVM API, KVM_CAP_MULTI_ADDRESS_SPACE.
constexpr uint64_t kSmbase = 0x40000000;
constexpr uint64_t kSmramSize = 0x10000;
constexpr uint32_t kSmramSlot = 1 << 16;

// APM Vol. 2, "SMBASE Register" and "SMRAM State-Save Area".
constexpr uint32_t kMsrSmbase = 0x9e;
constexpr size_t kEntry = 0x8000;

// "VMCB Layout, Control Area".
[[maybe_unused]] constexpr size_t kAsidOffset = 0x58;

class Smm : public kvm_tests::CaseTest
{
protected:
	// The nested guest is interrupted, and the handler has the CPU.
	void EnterHandler(const char *hypervisor = "nested_guest")
	{
		Choose(hypervisor);
		RunTo(KVM_EXIT_IO);
		ASSERT_EQ(cpu()->run->io.port, kBefore);
		MakeSmram();
		ASSERT_EQ(ioctl(cpu()->fd, KVM_SMI), 0) << strerror(errno);
		RunTo(KVM_EXIT_IO);
		ASSERT_EQ(cpu()->run->io.port, kInHandler);
	}

	uint8_t *Vmcb()
	{
		return static_cast<uint8_t *>(
			tst_kvm_get_memptr(vm(), *Shared<uint64_t>("vmcb_address")));
	}

private:
	void MakeSmram()
	{
		static constexpr uint8_t kHandler[] = {
			0xe6, kInHandler, // out %al, $kInHandler
			0x0f, 0xaa, // rsm
		};
		struct {
			kvm_msrs head;
			kvm_msr_entry entry;
		} msrs = {{1, 0, {}}, {kMsrSmbase, 0, kSmbase}};
		kvm_userspace_memory_region slot = {};

		memcpy(&smram_[kEntry], kHandler, sizeof(kHandler));
		slot.slot = kSmramSlot;
		slot.guest_phys_addr = kSmbase;
		slot.memory_size = kSmramSize;
		slot.userspace_addr = reinterpret_cast<uintptr_t>(smram_.data());
		ASSERT_EQ(ioctl(vm()->vm_fd, KVM_SET_USER_MEMORY_REGION, &slot), 0)
			<< strerror(errno);
		ASSERT_EQ(ioctl(cpu()->fd, KVM_SET_MSRS, &msrs), 1) << strerror(errno);
	}

	alignas(4096) std::array<uint8_t, kSmramSize> smram_ = {};
};

#ifndef ILLEGAL_VMCB

TEST_F(Smm, NestedGuestGoesOn)
{
	ASSERT_NO_FATAL_FAILURE(EnterHandler());
	RunTo(KVM_EXIT_IO);
	ASSERT_EQ(cpu()->run->io.port, kAfter);
	RunTo(TST_KVM_ENDED);
}

// "SMI Intercept": it stays pending until the hypervisor sets its global interrupt flag.
TEST_F(Smm, InterceptedStopsTheNestedGuest)
{
	ASSERT_NO_FATAL_FAILURE(EnterHandler("intercepting"));
	RunTo(TST_KVM_ENDED);
}

#else

TEST_F(Smm, IllegalVmcbIsAShutdown)
{
	const uint32_t asid = 0; // "an ASID of zero is illegal"

	ASSERT_NO_FATAL_FAILURE(EnterHandler());
	memcpy(Vmcb() + kAsidOffset, &asid, sizeof(asid));
	RunTo(KVM_EXIT_SHUTDOWN);
}

#endif /* ILLEGAL_VMCB */

} // namespace
