/* SPDX-License-Identifier: MIT */
/* A machine that runs its payload on one input after another. */
#ifndef RINGSIDE_HOST_FUZZ_EXECUTOR_H
#define RINGSIDE_HOST_FUZZ_EXECUTOR_H

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/fuzz/kvm_counters.h"
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

	/* Finds out what any input has KVM do, by an empty one, and by chance: timers. */
	void LearnUsual();

	/* Runs the payload on an input, from the snapshot; returns what was reported. */
	std::vector<Result> Run(const uint8_t *input, size_t size);

	/*
	 * The same. What the input has reached goes to @reached, which holds zeros: a byte
	 * for each of the payload's edges, then one for each of KVM's counters.
	 */
	std::vector<Result> RunCounted(const uint8_t *input, size_t size, uint8_t *reached);

	/* How many edges the payload has. */
	size_t edge_count() const
	{
		return edge_count_;
	}

	/* What KVM counts; nothing on most machines. */
	const KvmCounters &kvm() const
	{
		return kvm_;
	}

private:
	using Clock = std::chrono::steady_clock;

	void FindEdges();
	void Destroy();
	void GoBack();
	void ArmWatchdog();
	bool BecameTainted();

	tst_kvm_instance vm_ = {};
	bool made_ = false;
	bool at_snapshot_ = false;
	uint8_t *edges_ = nullptr; /* counters in guest memory, one for each */
	size_t edge_count_ = 0;
	KvmCounters kvm_;
	Clock::time_point armed_;
	int taint_file_ = -1;
	unsigned long taint_ = 0;
};

} /* namespace ringside::fuzz */

#endif /* RINGSIDE_HOST_FUZZ_EXECUTOR_H */
