/* SPDX-License-Identifier: MIT */
/* A machine that runs its payload on one input after another. */
#ifndef RINGSIDE_HOST_FUZZ_EXECUTOR_H
#define RINGSIDE_HOST_FUZZ_EXECUTOR_H

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ringside/fuzz.h"
#include "ringside/kvm_gtest.h"

namespace ringside::fuzz
{

/* Told to end, by a signal or by the machine; the run that is going on leaves. */
extern std::atomic<bool> stop;

class Executor
{
public:
	Executor() = default;
	~Executor();
	Executor(const Executor &) = delete;
	Executor &operator=(const Executor &) = delete;

	/*
	 * Makes the machine, has it run to where the payload asks for its input, and
	 * takes a snapshot. Breaks the test if the payload never asks; false if it has
	 * ended with a result of its own.
	 */
	bool Start();

	/* Runs the payload on an input, from the snapshot; returns what was reported. */
	std::vector<Result> Run(const uint8_t *input, size_t size);

	/* The payload's counters in guest memory, one for each edge. */
	const uint8_t *counters() const
	{
		return counters_;
	}
	size_t counter_count() const
	{
		return counter_count_;
	}

private:
	using Clock = std::chrono::steady_clock;

	void FindCounters();
	void Destroy();
	void GoBack();
	void ArmWatchdog();
	bool BecameTainted();

	tst_kvm_instance vm_ = {};
	bool made_ = false;
	bool at_snapshot_ = false;
	uint8_t *counters_ = nullptr;
	size_t counter_count_ = 0;
	Clock::time_point armed_;
	int taint_file_ = -1;
	unsigned long taint_ = 0;
};

} /* namespace ringside::fuzz */

#endif /* RINGSIDE_HOST_FUZZ_EXECUTOR_H */
