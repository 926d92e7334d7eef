/* SPDX-License-Identifier: MIT */
/*
 * KVM's own coverage: the counters of modules that Clang has instrumented, read from the
 * kernel's memory before and after an input.
 */
#ifndef RINGSIDE_HOST_FUZZ_KVM_COUNTERS_H
#define RINGSIDE_HOST_FUZZ_KVM_COUNTERS_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "machines/counters/counters.h"

namespace ringside::fuzz
{

class KvmCounters
{
public:
	/* Finds those of the modules that are loaded. That none counts is no mistake. */
	KvmCounters();
	~KvmCounters();
	KvmCounters(const KvmCounters &) = delete;
	KvmCounters &operator=(const KvmCounters &) = delete;

	/* How many there are. */
	size_t count() const
	{
		return count_;
	}

	/* A line for the user: what counts, or why nothing can be read; empty if nothing counts. */
	const std::string &description() const
	{
		return description_;
	}

	/* How many of them count for any input. */
	size_t usual() const
	{
		return usual_count_;
	}

	/* From here on, */
	void Begin();

	/*
	 * up to here: sets the byte of each counter that has counted, in @reached, which
	 * holds zeros. Those that are usual say nothing of the input, and cost a fuzzer
	 * time: it does not get them. Breaks the test on errors.
	 */
	void End(uint8_t *reached);

	/* As End(), of what any input may have KVM do: all that counts is usual. */
	void EndUsual();

private:
	struct Module {
		std::string name;
		counters section;
	};

	void Add(const char *module);
	void Read(std::vector<uint8_t> *values) const;
	template <typename Function> void ForEachChanged(Function function);

	std::vector<Module> modules_;
	size_t count_ = 0;
	std::vector<uint8_t> before_, after_, is_usual_; /* up to a multiple of eight */
	size_t usual_count_ = 0;
	std::string description_;
};

} /* namespace ringside::fuzz */

#endif /* RINGSIDE_HOST_FUZZ_KVM_COUNTERS_H */
