// SPDX-License-Identifier: MIT
// The way from the reset vector to main(), counted instruction by instruction.
#include <elf.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>

#include <cstddef>
#include <cstring>
#include <string>

#include "kvm_test.h"

extern "C" const char kvm_payload_elf_start[];

namespace
{

constexpr int kMostInstructions = 1000;
constexpr ptrdiff_t kLargestImage = 32 * 1024;

// The address of a function, from the symbol table of the payload's ELF file.
template <typename Ehdr, typename Shdr, typename Sym> uint64_t FindSymbol(const char *name)
{
	const auto *header = reinterpret_cast<const Ehdr *>(kvm_payload_elf_start);
	const auto *sections =
		reinterpret_cast<const Shdr *>(kvm_payload_elf_start + header->e_shoff);

	for (int i = 0; i < header->e_shnum; i++) {
		if (sections[i].sh_type != SHT_SYMTAB)
			continue;
		const auto *symbols = reinterpret_cast<const Sym *>(kvm_payload_elf_start +
								    sections[i].sh_offset);
		const char *names = kvm_payload_elf_start + sections[sections[i].sh_link].sh_offset;
		for (size_t j = 0; j < sections[i].sh_size / sizeof(Sym); j++) {
			if (!strcmp(names + symbols[j].st_name, name))
				return symbols[j].st_value;
		}
	}
	return 0;
}

uint64_t AddressOfMain()
{
	if (kvm_payload_elf_start[EI_CLASS] == ELFCLASS64)
		return FindSymbol<Elf64_Ehdr, Elf64_Shdr, Elf64_Sym>("main");
	return FindSymbol<Elf32_Ehdr, Elf32_Shdr, Elf32_Sym>("main");
}

TEST(Boot, ImageIsSmall)
{
	RecordProperty("bytes", std::to_string(kvm_payload_end - kvm_payload_start));
	EXPECT_LE(kvm_payload_end - kvm_payload_start, kLargestImage);
}

TEST(Boot, TakesFewInstructions)
{
	tst_kvm_instance vm;
	kvm_guest_debug debug = {};
	kvm_regs regs = {};
	const uint64_t main_address = AddressOfMain();
	int count = 0;

	ASSERT_NE(main_address, 0u) << "the payload's ELF file has no symbol main";
	tst_kvm_create_instance(&vm, DEFAULT_RAM_SIZE);
	debug.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP;

	while (regs.rip != main_address && count <= kMostInstructions) {
		// For one step: an instruction that KVM emulates clears RFLAGS.TF.
		ASSERT_EQ(ioctl(vm.vcpu_fd, KVM_SET_GUEST_DEBUG, &debug), 0) << strerror(errno);
		ASSERT_EQ(ioctl(vm.vcpu_fd, KVM_RUN, 0), 0) << strerror(errno);
		ASSERT_EQ(vm.vcpu_info->exit_reason, static_cast<uint32_t>(KVM_EXIT_DEBUG))
			<< "after " << count << " instructions, at rip " << std::hex << regs.rip;
		ASSERT_EQ(ioctl(vm.vcpu_fd, KVM_GET_REGS, &regs), 0) << strerror(errno);
		count++;
	}
	tst_kvm_destroy_instance(&vm);

	RecordProperty("instructions", count);
	tst_res(TINFO, "%d instructions from reset to main", count);
	EXPECT_LE(count, kMostInstructions) << "main was not reached";
}

} // namespace
