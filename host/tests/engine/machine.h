// SPDX-License-Identifier: MIT
// A machine of any configuration with the payload of guest.h.
#ifndef RINGSIDE_HOST_TESTS_ENGINE_MACHINE_H
#define RINGSIDE_HOST_TESTS_ENGINE_MACHINE_H

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "guest.h"
#include "ringside/kvm_gtest.h"
#include "ringside/runner.h"

class MachineTest : public ::testing::Test
{
protected:
	void SetUp() override
	{
		tst_watchdog_arm(ringside::kDefaultTimeout);
	}

	void TearDown() override
	{
		tst_watchdog_disarm();
		if (vm_.vm_fd >= 0)
			tst_kvm_destroy_instance(&vm_);
		tst_free_all();
	}

	// Makes the machine, whose main() will call @function.
	void Make(tst_kvm_config config, const char *function)
	{
		tst_kvm_create(&vm_, &config);
		SetFunction(function);
	}

	void SetFunction(const char *function)
	{
		tst_kvm_set_arg(Cpu(0), tst_kvm_symbol_address(&vm_, function));
	}

	struct tst_kvm_vcpu *Cpu(unsigned int index)
	{
		return tst_kvm_vcpu(&vm_, index);
	}

	// The payload's variable.
	volatile uint64_t &Value(const char *name, unsigned int index = 0)
	{
		return static_cast<volatile uint64_t *>(tst_kvm_symbol(&vm_, name))[index];
	}

	std::vector<ringside::Result> Run()
	{
		return ringside::RunAndCollect(&vm_);
	}

	// What tst_kvm_describe_exit() says.
	std::string Describe(unsigned int cpu)
	{
		return tst_kvm_describe_exit(Cpu(cpu));
	}

	// Until @condition holds; the watchdog ends a test in which it never does.
	static void WaitUntil(const std::function<bool()> &condition)
	{
		while (!condition())
			std::this_thread::yield();
	}

	tst_kvm_instance vm_ = Nothing();

private:
	static tst_kvm_instance Nothing()
	{
		tst_kvm_instance vm = {};

		vm.vm_fd = -1;
		return vm;
	}
};

#endif // RINGSIDE_HOST_TESTS_ENGINE_MACHINE_H
