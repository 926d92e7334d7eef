// SPDX-License-Identifier: MIT
// A machine of the library's with a payload of guest.h.
#ifndef RINGSIDE_BENCH_MACHINE_H
#define RINGSIDE_BENCH_MACHINE_H

#include "ringside/kvm_gtest.h"

#include "guest.h"
#include "ringside/runner.h"

class Machine
{
public:
	explicit Machine(const tst_kvm_config &config)
	{
		tst_watchdog_arm(kSeconds);
		tst_kvm_create(&vm_, &config);
	}

	// Of the payload "functions", which is the first.
	Machine(const char *function, uint64_t count, const tst_kvm_config &config = {})
		: Machine(config)
	{
		tst_kvm_set_arg(tst_kvm_vcpu(&vm_, 0), tst_kvm_symbol_address(&vm_, function));
		*static_cast<volatile uint64_t *>(tst_kvm_symbol(&vm_, "count")) = count;
	}

	~Machine()
	{
		tst_watchdog_disarm();
		tst_kvm_destroy_instance(&vm_);
		tst_free_all();
	}

	Machine(const Machine &) = delete;
	Machine &operator=(const Machine &) = delete;

	// To its end; prints nothing.
	void Run()
	{
		ringside::RunAndCollect(&vm_);
	}

	// To its next exit.
	int RunToExit()
	{
		return tst_kvm_run_vcpu(tst_kvm_vcpu(&vm_, 0));
	}

	tst_kvm_instance *vm()
	{
		return &vm_;
	}

private:
	static constexpr int kSeconds = 60; // that a machine may live

	tst_kvm_instance vm_ = {};
};

#endif // RINGSIDE_BENCH_MACHINE_H
