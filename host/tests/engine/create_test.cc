// SPDX-License-Identifier: MIT
// tst_kvm_create(): each field of the configuration, what is refused, and what is left then.
#include <sys/ioctl.h>

#include "host/tests/api/resources.h"
#include "machine.h"

namespace
{

using ::ringside::Collect;
using ::ringside::HasMemslot;
using ::ringside::ResultIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr uint64_t kGiB = 1ull << 30;

class Create : public MachineTest
{
protected:
	void ExpectRefused(const tst_kvm_config &config, const std::string &why)
	{
		const Resources before = Resources::Now();

		EXPECT_THAT(Collect([&] { tst_kvm_create(&vm_, &config); }),
			    ElementsAre(ResultIs(TBROK, AllOf(StartsWith("tst_kvm_create(): "),
							      HasSubstr(why)))));
		EXPECT_EQ(vm_.vm_fd, -1);
		EXPECT_EQ(Resources::Now(), before);
	}
};

TEST_F(Create, NoConfigurationIsAllDefaults)
{
	tst_kvm_create(&vm_, nullptr);
	EXPECT_THAT(&vm_, HasMemslot(0, 0, DEFAULT_RAM_SIZE));
	EXPECT_THAT(&vm_, HasMemslot(1, KVM_RESULT_BASEADDR, KVM_RESULT_SIZE));
	EXPECT_EQ(Cpu(0)->fd, vm_.vcpu_fd);
	EXPECT_EQ(Cpu(0)->run, vm_.vcpu_info);
	EXPECT_THAT(Run(), ElementsAre(ResultIs(TPASS, "CPU 0 is done")));
}

TEST_F(Create, NoInstanceIsRefused)
{
	EXPECT_THAT(Collect([] { tst_kvm_create(nullptr, nullptr); }),
		    ElementsAre(ResultIs(TBROK, "tst_kvm_create(inst): inst is NULL")));
}

TEST_F(Create, EachCpuHasASlotAndAnIndex)
{
	tst_kvm_config config = {};

	config.vcpus = 64;
	tst_kvm_create(&vm_, &config);
	EXPECT_THAT(&vm_, HasMemslot(1, KVM_RESULT_BASEADDR - 63 * KVM_RESULT_SIZE,
				     64 * KVM_RESULT_SIZE));
	for (unsigned int i = 0; i < 64; i++) {
		EXPECT_EQ(Cpu(i)->index, i);
		EXPECT_GE(Cpu(i)->fd, 0);
	}
	EXPECT_EQ(vm_.result,
		  reinterpret_cast<void *>(vm_.ram[1].userspace_addr + 63 * KVM_RESULT_SIZE));
	EXPECT_THAT(Collect([this] { Cpu(64); }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("index is 64, and the machine has 64 "
							  "virtual CPU(s), 0 to 63"))));
}

TEST_F(Create, AsManyCpusAsThereMayBe)
{
	tst_kvm_config config = {};

	config.vcpus = KVM_MAX_CPUS;
	Make(config, "pass");
	EXPECT_THAT(Run(), ElementsAre(ResultIs(TPASS, "CPU 0 is done")));
}

TEST_F(Create, TooManyCpusAreRefused)
{
	for (unsigned int vcpus : {KVM_MAX_CPUS + 1u, 5000u, UINT32_MAX}) {
		tst_kvm_config config = {};

		config.vcpus = vcpus;
		ExpectRefused(config, "config.vcpus is " + std::to_string(vcpus) +
					      "; a machine has 1 to 255 virtual CPUs");
	}
}

TEST_F(Create, ValuesThatAreNoneAreRefused)
{
	tst_kvm_config config = {};

	config.irqchip = static_cast<tst_kvm_irqchip>(3);
	ExpectRefused(config, "config.irqchip is 3, which is no enum tst_kvm_irqchip");
	config = {};
	config.backing = static_cast<tst_kvm_backing>(4);
	ExpectRefused(config, "config.backing is 4, which is no enum tst_kvm_backing");
	config = {};
	config.payload = "other";
	ExpectRefused(config, "config.payload is \"other\"");
	config = {};
	config.dirty_ring = 1000;
	ExpectRefused(config, "a dirty ring of 1000 entries; it takes a power of two");
	config = {};
	config.ram_size = SIZE_MAX;
	ExpectRefused(config, "RAM has 0x7fffffff000 bytes at most");
}

