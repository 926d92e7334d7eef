// SPDX-License-Identifier: MIT
// Creating and destroying instances: what is refused, and that nothing stays behind.
#include <sys/syscall.h>

#include "host/engine/engine.h"
#include "resources.h"
#include "ringside/kvm_gtest.h"
#include "syscall_filter.h"

namespace
{

using ::ringside::Collect;
using ::ringside::HasFreeSlot;
using ::ringside::HasMemslot;
using ::ringside::Result;
using ::ringside::ResultIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr size_t kPage = 0x1000;

// The header's own are wrong in C++, where its flexible array has a size.
constexpr uint32_t kGetSupportedCpuid = _IOWR(KVMIO, 0x05, uint64_t);
constexpr uint32_t kSetCpuid2 = _IOW(KVMIO, 0x90, uint64_t);

class Create : public ::testing::Test
{
protected:
	void SetUp() override
	{
		memset(&vm_, 0xff, sizeof(vm_)); // its contents may be anything
	}

	// Creates an instance in a way that is refused, and counts what is left.
	void ExpectRefusal(size_t ram_size, const std::string &why)
	{
		const Resources before = Resources::Now();
		const auto results = Collect([&] { tst_kvm_create_instance(&vm_, ram_size); });

		EXPECT_THAT(results, ElementsAre(ResultIs(TBROK, HasSubstr(why))));
		EXPECT_EQ(Resources::Now(), before);
	}

	tst_kvm_instance vm_;
};

TEST_F(Create, FillsInTheInstance)
{
	tst_kvm_create_instance(&vm_, DEFAULT_RAM_SIZE);
	EXPECT_GE(vm_.vm_fd, 0);
	EXPECT_GE(vm_.vcpu_fd, 0);
	EXPECT_NE(vm_.vcpu_info, nullptr);
	EXPECT_GE(vm_.vcpu_info_size, sizeof(kvm_run));
	EXPECT_THAT(&vm_, HasMemslot(0, 0, DEFAULT_RAM_SIZE));
	EXPECT_THAT(&vm_, HasMemslot(1, KVM_RESULT_BASEADDR, KVM_RESULT_SIZE));
	for (unsigned int slot = 2; slot < MAX_KVM_MEMSLOTS; slot++)
		EXPECT_THAT(&vm_, HasFreeSlot(slot));
	EXPECT_EQ(vm_.result, reinterpret_cast<void *>(vm_.ram[1].userspace_addr));
	EXPECT_EQ(vm_.result->result, KVM_TNONE);
	tst_kvm_destroy_instance(&vm_);
	tst_free_all();
}

TEST_F(Create, RunAndDestroyLeaveNothingBehind)
{
	const Resources before = Resources::Now();

	for (int i = 0; i < 3; i++) {
		tst_kvm_create_instance(&vm_, DEFAULT_RAM_SIZE);
		tst_kvm_run_instance(&vm_, 0);
		tst_kvm_destroy_instance(&vm_);
		tst_free_all();
	}
	EXPECT_EQ(Resources::Now(), before);
}

TEST_F(Create, LoadsThePayload)
{
	tst_kvm_create_instance(&vm_, DEFAULT_RAM_SIZE);
	const auto *ram = reinterpret_cast<const char *>(vm_.ram[0].userspace_addr);
	auto *header = reinterpret_cast<const kvm_payload_header *>(ram + VM_KERNEL_BASEADDR);
	const size_t size = kvm_payload_end - kvm_payload_start;

	EXPECT_EQ(header->magic, static_cast<uint32_t>(KVM_PAYLOAD_MAGIC));
	EXPECT_EQ(header->ram_end, vm_.ram[0].memory_size);
	EXPECT_EQ(memcmp(ram + VM_KERNEL_BASEADDR + sizeof(*header),
			 kvm_payload_start + sizeof(*header), size - sizeof(*header)),
		  0);
	tst_kvm_destroy_instance(&vm_);
	tst_free_all();
}

TEST_F(Create, SmallRamIsRaisedToWhatThePayloadNeeds)
{
	tst_kvm_create_instance(&vm_, 1);
	EXPECT_GE(vm_.ram[0].memory_size, static_cast<uint64_t>(MIN_FREE_RAM));
	EXPECT_EQ(vm_.ram[0].memory_size % kPage, 0u);
	tst_kvm_run_instance(&vm_, 0);
	tst_kvm_destroy_instance(&vm_);
	tst_free_all();
}

TEST_F(Create, RamSizeIsRoundedUpToPages)
{
	tst_kvm_create_instance(&vm_, DEFAULT_RAM_SIZE + 1);
	EXPECT_THAT(&vm_, HasMemslot(0, 0, DEFAULT_RAM_SIZE + kPage));
	tst_kvm_destroy_instance(&vm_);
	tst_free_all();
}

TEST_F(Create, LargeRamIsUsable)
{
	tst_kvm_create_instance(&vm_, 0xc0000000);
	EXPECT_THAT(&vm_, HasMemslot(0, 0, 0xc0000000));
	tst_kvm_run_instance(&vm_, 0);
	tst_kvm_destroy_instance(&vm_);
	tst_free_all();
}

TEST_F(Create, RamSize0IsRefused)
{
	ExpectRefusal(0, "tst_kvm_create_instance(ram_size): ram_size is 0");
}

TEST_F(Create, RamBeyondAMemslotIsRefused)
{
	ExpectRefusal(1ul << 46, "ram_size is 0x400000000000; RAM has 0x7fffffff000 bytes at most");
	ExpectRefusal(SIZE_MAX, "ram_size is 0xffffffffffffffff");
}

TEST_F(Create, NoInstanceIsRefused)
{
	EXPECT_THAT(Collect([] { tst_kvm_create_instance(nullptr, DEFAULT_RAM_SIZE); }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("inst is NULL"))));
}

