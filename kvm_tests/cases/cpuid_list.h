/* SPDX-License-Identifier: MIT */
/* What a virtual CPU tells by CPUID, as a list to change: KVM API, KVM_SET_CPUID2. */
#ifndef RINGSIDE_KVM_TESTS_CPUID_LIST_H
#define RINGSIDE_KVM_TESTS_CPUID_LIST_H

#include <sys/ioctl.h>

#include <vector>

#include "kvm_test.h"
#include "tst_safe_macros.h"

namespace kvm_tests
{

class CpuidList
{
public:
	CpuidList() : list_(sizeof(kvm_cpuid2) + kMaxEntries * sizeof(kvm_cpuid_entry2))
	{
	}

	/* Older kernels don't say how many entries they have given: the marks are behind them. */
	void Get(int vcpu_fd)
	{
		uint32_t given = 0;

		for (size_t i = 0; i < kMaxEntries; i++)
			list()->entries[i].function = kNoFunction;
		list()->nent = kMaxEntries;
		SAFE_IOCTL(vcpu_fd, KVM_GET_CPUID2, list());
		while (given < kMaxEntries && list()->entries[given].function != kNoFunction)
			given++;
		list()->nent = given;
	}

	void Set(int vcpu_fd)
	{
		SAFE_IOCTL(vcpu_fd, KVM_SET_CPUID2, list());
	}

	uint32_t Count()
	{
		return list()->nent;
	}

	kvm_cpuid_entry2 *Find(uint32_t function)
	{
		for (uint32_t i = 0; i < list()->nent; i++)
			if (list()->entries[i].function == function)
				return &list()->entries[i];
		return nullptr;
	}

	/* One of a function's several; made if it is not there. */
	kvm_cpuid_entry2 *FindOrAdd(uint32_t function, uint32_t index)
	{
		for (uint32_t i = 0; i < list()->nent; i++)
			if (list()->entries[i].function == function &&
			    list()->entries[i].index == index)
				return &list()->entries[i];
		return Add(function, index, index ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0);
	}

	/* There has to be room: KVM gives some forty entries. */
	kvm_cpuid_entry2 *Add(uint32_t function, uint32_t index = 0, uint32_t flags = 0)
	{
		kvm_cpuid_entry2 *entry = &list()->entries[list()->nent++];

		*entry = {};
		entry->function = function;
		entry->index = index;
		entry->flags = flags;
		return entry;
	}

private:
	static constexpr size_t kMaxEntries = 256;
	static constexpr uint32_t kNoFunction = 0xffffffff;

	kvm_cpuid2 *list()
	{
		return reinterpret_cast<kvm_cpuid2 *>(list_.data());
	}

	std::vector<unsigned char> list_;
};

} /* namespace kvm_tests */

#endif /* RINGSIDE_KVM_TESTS_CPUID_LIST_H */
