// SPDX-License-Identifier: MIT
// Payloads that report, fail and are refused: what the controller gets to see.
#include "scenarios.h"

#include "ringside/kvm_gtest.h"

namespace
{

using ::ringside::Result;
using ::ringside::ResultIs;
using ::testing::_;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

const char kPayload[] = "guest/tests/api/scenarios_payload.c";
const char kLibrary[] = "guest/arch/x86/cpu/cpu.c";

class Scenarios : public ringside::KvmTest
{
protected:
	void SetUp() override
	{
		KvmTest::SetUp();
		page_ = static_cast<scenario_page *>(tst_kvm_alloc_memory(
			vm(), SCENARIO_SLOT, SCENARIO_ADDRESS, sizeof(scenario_page), 0));
	}

	std::vector<Result> Play(scenario scenario)
	{
		page_->scenario = scenario;
		return ringside::RunAndCollect(vm());
	}

	// An interrupt without a handler: its report names the place and has registers.
	void ExpectFatal(scenario scenario, const std::string &what,
			 const std::string &file = kPayload)
	{
		const auto results = Play(scenario);

		ASSERT_THAT(results, ElementsAre(ResultIs(TBROK, StartsWith(what))));
		EXPECT_EQ(results[0].file, file);
		EXPECT_GT(results[0].line, 0);
		if (page_->fault_ip) {
			char ip[32];

			snprintf(ip, sizeof(ip), "ip %08llx",
				 static_cast<unsigned long long>(page_->fault_ip));
			EXPECT_THAT(Unpadded(results[0].text), HasSubstr(ip));
		}
	}

	// Addresses as 8 digits in both guests: payloads are in the lower 4 GiB.
	static std::string Unpadded(std::string text)
	{
		const size_t at = text.find("rip 00000000");

		return at == std::string::npos ? text : text.erase(at + 4, 8);
	}

