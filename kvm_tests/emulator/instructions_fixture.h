/* SPDX-License-Identifier: MIT */
/*
 * Tests of KVM's instruction emulator: the payload has each instruction done by the CPU,
 * and then, behind KVM's prefix for it, by the emulator; both have to make the same of
 * registers, flags and memory, and to fault alike. What the emulator does for a guest
 * without the prefix (devices' memory, real mode, page tables that are watched) is the
 * same code.
 */
#ifndef RINGSIDE_KVM_TESTS_EMULATOR_INSTRUCTIONS_FIXTURE_H
#define RINGSIDE_KVM_TESTS_EMULATOR_INSTRUCTIONS_FIXTURE_H

#include "case_test.h"

namespace kvm_tests
{

class InstructionsTest : public CaseTest
{
protected:
	// Runs the instructions of a group.
	void Run(const char *group)
	{
		written_ = Shared<uint32_t>("written");
		Choose(group);
		for (;;) {
			const int left = tst_kvm_run_vcpu(cpu());

			if (left == TST_KVM_ENDED)
				break;
			/* Told of CR8, which needs no answer. */
			if (left == KVM_EXIT_SET_TPR)
				continue;
			ASSERT_EQ(left, KVM_EXIT_IO) << tst_kvm_describe_exit(cpu());
			AnswerPort();
		}
		EXPECT_GT(*Shared<uint32_t>("compared"), 0u) << "nothing was compared";
	}

private:
	// A device behind all ports: what is read from it depends on port and size alone.
	void AnswerPort()
	{
		kvm_run *run = cpu()->run;
		const auto data = reinterpret_cast<uint8_t *>(run) + run->io.data_offset;

		for (unsigned int i = 0; i < run->io.size * run->io.count; i++)
			if (run->io.direction == KVM_EXIT_IO_IN)
				data[i] = uint8_t(run->io.port * 16 + run->io.size + i);
			else
				*written_ = *written_ * 31 + data[i];
	}

	volatile uint32_t *written_ = nullptr;
};

} /* namespace kvm_tests */

#endif /* RINGSIDE_KVM_TESTS_EMULATOR_INSTRUCTIONS_FIXTURE_H */