TEST_F(Create, CreatingAgainReplacesTheFormerMachine)
{
	tst_kvm_create_instance(&vm_, DEFAULT_RAM_SIZE);
	tst_free_all();
	const Resources one = Resources::Now();

	tst_kvm_create_instance(&vm_, DEFAULT_RAM_SIZE);
	tst_free_all(); // the former machine's memory
	EXPECT_EQ(Resources::Now(), one);
	tst_kvm_run_instance(&vm_, 0);
	tst_kvm_destroy_instance(&vm_);
	tst_free_all();
}

TEST_F(Create, DestroyingClearsTheInstance)
{
	tst_kvm_create_instance(&vm_, DEFAULT_RAM_SIZE);
	tst_kvm_destroy_instance(&vm_);
	EXPECT_EQ(vm_.vm_fd, -1);
	EXPECT_EQ(vm_.vcpu_fd, -1);
	EXPECT_EQ(vm_.vcpu_info, nullptr);
	EXPECT_EQ(vm_.result, nullptr);
	tst_free_all();
}

TEST_F(Create, GuardedBuffersOutliveTheInstanceUntilTheyAreFreed)
{
	tst_kvm_create_instance(&vm_, DEFAULT_RAM_SIZE);
	auto *ram = reinterpret_cast<volatile char *>(vm_.ram[0].userspace_addr);
	auto *more =
		static_cast<volatile char *>(tst_kvm_alloc_memory(&vm_, 2, 0x40000000, kPage, 0));

	*ram = 1;
	tst_free_all(); // not yet: the machine uses them
	*more = 2;
	tst_kvm_destroy_instance(&vm_);
	EXPECT_EQ(*ram + *more, 3);
	const Resources before = Resources::Now();
	tst_free_all();
	if (Resources::kCountsMappings)
		EXPECT_LT(Resources::Now().mappings, before.mappings);
}

TEST_F(Create, DestroyingTwiceIsRefused)
{
	tst_kvm_create_instance(&vm_, DEFAULT_RAM_SIZE);
	tst_kvm_destroy_instance(&vm_);
	EXPECT_THAT(
		Collect([this] { tst_kvm_destroy_instance(&vm_); }),
		ElementsAre(ResultIs(TBROK, HasSubstr("tst_kvm_destroy_instance(inst): there is "
						      "no virtual machine in inst"))));
	tst_free_all();
}

TEST_F(Create, FinishedGuestIsNotRunAgain)
{
	tst_kvm_create_instance(&vm_, DEFAULT_RAM_SIZE);
	tst_kvm_run_instance(&vm_, 0);
	const Resources before = Resources::Now();

	EXPECT_THAT(Collect([this] { tst_kvm_run_instance(&vm_, 0); }),
		    ElementsAre(ResultIs(TBROK, AllOf(HasSubstr("tst_kvm_run_instance(inst)"),
						      HasSubstr("cannot be run again"),
						      HasSubstr("create a new one")))));
	EXPECT_EQ(Resources::Now(), before);
	tst_kvm_destroy_instance(&vm_);
	tst_free_all();
}

