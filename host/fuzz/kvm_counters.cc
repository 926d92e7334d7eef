// SPDX-License-Identifier: MIT
#include "host/fuzz/kvm_counters.h"

#include <cerrno>
#include <climits>
#include <cstring>

#include "host/ltp/modules.h"
#include "tst_test.h"

namespace ringside::fuzz
{
namespace
{

constexpr const char *kModules[] = {"kvm", "kvm_amd", "kvm_intel"};

} /* namespace */

KvmCounters::KvmCounters()
{
	std::string names;

	for (const char *module : kModules) {
		if (counters_present(module, COUNTERS_OF_EDGES) && description_.empty())
			Add(module);
	}
	if (!description_.empty()) {
		count_ = 0;
		return;
	}
	for (std::vector<uint8_t> *values : {&before_, &after_, &is_usual_})
		values->resize((count_ + sizeof(uint64_t) - 1) / sizeof(uint64_t) *
			       sizeof(uint64_t));
	for (const Module &module : modules_)
		names += (names.empty() ? "" : ", ") + module.name;
	if (count())
		description_ = "KVM's coverage guides the inputs, too: " + std::to_string(count()) +
			       " counters of " + names;
}

KvmCounters::~KvmCounters()
{
	for (Module &module : modules_)
		counters_close(&module.section);
}

void KvmCounters::Add(const char *module)
{
	const std::string prefix = "KVM's coverage does not guide the inputs: ";
	Module added = {module, {}};
	char path[PATH_MAX];

	if (!tst_module_file(module, path, sizeof(path))) {
		description_ = prefix + "the file of module " + module + " is not in " +
			       tst_module_lists() + ". Fix: put it there, and run depmod";
		return;
	}
	if (const char *problem = counters_open(&added.section, module, COUNTERS_OF_EDGES, path)) {
		description_ = prefix + problem + ". Fix: as root, with the file that was loaded";
		return;
	}
	count_ += added.section.size;
	modules_.push_back(added);
}

void KvmCounters::Read(std::vector<uint8_t> *values) const
{
	uint8_t *to = values->data();

	for (const Module &module : modules_) {
		if (!counters_read(&module.section, to))
			tst_brk(TBROK | TERRNO,
				"cannot read the counters of module %s any more. Fix: a fuzz test "
				"leaves KVM's modules loaded",
				module.name.c_str());
		to += module.section.size;
	}
}

void KvmCounters::Begin()
{
	if (count())
		Read(&before_);
}

template <typename Function> void KvmCounters::ForEachChanged(Function function)
{
	if (!count())
		return;
	Read(&after_);
	for (size_t at = 0; at < after_.size(); at += sizeof(uint64_t)) {
		uint64_t before, after;

		/* Most of KVM has not run: eight at a time. */
		memcpy(&before, &before_[at], sizeof(before));
		memcpy(&after, &after_[at], sizeof(after));
		for (size_t i = at; before != after; i++, before >>= 8, after >>= 8) {
			if ((before ^ after) & 0xff)
				function(i);
		}
	}
}

void KvmCounters::End(uint8_t *reached)
{
	ForEachChanged([&](size_t i) { reached[i] = !is_usual_[i]; });
}

void KvmCounters::EndUsual()
{
	ForEachChanged([&](size_t i) {
		usual_count_ += !is_usual_[i];
		is_usual_[i] = 1;
	});
}

} /* namespace ringside::fuzz */
