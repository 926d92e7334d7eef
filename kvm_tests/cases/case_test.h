/* SPDX-License-Identifier: MIT */
/* A controller whose payload has several cases: guest_case.h. */
#ifndef RINGSIDE_KVM_TESTS_CASE_TEST_H
#define RINGSIDE_KVM_TESTS_CASE_TEST_H

#include <ostream>
#include <string>
#include <thread>

#include "kernel_log.h"
#include "neighbour.h"
#include "ringside/kvm_gtest.h"

namespace kvm_tests
{

/* Names a test after its parameter, which has a field name. */
template <typename T> std::string NameOf(const testing::TestParamInfo<T> &info)
{
	return info.param.name;
}

/*
 * A case that is a function of the payload and nothing else: one source of names for
 * both sides is a table of X-macros, see kvm_tests/svm/vmrun_states.h.
 */
struct NamedCase {
	const char *name;
};

[[maybe_unused]] inline void PrintTo(const NamedCase &c, std::ostream *os)
{
	*os << c.name;
}

/* A thread that is waited for, however its test ends. */
class Thread
{
public:
	template <typename Function> explicit Thread(Function function) : thread_(function)
	{
	}

	~Thread()
	{
		Join();
	}

	Thread(const Thread &) = delete;
	Thread &operator=(const Thread &) = delete;

	void Join()
	{
		if (thread_.joinable())
			thread_.join();
	}

private:
	std::thread thread_;
};

/* A test whose kernel warns or oopses meanwhile fails, whatever its guest says. */
class CaseTest : public ringside::KvmTest
{
protected:
	CaseTest()
	{
		static Neighbour of_all_cases;
	}

	/* Also when the virtual machine comes to its end. */
	void TearDown() override
	{
		KvmTest::TearDown();
		EXPECT_EQ(log_.Complaints(), "") << "the kernel has complained";
	}

	using KvmTest::Create;

	void Create(enum tst_kvm_irqchip irqchip, unsigned int vcpus = 1)
	{
		tst_kvm_config config = {};

		config.irqchip = irqchip;
		config.vcpus = vcpus;
		Create(config);
	}

	/* CPU 0 is to run that function of the payload. */
	void Choose(const char *function)
	{
		tst_kvm_set_arg(cpu(0), tst_kvm_symbol_address(vm(), function));
	}

	struct tst_kvm_vcpu *cpu(unsigned int index = 0)
	{
		return tst_kvm_vcpu(vm(), index);
	}

	/* Runs a CPU to its next exit, which has to be that one. */
	void RunTo(int reason, unsigned int index = 0)
	{
		const int left = tst_kvm_run_vcpu(cpu(index));

		ASSERT_EQ(left, reason) << (left < 0 ? "the CPU's code has ended"
						     : tst_kvm_describe_exit(cpu(index)));
	}

	/* A variable of the payload. */
	template <typename T> volatile T *Shared(const char *name)
	{
		return static_cast<volatile T *>(tst_kvm_symbol(vm(), name));
	}

private:
	KernelLog log_;
};

} /* namespace kvm_tests */

#endif /* RINGSIDE_KVM_TESTS_CASE_TEST_H */