class Irqchip : public Create, public ::testing::WithParamInterface<tst_kvm_irqchip>
{
};

TEST_P(Irqchip, RunsAPayload)
{
	tst_kvm_config config = {};

	config.vcpus = 3;
	config.irqchip = GetParam();
	Make(config, "pass");
	EXPECT_THAT(Run(), ElementsAre(ResultIs(TPASS, "CPU 0 is done")));
}

INSTANTIATE_TEST_SUITE_P(All, Irqchip,
			 ::testing::Values(TST_KVM_NO_IRQCHIP, TST_KVM_KERNEL_IRQCHIP,
					   TST_KVM_SPLIT_IRQCHIP));

void EnableCap(tst_kvm_instance *inst, uint32_t number, uint64_t arg)
{
	kvm_enable_cap cap = {};

	cap.cap = number;
	cap.args[0] = arg;
	SAFE_IOCTL(inst->vm_fd, KVM_ENABLE_CAP, &cap);
}

TEST_F(Create, CapabilitiesThatMustComeFirst)
{
	tst_kvm_config config = {};
	int calls = 0;

	config.vcpus = 2;
	config.arg = &calls;
	config.before_vcpus = [](tst_kvm_instance *inst, void *arg) {
		++*static_cast<int *>(arg);
		EnableCap(inst, KVM_CAP_X86_DISABLE_EXITS,
			  ioctl(inst->vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_X86_DISABLE_EXITS) &
				  KVM_X86_DISABLE_EXITS_HLT);
		EnableCap(inst, KVM_CAP_MAX_VCPU_ID, 2);
	};
	Make(config, "pass");
	EXPECT_EQ(calls, 1);
	EXPECT_THAT(Run(), ElementsAre(ResultIs(TPASS, "CPU 0 is done")));
}

TEST_F(Create, ALimitOfCpusThatIsTooLowIsExplained)
{
	tst_kvm_config config = {};

	config.vcpus = 4;
	config.before_vcpus = [](tst_kvm_instance *inst, void *) {
		EnableCap(inst, KVM_CAP_MAX_VCPU_ID, 2);
	};
	ExpectRefused(config, "ioctl(KVM_CREATE_VCPU) of CPU 2 (a limit that before_vcpus has set "
			      "with KVM_CAP_MAX_VCPU_ID?): EINVAL");
}

TEST_F(Create, ACpuThatIsThereAlreadyIsExplained)
{
	static int fd;
	tst_kvm_config config = {};

	config.vcpus = 2;
	config.before_vcpus = [](tst_kvm_instance *inst, void *) {
		fd = ioctl(inst->vm_fd, KVM_CREATE_VCPU, 1);
	};
	EXPECT_THAT(Collect([&] { tst_kvm_create(&vm_, &config); }),
		    ElementsAre(ResultIs(TBROK, HasSubstr("CPU 1 (before_vcpus has made it "
							  "already): EEXIST"))));
	EXPECT_EQ(close(fd), 0); // the test's own stays its own
}

// The machine is not complete yet: what needs CPUs is refused, and it can be destroyed later.
TEST_F(Create, FunctionsThatComeTooEarlyAreRefused)
{
	const struct {
		const char *name;
		void (*call)(tst_kvm_instance *inst, void *arg);
	} calls[] = {
		{"tst_kvm_vcpu", [](tst_kvm_instance *inst, void *) { tst_kvm_vcpu(inst, 0); }},
		{"tst_kvm_run_instance",
		 [](tst_kvm_instance *inst, void *) { tst_kvm_run_instance(inst, 0); }},
		{"tst_kvm_wait_guest",
		 [](tst_kvm_instance *inst, void *) { tst_kvm_wait_guest(inst, 0); }},
		{"tst_kvm_clear_guest_signal",
		 [](tst_kvm_instance *inst, void *) { tst_kvm_clear_guest_signal(inst); }},
		{"tst_kvm_get_phys_address",
		 [](tst_kvm_instance *inst, void *) { tst_kvm_get_phys_address(inst, 0); }},
		{"tst_kvm_destroy_instance",
		 [](tst_kvm_instance *inst, void *) { tst_kvm_destroy_instance(inst); }},
	};

	for (const auto &[name, call] : calls) {
		tst_kvm_config config = {};

		config.before_vcpus = call;
		EXPECT_THAT(
			Collect([&] { tst_kvm_create(&vm_, &config); }),
			ElementsAre(ResultIs(TBROK, StartsWith(std::string(name) + "(inst): "))))
			<< name;
		ASSERT_GE(vm_.vm_fd, 0);
		tst_kvm_destroy_instance(&vm_);
	}
}