	scenario_page *page_;
};

TEST_F(Scenarios, ReturningFromMainEndsThePayload)
{
	EXPECT_THAT(Play(SCENARIO_SILENT), IsEmpty());
	EXPECT_THAT(ringside::RunAndCollect(vm()),
		    ElementsAre(ResultIs(TBROK, HasSubstr("has ended"))));
}

TEST_F(Scenarios, AllResultTypesArriveWithTheirPlaces)
{
	const auto results = Play(SCENARIO_ALL_TYPES);

	ASSERT_THAT(results, ElementsAre(ResultIs(TPASS, "pass 1"), ResultIs(TFAIL, "fail 2"),
					 ResultIs(TBROK, "brok 3"), ResultIs(TWARN, "warn 4"),
					 ResultIs(TINFO, "info 5"), ResultIs(TCONF, "conf 6")));
	for (size_t i = 0; i < results.size(); i++) {
		EXPECT_EQ(results[i].file, kPayload);
		EXPECT_EQ(results[i].line, results[0].line + static_cast<int>(i));
	}
}

TEST_F(Scenarios, KvmExitEndsThePayloadAnywhere)
{
	EXPECT_THAT(Play(SCENARIO_NESTED_EXIT), ElementsAre(ResultIs(TPASS, "before")));
}

TEST_F(Scenarios, KvmYieldIsResumed)
{
	EXPECT_THAT(Play(SCENARIO_YIELD),
		    ElementsAre(ResultIs(TPASS, "before"), ResultIs(TPASS, "after")));
}

TEST_F(Scenarios, TstBrkEndsThePayload)
{
	EXPECT_THAT(Play(SCENARIO_BRK_TFAIL), ElementsAre(ResultIs(TFAIL, "ends with TFAIL")));
}

TEST_F(Scenarios, TstBrkWithTconfEndsThePayload)
{
	EXPECT_THAT(Play(SCENARIO_BRK_TCONF), ElementsAre(ResultIs(TCONF, "ends with TCONF")));
}

TEST_F(Scenarios, MessageThatFitsIsWhole)
{
	EXPECT_THAT(Play(SCENARIO_LONGEST_MESSAGE),
		    ElementsAre(ResultIs(TPASS, AllOf(SizeIs(KVM_RESULT_MESSAGE_SIZE - 1),
						      StartsWith("xxx"), EndsWith("xxxy")))));
}

TEST_F(Scenarios, LongerMessageIsCutVisibly)
{
	EXPECT_THAT(Play(SCENARIO_LONG_MESSAGE),
		    ElementsAre(ResultIs(TPASS, AllOf(SizeIs(KVM_RESULT_MESSAGE_SIZE - 1),
						      StartsWith("xxx"), EndsWith("xxx...")))));
}

TEST_F(Scenarios, ControlCharactersAreShownNotSent)
{
	EXPECT_THAT(Play(SCENARIO_CONTROL_CHARACTERS),
		    ElementsAre(ResultIs(TPASS, "bell \\x07, escape \\x1b[31m, delete \\x7f, "
						"broken \\xff, whole \xe2\x82\xac")));
}

TEST_F(Scenarios, UnknownTypeIsRefusedByTstRes)
{
	EXPECT_THAT(Play(SCENARIO_RES_UNKNOWN_TYPE),
		    ElementsAre(ResultIs(TBROK, StartsWith("tst_res: result 3 is none of TPASS"))));
}

TEST_F(Scenarios, UnknownTypeIsRefusedByTstBrk)
{
	EXPECT_THAT(
		Play(SCENARIO_BRK_UNKNOWN_TYPE),
		ElementsAre(ResultIs(TBROK, StartsWith("tst_brk: result 254 is none of TPASS"))));
}

TEST_F(Scenarios, HeapSaysWhenABlockDoesNotFit)
{
	EXPECT_THAT(Play(SCENARIO_HEAP_EXHAUSTED),
		    ElementsAre(ResultIs(TBROK, AllOf(HasSubstr("tst_heap_alloc: 67108864 bytes"),
						      HasSubstr("more RAM")))));
}

TEST_F(Scenarios, HeapIsNotFooledByAnOverflow)
{
	EXPECT_THAT(Play(SCENARIO_HEAP_OVERFLOW),
		    ElementsAre(ResultIs(TBROK, HasSubstr("do not fit"))));
}

TEST_F(Scenarios, HeapSaysWhenItIsFull)
{
	EXPECT_THAT(Play(SCENARIO_HEAP_FILLED),
		    ElementsAre(ResultIs(TBROK, HasSubstr("do not fit, 0 are left"))));
}

TEST_F(Scenarios, HeapRefusesAlignment0)
{
	EXPECT_THAT(Play(SCENARIO_HEAP_ALIGN_0),
		    ElementsAre(ResultIs(TBROK, HasSubstr("align 0 is not a power of two"))));
}

TEST_F(Scenarios, HeapRefusesAlignment24)
{
	EXPECT_THAT(Play(SCENARIO_HEAP_ALIGN_24),
		    ElementsAre(ResultIs(TBROK, HasSubstr("align 24 is not a power of two"))));
}

TEST_F(Scenarios, HeapSaysWhenAnAlignmentIsBeyondRam)
{
	// 16 MiB of RAM, less the payload.
	EXPECT_THAT(Play(SCENARIO_HEAP_ALIGN_HUGE),
		    ElementsAre(ResultIs(TBROK, ::testing::MatchesRegex(
							".*16 bytes at a multiple of 1073741824 do "
							"not fit, 16[0-9]{6} are left.*"))));
}

TEST_F(Scenarios, CallbackForAnUnknownVectorIsRefused)
{
	EXPECT_THAT(Play(SCENARIO_CALLBACK_UNKNOWN_VECTOR),
		    ElementsAre(ResultIs(TINFO, _),
				ResultIs(TBROK, HasSubstr("tst_set_interrupt_callback: vector 256 "
							  "is beyond the last one, 255"))));
}

TEST_F(Scenarios, CallbackThatDeclinesMakesTheInterruptFatal)
{
	EXPECT_THAT(Play(SCENARIO_CALLBACK_DECLINES),
		    ElementsAre(ResultIs(TINFO, "the callback was called"),
				ResultIs(TBROK, StartsWith("Invalid opcode (interrupt 6)"))));
}

TEST_F(Scenarios, RemovedCallbackMakesTheInterruptFatal)
{
	ExpectFatal(SCENARIO_CALLBACK_REMOVED, "Invalid opcode (interrupt 6), error code 0");
}

TEST_F(Scenarios, InvalidOpcodeIsExplained)
{
	ExpectFatal(SCENARIO_BAD_OPCODE, "Invalid opcode (interrupt 6), error code 0");
}

TEST_F(Scenarios, DivisionByZeroIsExplained)
{
	ExpectFatal(SCENARIO_DIVIDE, "Division by zero (interrupt 0), error code 0");
}

TEST_F(Scenarios, ReadingAnUnknownMsrRaisesAFault)
{
	ExpectFatal(SCENARIO_READ_UNKNOWN_MSR, "General protection fault (interrupt 13)", kLibrary);
}

TEST_F(Scenarios, WritingAnUnknownMsrRaisesAFault)
{
	ExpectFatal(SCENARIO_WRITE_UNKNOWN_MSR, "General protection fault (interrupt 13)",
		    kLibrary);
}

TEST_F(Scenarios, PagingWithoutProtectionRaisesAFault)
{
	ExpectFatal(SCENARIO_BAD_CR0, "General protection fault (interrupt 13)", kLibrary);
}

TEST_F(Scenarios, ReservedBitOfCr4RaisesAFault)
{
	ExpectFatal(SCENARIO_BAD_CR4, "General protection fault (interrupt 13)", kLibrary);
}

// Without paging, which KVM may refuse an i386 guest, the access leaves the VM.
TEST_F(Scenarios, ReadFromAnUnmappedAddressIsExplained)
{
	const auto results = Play(SCENARIO_READ_UNMAPPED);

	if (page_->has_paging)
		EXPECT_THAT(results,
			    ElementsAre(ResultIs(TBROK,
						 HasSubstr("Page fault (interrupt 14), read from "
							   "an unmapped page at 0x80000000"))));
	else
		EXPECT_THAT(results, ElementsAre(ResultIs(TBROK, AllOf(HasSubstr("KVM_EXIT_MMIO"),
								       HasSubstr("0x80000000")))));
}

TEST_F(Scenarios, WriteToAnUnmappedAddressIsExplained)
{
	const auto results = Play(SCENARIO_WRITE_UNMAPPED);

	if (page_->has_paging)
		EXPECT_THAT(results, ElementsAre(ResultIs(
					     TBROK, HasSubstr("Page fault (interrupt 14), write to "
							      "an unmapped page at 0x80000000, "
							      "error code 0x2"))));
	else
		EXPECT_THAT(results, ElementsAre(ResultIs(TBROK, HasSubstr("KVM_EXIT_MMIO"))));
}

TEST_F(Scenarios, DescriptorLimitIsRefused)
{
	EXPECT_THAT(Play(SCENARIO_DESCRIPTOR_LIMIT),
		    ElementsAre(ResultIs(TBROK, AllOf(HasSubstr("kvm_set_segment_descriptor: limit "
								"0x100000 is above 0xfffff"),
						      HasSubstr("SEGFLAG_PAGE_LIMIT")))));
}

TEST_F(Scenarios, DescriptorBaseIsRefused)
{
	EXPECT_THAT(Play(SCENARIO_DESCRIPTOR_BASE),
		    ElementsAre(ResultIs(
			    TBROK, HasSubstr("baseaddr 0x100000000 needs more than 32 bits"))));
}

TEST_F(Scenarios, StackInAFullTableIsRefused)
{
	EXPECT_THAT(Play(SCENARIO_STACK_TABLE_FULL),
		    ElementsAre(ResultIs(TINFO, "one was free"),
				ResultIs(TBROK, HasSubstr("kvm_create_stack_descriptor: all 2 "
							  "descriptors are taken"))));
}

// 3 GiB of RAM, of which the payload has 2 GiB mapped.
class LargeRam : public ringside::KvmTest
{
protected:
	void SetUp() override
	{
		tst_kvm_config config = {};

		KvmTest::SetUp();
		config.ram_size = 0xc0000000;
		Create(config);
	}
};

TEST_F(LargeRam, HeapEndsWithTheMapping)
{
	char *ram = reinterpret_cast<char *>(vm()->ram[0].userspace_addr);

	reinterpret_cast<scenario_page *>(ram + SCENARIO_ADDRESS)->scenario =
		SCENARIO_HEAP_BEYOND_MAPPING;
	EXPECT_THAT(ringside::RunAndCollect(vm()),
		    ElementsAre(ResultIs(TBROK, ::testing::MatchesRegex(
							".*2147483648 bytes at a multiple of 16 do "
							"not fit, 2147[0-9]{6} are left.*"))));
}

class CpuWithoutNesting : public Scenarios
{
protected:
	// Takes one feature from the virtual CPU: what any machine can do.
	void Hide(uint32_t function, uint32_t ecx_bit)
	{
		// The header's own are wrong in C++, where its flexible array has a size.
		constexpr uint32_t kSetCpuid2 = _IOW(KVMIO, 0x90, uint64_t);
		constexpr size_t kEntries = 2 * sizeof(uint32_t);

		int kvm = SAFE_OPEN("/dev/kvm", O_RDWR);
		auto *cpuid = tst_kvm_get_cpuid(kvm);
		auto *entries = reinterpret_cast<kvm_cpuid_entry2 *>(
			reinterpret_cast<char *>(cpuid) + kEntries);
		bool found = false;

		for (uint32_t i = 0; i < cpuid->nent; i++) {
			if (entries[i].function != function)
				continue;
			entries[i].ecx &= ~(1u << ecx_bit);
			found = true;
		}
		EXPECT_TRUE(found);
		SAFE_IOCTL(vm()->vcpu_fd, kSetCpuid2, cpuid);
		free(cpuid);
		SAFE_CLOSE(kvm);
	}
};

TEST_F(CpuWithoutNesting, SvmIsMissed)
{
	Hide(0x80000001, 2);
	EXPECT_THAT(Play(SCENARIO_NO_SVM),
		    ElementsAre(ResultIs(TINFO, "supported: 0"),
				ResultIs(TCONF, HasSubstr("The CPU has no SVM"))));
}

TEST_F(CpuWithoutNesting, VmxIsMissed)
{
	Hide(1, 5);
	EXPECT_THAT(Play(SCENARIO_NO_VMX),
		    ElementsAre(ResultIs(TINFO, "supported: 0"),
				ResultIs(TCONF, HasSubstr("The CPU has no VMX"))));
}

TEST_F(Scenarios, UnknownInterceptIsRefused)
{
	EXPECT_THAT(Play(SCENARIO_INTERCEPT_UNKNOWN),
		    ElementsAre(ResultIs(TINFO, "the last byte is 0x40"),
				ResultIs(TBROK, StartsWith("kvm_vmcb_set_intercept: intercept "
							   "0xa7 is beyond the last one, 0xa6"))));
}

TEST_F(Scenarios, UnknownDescriptorForAVmcbIsRefused)
{
	EXPECT_THAT(Play(SCENARIO_VMCB_DESCRIPTOR_UNKNOWN),
		    ElementsAre(ResultIs(TINFO, "the last one is there"),
				ResultIs(TBROK, StartsWith("kvm_vmcb_copy_gdt_descriptor: "
							   "descriptor 32 is beyond the last "
							   "one of kvm_gdt, 31"))));
}

TEST_F(Scenarios, UnknownDescriptorForAVmcsIsRefused)
{
	EXPECT_THAT(Play(SCENARIO_VMCS_DESCRIPTOR_UNKNOWN),
		    ElementsAre(ResultIs(TBROK, HasSubstr("kvm_vmcs_copy_gdt_descriptor: "
							  "descriptor 32 is beyond the last"))));
}

TEST_F(Scenarios, UnknownVmxControlIsRefused)
{
	EXPECT_THAT(Play(SCENARIO_VMX_CONTROL_UNKNOWN),
		    ElementsAre(ResultIs(TBROK, StartsWith("kvm_vmx_read_vmctl_mask: control 6 "
							   "is beyond the last one, 5"))));
}

} // namespace
