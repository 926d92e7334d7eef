/* SPDX-License-Identifier: MIT */
/* A virtual machine's statistics: KVM API, KVM_GET_STATS_FD. */
#ifndef RINGSIDE_KVM_TESTS_STATISTICS_H
#define RINGSIDE_KVM_TESTS_STATISTICS_H

#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "ringside/kvm_gtest.h"

namespace kvm_tests
{

/* The first value of the statistic with that name, which must be there. */
inline uint64_t Statistic(const tst_kvm_instance *vm, const std::string &name)
{
	const int fd = SAFE_IOCTL(vm->vm_fd, KVM_GET_STATS_FD, 0);
	kvm_stats_header header = {};
	uint64_t value = 0;
	bool found = false;

	EXPECT_EQ(pread(fd, &header, sizeof(header), 0), ssize_t{sizeof(header)});
	/* The name is behind it, and in C++ the kernel's header has that a byte too late. */
	const size_t head = offsetof(kvm_stats_desc, bucket_size) + sizeof(uint32_t);
	const size_t size = head + header.name_size;
	std::vector<char> buffer(size);
	for (uint32_t i = 0; i < header.num_desc && !found; i++) {
		kvm_stats_desc desc;

		EXPECT_EQ(pread(fd, buffer.data(), size, header.desc_offset + i * size),
			  static_cast<ssize_t>(size));
		memcpy(&desc, buffer.data(), head);
		found = name == buffer.data() + head;
		if (found)
			EXPECT_EQ(
				pread(fd, &value, sizeof(value), header.data_offset + desc.offset),
				ssize_t{sizeof(value)});
	}
	close(fd);
	EXPECT_TRUE(found) << "KVM has no statistic " << name;
	return value;
}

} /* namespace kvm_tests */

#endif /* RINGSIDE_KVM_TESTS_STATISTICS_H */
