/* SPDX-License-Identifier: MIT */
/* A guest that reads and writes memory of the host's, which the test maps itself. */
#ifndef RINGSIDE_KVM_TESTS_HOST_PAGES_FIXTURE_H
#define RINGSIDE_KVM_TESTS_HOST_PAGES_FIXTURE_H

#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "case_test.h"
#include "host_pages.h"

namespace kvm_tests
{

constexpr size_t kPage = 4096, kLargePage = 2 << 20;

class HostPages : public CaseTest
{
protected:
	static constexpr int kPrivate = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	static constexpr unsigned int kSlot = 10;

	/* Where the guest has the memory, unless a slot of it is elsewhere. */
	static constexpr uint32_t kAddress = 0x50000000;

	/* Memory of the host, at a boundary of large pages. */
	void Map(size_t size, int flags = kPrivate)
	{
		char *room;

		size_ = size;
		room_ = mmap(nullptr, size + kLargePage, PROT_NONE, kPrivate, -1, 0);
		ASSERT_NE(room_, MAP_FAILED) << strerror(errno);
		room = static_cast<char *>(room_);
		room += -reinterpret_cast<uintptr_t>(room) % kLargePage;
		memory_ = static_cast<char *>(
			mmap(room, size, PROT_READ | PROT_WRITE, flags | MAP_FIXED, -1, 0));
		ASSERT_NE(memory_, MAP_FAILED) << strerror(errno);
	}

	/* The guest gets it at @address, from its page @first on, without the last @without. */
	void Give(uint64_t address = kAddress, size_t first = 0, uint32_t flags = 0,
		  size_t without = 0)
	{
		kvm_userspace_memory_region region = {};

		region.slot = kSlot;
		region.flags = flags;
		region.guest_phys_addr = address;
		region.memory_size = size_ - (first + without) * kPage;
		region.userspace_addr = reinterpret_cast<uintptr_t>(memory_ + first * kPage);
		SAFE_IOCTL(vm()->vm_fd, KVM_SET_USER_MEMORY_REGION, &region);
	}

	/* To where the guest asks for accesses. */
	void Begin()
	{
		Choose("access_pages");
		RunTo(KVM_EXIT_HLT);
	}

	void TearDown() override
	{
		CaseTest::TearDown();
		if (room_)
			munmap(room_, size_ + kLargePage);
	}

	/* The first of a page of the host's memory. */
	volatile uint32_t *Word(size_t page)
	{
		return reinterpret_cast<volatile uint32_t *>(memory_ + page * kPage);
	}

	/* The next access of the guest's: to @page, counted from kAddress. */
	void Prepare(bool is_write, size_t page, uint32_t value)
	{
		volatile page_access *access = Shared<page_access>("page_access");

		access->is_write = is_write;
		access->is_call = 0;
		access->address = kAddress + page * kPage;
		access->value = value;
	}

	uint32_t Read(size_t page)
	{
		Prepare(false, page, 0);
		RunTo(KVM_EXIT_HLT);
		return Shared<page_access>("page_access")->value;
	}

	void Write(size_t page, uint32_t value)
	{
		Prepare(true, page, value);
		RunTo(KVM_EXIT_HLT);
	}

	/* A function in the page, which returns a number. */
	uint32_t Call(size_t page)
	{
		Prepare(false, page, 0);
		Shared<page_access>("page_access")->is_call = 1;
		RunTo(KVM_EXIT_HLT);
		return Shared<page_access>("page_access")->value;
	}

	char *memory_ = nullptr;
	size_t size_ = 0;

private:
	void *room_ = nullptr;
};

} /* namespace kvm_tests */

#endif /* RINGSIDE_KVM_TESTS_HOST_PAGES_FIXTURE_H */
