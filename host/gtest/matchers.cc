// SPDX-License-Identifier: MIT
#include <ios>
#include <sstream>

#include "host/gtest/include/ringside/kvm_gtest.h"
#include "host/ltp/vm.h"
#include "ringside/reporter.h"

namespace ringside
{
namespace
{

using ::testing::Matcher;
using ::testing::MatcherInterface;
using ::testing::MatchResultListener;

std::string Hex(uint64_t value)
{
	std::ostringstream out;

	out << "0x" << std::hex << value;
	return out.str();
}

/* An address that the page tables map to another, or to nothing. */
class TranslationMatcher : public MatcherInterface<const tst_kvm_instance *>
{
public:
	TranslationMatcher(uint64_t virt, bool mapped, uint64_t phys)
		: virt_(virt), mapped_(mapped), phys_(phys)
	{
	}

	bool MatchAndExplain(const tst_kvm_instance *inst,
			     MatchResultListener *listener) const override
	{
		uint64_t phys = 0;
		const bool mapped =
			tst_vm_translate(tst_vm_needed(inst, "a matcher"), virt_, &phys);

		if (mapped)
			*listener << "which maps it to " << Hex(phys);
		else
			*listener << "which does not map it";
		return mapped == mapped_ && (!mapped || phys == phys_);
	}

	void DescribeTo(std::ostream *os) const override
	{
		Describe(os, mapped_);
	}

	void DescribeNegationTo(std::ostream *os) const override
	{
		Describe(os, !mapped_);
	}

private:
	void Describe(std::ostream *os, bool maps) const
	{
		*os << (maps ? "maps" : "does not map") << " virtual address " << Hex(virt_);
		if (mapped_)
			*os << " to physical address " << Hex(phys_);
	}

	const uint64_t virt_;
	const bool mapped_;
	const uint64_t phys_;
};

/* What a memslot consists of; size 0 stands for a free one. */
class MemslotMatcher : public MatcherInterface<const tst_kvm_instance *>
{
public:
	MemslotMatcher(unsigned int slot, uint64_t base, uint64_t size)
		: slot_(slot), base_(base), size_(size)
	{
	}

	bool MatchAndExplain(const tst_kvm_instance *inst,
			     MatchResultListener *listener) const override
	{
		if (slot_ >= MAX_KVM_MEMSLOTS) {
			*listener << "whose slots are 0 to " << MAX_KVM_MEMSLOTS - 1;
			return false;
		}
		const kvm_userspace_memory_region &region = inst->ram[slot_];

		if (!region.userspace_addr) {
			*listener << "which has nothing in that slot";
			return !size_;
		}
		*listener << "which has " << Hex(region.memory_size) << " bytes at "
			  << Hex(region.guest_phys_addr) << " in that slot";
		return region.guest_phys_addr == base_ && region.memory_size == size_;
	}

	void DescribeTo(std::ostream *os) const override
	{
		if (size_)
			*os << "has in slot " << slot_ << ": " << Hex(size_) << " bytes at "
			    << Hex(base_);
		else
			*os << "has nothing in slot " << slot_;
	}

	void DescribeNegationTo(std::ostream *os) const override
	{
		if (size_)
			*os << "has not in slot " << slot_ << ": " << Hex(size_) << " bytes at "
			    << Hex(base_);
		else
			*os << "has something in slot " << slot_;
	}

private:
	const unsigned int slot_;
	const uint64_t base_, size_;
};

/* The memslot that an address is in; -1 for none. */
class SlotOfMatcher : public MatcherInterface<const tst_kvm_instance *>
{
public:
	using Find = int (*)(const tst_kvm_instance *, uint64_t);

	SlotOfMatcher(Find find, const char *kind, uint64_t addr, int slot)
		: find_(find), kind_(kind), addr_(addr), slot_(slot)
	{
	}

	bool MatchAndExplain(const tst_kvm_instance *inst,
			     MatchResultListener *listener) const override
	{
		const int slot = find_(inst, addr_);

		if (slot < 0)
			*listener << "which has it in no slot";
		else
			*listener << "which has it in slot " << slot;
		return slot == slot_;
	}

