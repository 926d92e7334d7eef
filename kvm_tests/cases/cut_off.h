/* SPDX-License-Identifier: MIT */
/* Memory for an ioctl that has too little of it. */
#ifndef RINGSIDE_KVM_TESTS_CUT_OFF_H
#define RINGSIDE_KVM_TESTS_CUT_OFF_H

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "ringside/kvm_gtest.h"

namespace kvm_tests
{

/*
 * Some bytes, behind which there is no memory: an ioctl that wants more of them fails with
 * EFAULT, as ioctl(2) says.
 */
class CutOff
{
public:
	CutOff(const void *data, size_t size)
	{
		const size_t page = sysconf(_SC_PAGESIZE);
		constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS;

		whole_ = (size + page - 1) / page * page + page;
		pages_ = static_cast<char *>(
			SAFE_MMAP(nullptr, whole_, PROT_READ | PROT_WRITE, kFlags, -1, 0));
		SAFE_MMAP(pages_ + whole_ - page, page, PROT_NONE, kFlags | MAP_FIXED, -1, 0);
		data_ = pages_ + whole_ - page - size;
		memcpy(data_, data, size);
	}

	~CutOff()
	{
		munmap(pages_, whole_);
	}

	CutOff(const CutOff &) = delete;
	CutOff &operator=(const CutOff &) = delete;

	void *data() const
	{
		return data_;
	}

private:
	size_t whole_;
	char *pages_, *data_;
};

} /* namespace kvm_tests */

#endif /* RINGSIDE_KVM_TESTS_CUT_OFF_H */
