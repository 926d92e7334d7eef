// SPDX-License-Identifier: MIT
// Machines that run a task of exits.h, and a device that answers their exits.
#ifndef RINGSIDE_HOST_TESTS_STATE_EXITS_TEST_H
#define RINGSIDE_HOST_TESTS_STATE_EXITS_TEST_H

#include <sys/ioctl.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "exits.h"
#include "ringside/kvm_gtest.h"
#include "ringside/runner.h"

namespace state_tests
{

// A state that is freed with the variable.
struct FreeState {
	void operator()(tst_kvm_state *state) const
	{
		tst_kvm_free_state(state);
	}
};
using State = std::unique_ptr<tst_kvm_state, FreeState>;

// What differs, or an empty string.
inline std::string Compare(const State &a, const State &b)
{
	char *text = tst_kvm_compare(a.get(), b.get());
	std::string copy = text ? text : "";

	free(text);
	return copy;
}

// Accesses of STATE_MSR leave the guest (KVM API, KVM_CAP_X86_USER_SPACE_MSR).
inline void LetMsrsOut(tst_kvm_instance *vm, void *)
{
	kvm_enable_cap cap = {};

	cap.cap = KVM_CAP_X86_USER_SPACE_MSR;
	cap.args[0] = KVM_MSR_EXIT_REASON_UNKNOWN | KVM_MSR_EXIT_REASON_INVAL;
	SAFE_IOCTL(vm->vm_fd, KVM_ENABLE_CAP, &cap);
}

class Machine
{
public:
	explicit Machine(const tst_kvm_config &config)
	{
		tst_kvm_create(&vm_, &config);
	}
	~Machine()
	{
		tst_kvm_destroy_instance(&vm_);
	}
	Machine(const Machine &) = delete;
	Machine &operator=(const Machine &) = delete;

	tst_kvm_instance *vm()
	{
		return &vm_;
	}
	struct tst_kvm_vcpu *cpu(unsigned int index = 0)
	{
		return tst_kvm_vcpu(&vm_, index);
	}
	State Save()
	{
		return State(tst_kvm_save(&vm_));
	}
	void Load(const State &state)
	{
		tst_kvm_load(&vm_, state.get());
	}

private:
	tst_kvm_instance vm_ = {};
};

// A test of a machine with a task, config_ of which can be changed before New().
class StateTest : public ::testing::Test
{
protected:
	StateTest()
	{
		config_.before_vcpus = LetMsrsOut;
		tst_watchdog_arm(240);
	}

	std::unique_ptr<Machine> New(state_task task)
	{
		auto machine = std::make_unique<Machine>(config_);

		tst_kvm_set_arg(machine->cpu(), task);
		return machine;
	}

	// Runs until the guest writes to the port.
	static void RunToPort(Machine *machine)
	{
		ASSERT_EQ(tst_kvm_run_vcpu(machine->cpu()), KVM_EXIT_IO);
	}

	tst_kvm_config config_ = {};
};

// Answers reads by what was read and how often, and keeps a log of everything. A
// copy of it is the device at that moment.
class Device
{
public:
	// Handles the exit that the CPU shows.
	void Answer(struct tst_kvm_vcpu *cpu, int reason)
	{
		kvm_run *run = cpu->run;
		unsigned char *data;
		size_t size;
		bool is_write;

		Log("cpu " + std::to_string(cpu->index) + " exit " + std::to_string(reason));
		switch (reason) {
		case KVM_EXIT_IO:
			data = reinterpret_cast<unsigned char *>(run) + run->io.data_offset;
			size = static_cast<size_t>(run->io.size) * run->io.count;
			is_write = run->io.direction == KVM_EXIT_IO_OUT;
			Log(" port " + std::to_string(run->io.port));
			break;
		case KVM_EXIT_MMIO:
			data = run->mmio.data;
			size = run->mmio.len;
			is_write = run->mmio.is_write;
			Log(" address " + std::to_string(run->mmio.phys_addr));
			break;
		case KVM_EXIT_X86_RDMSR:
		case KVM_EXIT_X86_WRMSR:
			data = reinterpret_cast<unsigned char *>(&run->msr.data);
			size = sizeof(run->msr.data);
			is_write = reason == KVM_EXIT_X86_WRMSR;
			// The first one raises #GP.
			run->msr.error = !is_write && !answers_;
			break;
		default:
			Log("\n");
			return;
		}
		for (size_t i = 0; i < size; i++) {
			if (!is_write)
				data[i] = Next();
			Log((is_write ? " <" : " >") + std::to_string(data[i]));
		}
		Log("\n");
	}

	const std::string &log() const
	{
		return log_;
	}

private:
	unsigned char Next()
	{
		return static_cast<unsigned char>(++answers_ * 0x9d + 7);
	}
	void Log(const std::string &text)
	{
		log_ += text;
	}

	unsigned int answers_ = 0;
	std::string log_;
};

// Runs CPU 0 to its next exit and answers it; false at its end.
inline bool Step(Machine *machine, Device *device)
{
	const int reason = tst_kvm_run_vcpu(machine->cpu());

	if (reason == TST_KVM_ENDED)
		return false;
	device->Answer(machine->cpu(), reason);
	return true;
}

} // namespace state_tests

#endif // RINGSIDE_HOST_TESTS_STATE_EXITS_TEST_H