	void DescribeTo(std::ostream *os) const override
	{
		*os << "has " << kind_ << " address " << Hex(addr_) << " in ";
		if (slot_ < 0)
			*os << "no slot";
		else
			*os << "slot " << slot_;
	}

	void DescribeNegationTo(std::ostream *os) const override
	{
		*os << (slot_ < 0 ? "has " : "does not have ") << kind_ << " address " << Hex(addr_)
		    << " in ";
		if (slot_ < 0)
			*os << "a slot";
		else
			*os << "slot " << slot_;
	}

private:
	const Find find_;
	const char *const kind_;
	const uint64_t addr_;
	const int slot_;
};

const char *NameOf(int type)
{
	const char *name = tst_result_name(type);

	return name ? name : "(no result type)";
}

class ResultMatcher : public MatcherInterface<const Result &>
{
public:
	ResultMatcher(int type, const Matcher<const std::string &> &text) : type_(type), text_(text)
	{
	}

	bool MatchAndExplain(const Result &result, MatchResultListener *listener) const override
	{
		return result.type == type_ && text_.MatchAndExplain(result.text, listener);
	}

	void DescribeTo(std::ostream *os) const override
	{
		*os << "has type " << NameOf(type_) << " and text that ";
		text_.DescribeTo(os);
	}

	void DescribeNegationTo(std::ostream *os) const override
	{
		*os << "has another type than " << NameOf(type_) << " or text that ";
		text_.DescribeNegationTo(os);
	}

private:
	const int type_;
	const Matcher<const std::string &> text_;
};

} /* namespace */

VmMatcher TranslatesTo(uint64_t virt, uint64_t phys)
{
	return ::testing::MakeMatcher(new TranslationMatcher(virt, true, phys));
}

VmMatcher IsNotMapped(uint64_t virt)
{
	return ::testing::MakeMatcher(new TranslationMatcher(virt, false, 0));
}

VmMatcher HasMemslot(unsigned int slot, uint64_t base, uint64_t size)
{
	return ::testing::MakeMatcher(new MemslotMatcher(slot, base, size));
}

VmMatcher HasFreeSlot(unsigned int slot)
{
	return ::testing::MakeMatcher(new MemslotMatcher(slot, 0, 0));
}

VmMatcher HasPhysInSlot(uint64_t phys, unsigned int slot)
{
	return ::testing::MakeMatcher(
		new SlotOfMatcher(tst_kvm_find_phys_memslot, "physical", phys, slot));
}

VmMatcher HasVirtInSlot(uint64_t virt, unsigned int slot)
{
	return ::testing::MakeMatcher(
		new SlotOfMatcher(tst_kvm_find_memslot, "virtual", virt, slot));
}

VmMatcher HasPhysInNoSlot(uint64_t phys)
{
	return ::testing::MakeMatcher(
		new SlotOfMatcher(tst_kvm_find_phys_memslot, "physical", phys, -1));
}

Matcher<const Result &> ResultIs(int type, const Matcher<const std::string &> &text)
{
	return ::testing::MakeMatcher(new ResultMatcher(type, text));
}

void PrintTo(const Result &result, std::ostream *os)
{
	if (!result.file.empty())
		*os << result.file << ":";
	if (!result.file.empty() && result.line > 0)
		*os << result.line << ":";
	*os << (result.file.empty() ? "" : " ");
	*os << NameOf(result.type) << ": " << result.text;
}

} /* namespace ringside */

void PrintTo(const tst_kvm_instance *inst, std::ostream *os)
{
	const char *separator = " with ";

	if (!inst) {
		*os << "NULL";
		return;
	}
	*os << (tst_vm_of(inst) ? "a VM" : "no VM");
	for (unsigned int slot = 0; slot < MAX_KVM_MEMSLOTS; slot++) {
		const kvm_userspace_memory_region &region = inst->ram[slot];

		if (!tst_vm_of(inst) || !region.userspace_addr)
			continue;
		*os << separator << "slot " << slot << ": " << ringside::Hex(region.memory_size)
		    << " bytes at " << ringside::Hex(region.guest_phys_addr);
		separator = ", ";
	}
}

void PrintTo(tst_kvm_instance *inst, std::ostream *os)
{
	PrintTo(static_cast<const tst_kvm_instance *>(inst), os);
}