TEST_F(Create, MemoryCanBeMadeEarly)
{
	tst_kvm_config config = {};

	config.before_vcpus = [](tst_kvm_instance *inst, void *) {
		tst_kvm_alloc_memory(inst, GUEST_SLOT, GUEST_MEMORY, GUEST_PAGE, 0);
	};
	Make(config, "touch_pages");
	Value("count") = 1;
	EXPECT_THAT(Run(), SizeIs(0));
	EXPECT_EQ(*static_cast<uint32_t *>(tst_kvm_get_memptr(&vm_, GUEST_MEMORY)), 1u);
}

class Backing : public Create, public ::testing::WithParamInterface<tst_kvm_backing>
{
};

TEST_P(Backing, HoldsThePayload)
{
	tst_kvm_config config = {};
	const Resources before = Resources::Now();

	config.backing = GetParam();
	config.vcpus = 2;
	const auto results = Collect([&] { Make(config, "pass"); });
	if (!results.empty()) {
		// What this host lacks is said, with what to do about it.
		EXPECT_THAT(results,
			    ElementsAre(ResultIs(
				    TCONF, ::testing::AnyOf(HasSubstr("sysctl vm.nr_hugepages="),
							    HasSubstr("CONFIG_HUGETLBFS"),
							    HasSubstr("Linux 6.18 has")))));
		EXPECT_EQ(Resources::Now(), before);
		tst_res(TCONF, "%s", results[0].text.c_str());
		return;
	}
	// The guest and the host see the same memory.
	Value("value") = 0x1234;
	SetFunction("out_16");
	EXPECT_EQ(tst_kvm_run_vcpu(Cpu(0)), KVM_EXIT_IO);
	EXPECT_EQ(*reinterpret_cast<uint16_t *>(reinterpret_cast<char *>(vm_.vcpu_info) +
						vm_.vcpu_info->io.data_offset),
		  0x1234);
	EXPECT_EQ(tst_kvm_run_vcpu(Cpu(0)), TST_KVM_ENDED);
	tst_kvm_destroy_instance(&vm_);
	tst_free_all();
	EXPECT_EQ(Resources::Now(), before);
}

INSTANTIATE_TEST_SUITE_P(All, Backing,
			 ::testing::Values(TST_KVM_ANONYMOUS, TST_KVM_SHARED, TST_KVM_HUGETLB,
					   TST_KVM_GUEST_MEMFD));

// RAM that does not fit below the hole is at 4 GiB, in the last slot that KVM has.
TEST_F(Create, RamAbove4GiB)
{
	tst_kvm_config config = {};

	config.ram_size = 5 * kGiB;
	config.irqchip = TST_KVM_KERNEL_IRQCHIP;
	Make(config, "pass");
	EXPECT_THAT(&vm_, HasMemslot(0, 0, 3 * kGiB));
	const int last = SAFE_IOCTL(vm_.vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_NR_MEMSLOTS) - 1;
	EXPECT_EQ(tst_kvm_find_phys_memslot(&vm_, 4 * kGiB), last);
	EXPECT_EQ(tst_kvm_find_phys_memslot(&vm_, 6 * kGiB - 1), last);
	EXPECT_EQ(tst_kvm_find_phys_memslot(&vm_, 6 * kGiB), -1);
	EXPECT_EQ(tst_kvm_find_phys_memslot(&vm_, 3 * kGiB), -1);
	EXPECT_THAT(Run(), ElementsAre(ResultIs(TPASS, "CPU 0 is done")));
}

TEST_F(Create, RamAbove4GiBIsTheGuests)
{
	tst_kvm_config config = {};

	config.ram_size = 5 * kGiB;
	Make(config, "write_above_4g");
	EXPECT_THAT(Run(), SizeIs(0));
	const auto *memory = static_cast<volatile uint64_t *>(tst_kvm_get_memptr(&vm_, 0x90000000));
	ASSERT_NE(memory, nullptr);
	EXPECT_EQ(*memory, 0x4321u);
	EXPECT_EQ(tst_kvm_get_phys_address(&vm_, 0x90000000), GUEST_HIGH_MEMORY);
}

} // namespace