// Functions that need an instance, each with one that holds nothing.
TEST_F(Create, AnInstanceWithoutMachineIsRefusedEverywhere)
{
	const auto refused = [](const char *function) {
		return ElementsAre(ResultIs(
			TBROK, StartsWith(std::string(function) + "(inst): there is no virtual")));
	};

	for (tst_kvm_instance *vm : {&vm_, static_cast<tst_kvm_instance *>(nullptr)}) {
		EXPECT_THAT(Collect([&] { tst_kvm_run_instance(vm, 0); }),
			    refused("tst_kvm_run_instance"));
		EXPECT_THAT(Collect([&] { tst_kvm_destroy_instance(vm); }),
			    refused("tst_kvm_destroy_instance"));
		EXPECT_THAT(Collect([&] { tst_kvm_wait_guest(vm, 0); }),
			    refused("tst_kvm_wait_guest"));
		EXPECT_THAT(Collect([&] { tst_kvm_clear_guest_signal(vm); }),
			    refused("tst_kvm_clear_guest_signal"));
		EXPECT_THAT(Collect([&] { tst_kvm_get_phys_address(vm, 0); }),
			    refused("tst_kvm_get_phys_address"));
		EXPECT_THAT(Collect([&] { tst_kvm_find_phys_memslot(vm, 0); }),
			    refused("tst_kvm_find_phys_memslot"));
		EXPECT_THAT(Collect([&] { tst_kvm_find_memslot(vm, 0); }),
			    refused("tst_kvm_find_memslot"));
		EXPECT_THAT(Collect([&] { tst_kvm_get_memptr(vm, 0); }),
			    refused("tst_kvm_get_memptr"));
		EXPECT_THAT(Collect([&] { tst_kvm_alloc_memory(vm, 2, 0, 1, 0); }),
			    refused("tst_kvm_alloc_memory"));
	}
}

struct Failure {
	const char *name;
	FailingCall call;
	const char *message;
};

class FailingCreate : public Create, public ::testing::WithParamInterface<Failure>
{
};

// Every step of a creation that can fail, failing.
TEST_P(FailingCreate, IsExplainedAndLeavesNothingBehind)
{
	if (!CanFilterSyscalls())
		GTEST_SKIP() << "this kernel has no seccomp filters";

	Resources before;
	std::vector<Result> results;

	for (int i = 0; i < 2; i++) { // the first thread leaves an arena of malloc() behind
		before = Resources::Now();
		results = CollectWithFailing(GetParam().call, [this] {
			engine_forget_host();
			tst_kvm_create_instance(&vm_, DEFAULT_RAM_SIZE);
		});
	}
	EXPECT_THAT(results,
		    ElementsAre(ResultIs(TBROK, AllOf(StartsWith("tst_kvm_create_instance(): "),
						      HasSubstr(GetParam().message)))));
	EXPECT_EQ(Resources::Now(), before);
	EXPECT_EQ(vm_.vm_fd, -1);
	EXPECT_THAT(Collect([this] { tst_kvm_destroy_instance(&vm_); }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("no virtual machine"))));
}

const Failure kFailures[] = {
	{"NoDevice", {SYS_openat, ENOENT}, "cannot open /dev/kvm, since the kernel has no KVM"},
	{"NoPermission", {SYS_openat, EACCES}, "add the user to the group that owns it"},
	{"NoModule", {SYS_openat, ENODEV}, "no KVM module is active"},
	{"ApiVersion", {SYS_ioctl, 0, false, KVM_GET_API_VERSION}, "KVM API version 0, not 12"},
	{"NoVm", {SYS_ioctl, ENOMEM, false, KVM_CREATE_VM}, "ioctl(KVM_CREATE_VM): ENOMEM"},
	{"NoTss", {SYS_ioctl, EINVAL, false, KVM_SET_TSS_ADDR}, "ioctl(KVM_SET_TSS_ADDR): EINVAL"},
	{"NoSlot",
	 {SYS_ioctl, ENOSPC, false, KVM_SET_USER_MEMORY_REGION},
	 "ioctl(KVM_SET_USER_MEMORY_REGION) refuses slot 0"},
	{"NoCpu", {SYS_ioctl, EEXIST, false, KVM_CREATE_VCPU}, "ioctl(KVM_CREATE_VCPU): EEXIST"},
	{"NoCpuSize",
	 {SYS_ioctl, EINVAL, false, KVM_GET_VCPU_MMAP_SIZE},
	 "ioctl(KVM_GET_VCPU_MMAP_SIZE)"},
	{"NoCpuid", {SYS_ioctl, EIO, false, kGetSupportedCpuid}, "ioctl(KVM_GET_SUPPORTED_CPUID)"},
	{"CpuidRefused", {SYS_ioctl, EINVAL, false, kSetCpuid2}, "ioctl(KVM_SET_CPUID2): EINVAL"},
	{"NoMemory", {SYS_mprotect, ENOMEM}, "no memory for the 0x1000000 bytes of slot 0"},
};

// What GoogleTest calls, in the bodies of its headers' functions.
[[maybe_unused]] void PrintTo(const Failure &failure, std::ostream *os)
{
	*os << failure.name;
}

INSTANTIATE_TEST_SUITE_P(Steps, FailingCreate, ::testing::ValuesIn(kFailures),
			 [](const auto &info) { return info.param.name; });

} // namespace
