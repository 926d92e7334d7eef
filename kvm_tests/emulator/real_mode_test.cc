// SPDX-License-Identifier: MIT
// Instructions in real mode: done by the CPU, and then, behind KVM's prefix for it, by the
// emulator. Registers, segments, flags and memory have to be the same, and interrupts and
// exceptions to go where the interrupt table says (SDM Vol. 3, "8086 Emulation").
//
// The payload does not run: registers and code are put in place from here.
#include <sys/ioctl.h>

#include <cstring>
#include <string>
#include <vector>

#include "case_test.h"
#include "kvm_x86_bits.h"

// A row: a name, what the CPU does before, the instruction, what the CPU does behind it, and
// flags that are undefined then (APM Vol. 3, "General-Purpose Instruction Reference"). Five
// NOPs stand where the prefix can stand.
#define CODE(name, before, instruction, after, undefined)                                 \
	asm(".pushsection .rodata\n\t.code16\n" #name "_code:\n\t" before "\n" #name      \
	    "_prefix:\n\t.fill 5, 1, 0x90\n\t" instruction "\n\t" after "\n\thlt\n" #name \
	    "_end:\n\t.code64\n.popsection");                                             \
	extern "C" const uint8_t name##_code[], name##_prefix[], name##_end[];
#define ROW(name, before, instruction, after, undefined) \
	{#name, name##_code, name##_prefix, name##_end, undefined},

#define STATUS RFLAGS_STATUS
#define OF RFLAGS_OF

// SI and DI are offsets in DS and ES, BX is that of SI less 8. A label's address is one in CS.
#define TRANSFERS(R)                                                                               \
	R(interrupt, "", "int $0x21", "", 0)                                                       \
	R(interrupt_3, "", "int3", "", 0)                                                          \
	R(interrupt_return, "pushw $0x3ed7; push %cs; pushw $3f - interrupt_return_code", "iretw", \
	  "inc %bx\n3:", 0)                                                                        \
	R(interrupt_return_long,                                                                   \
	  "pushl $0x243ed7; pushl $0x2000; pushl $3f - interrupt_return_long_code", "iretl",       \
	  "inc %bx\n3:", 0)                                                                        \
	R(jump_near, "", "jmp 3f", "inc %bx\n3:", 0)                                               \
	R(jump_register, "mov $3f - jump_register_code, %ax", "jmp *%ax", "inc %bx\n3:", 0)        \
	R(jump_far, "", "ljmp $0x2001, $3f - jump_far_code - 16", "inc %bx\n3:", 0)                \
	R(jump_far_memory, "movw $3f - jump_far_memory_code - 32, (%si); movw $0x2002, 2(%si)",    \
	  "ljmp *(%si)", "inc %bx\n3:", 0)                                                         \
	R(call_near, "", "call 3f", "inc %bx\n3:", 0)                                              \
	R(call_far_memory, "movw $3f - call_far_memory_code - 32, (%si); movw $0x2002, 2(%si)",    \
	  "lcall *(%si)", "inc %bx\n3:", 0)                                                        \
	R(return_near, "pushw $3f - return_near_code", "ret", "inc %bx\n3:", 0)                    \
	R(return_and_pop, "pushw $3f - return_and_pop_code", "ret $6", "inc %bx\n3:", 0)           \
	R(return_far, "pushw $0x2001; pushw $3f - return_far_code - 16", "lretw",                  \
	  "inc %bx\n3:", 0)                                                                        \
	R(return_far_and_pop, "pushw $0x2001; pushw $3f - return_far_and_pop_code - 16",           \
	  "lretw $4", "inc %bx\n3:", 0)                                                            \
	R(loop_short, "mov $0x10001, %ecx", "loop 3f", "inc %bx\n3:", 0)                           \
	R(loop_long, "mov $0x10001, %ecx", ".byte 0x67; loop 3f", "inc %bx\n3:", 0)                \
	R(jump_no_count, "mov $0x10000, %ecx", "jcxz 3f", "inc %bx\n3:", 0)                        \
	R(jump_no_long_count, "mov $0x10000, %ecx", "jecxz 3f", "inc %bx\n3:", 0)                  \
	R(jump_not_below, "", "jnb 3f", "inc %bx\n3:", 0)                                          \
	R(jump_beyond_limit, "mov $0x10000, %eax", "jmpl *%eax", "", 0)

#define STACK(R)                                             \
	R(push_register, "", "push %dx", "", 0)              \
	R(push_long, "", "pushl %edx", "", 0)                \
	R(push_small, "", "pushw $-5", "", 0)                \
	R(push_memory, "", "pushw 8(%si)", "", 0)            \
	R(push_flags, "", "pushfw", "", 0)                   \
	R(push_long_flags, "", "pushfl", "", 0)              \
	R(push_all, "", "pushaw", "", 0)                     \
	R(push_all_long, "", "pushal", "", 0)                \
	R(push_cs, "", "push %cs", "", 0)                    \
	R(push_ss, "", "push %ss", "", 0)                    \
	R(push_gs, "", "push %gs", "", 0)                    \
	R(push_wraps, "xor %sp, %sp", "push %dx", "", 0)     \
	R(pop_register, "", "pop %dx", "", 0)                \
	R(pop_memory, "", "popw 8(%si)", "", 0)              \
	R(pop_flags, "pushw $0x3ed7", "popfw", "", 0)        \
	R(pop_long_flags, "pushl $0x243ed7", "popfl", "", 0) \
	R(pop_all, "", "popaw", "", 0)                       \
	R(pop_ds, "", "pop %ds", "", 0)                      \
	R(pop_es, "", "pop %es", "", 0)                      \
	R(pop_fs, "", "pop %fs", "", 0)                      \
	R(enter_frame, "", "enter $16, $0", "", 0)           \
	R(leave_frame, "mov %sp, %bp", "leave", "", 0)

#define SEGMENTS(R)                                            \
	R(load_ds, "", "mov %ax, %ds", "", 0)                  \
	R(load_es, "", "mov %dx, %es", "", 0)                  \
	R(load_ss, "", "mov %ax, %ss", "", 0)                  \
	R(load_gs_memory, "", "mov 2(%si), %gs", "", 0)        \
	R(load_fs_null, "xor %ax, %ax", "mov %ax, %fs", "", 0) \
	R(store_cs, "", "mov %cs, %dx", "", 0)                 \
	R(store_es, "", "mov %es, 4(%si)", "", 0)              \
	R(lds, "", "lds (%si), %dx", "", 0)                    \
	R(les, "", "les (%si), %dx", "", 0)                    \
	R(lss, "", "lss (%si), %dx", "", 0)                    \
	R(lfs_long, "", "lfsl (%si), %edx", "", 0)             \
	R(load_task, "", "ltr %ax", "", 0)                     \
	R(load_local, "", "lldt %ax", "", 0)                   \
	R(store_task, "", "str %ax", "", 0)

#define ADDRESSES(R)                                                            \
	R(bx_si, "mov $16, %si; mov $24, %bx", "mov (%bx,%si), %ax", "", 0)     \
	R(bx_di, "mov $16, %di; mov $24, %bx", "mov %ax, 3(%bx,%di)", "", 0)    \
	R(bp_si, "mov $16, %si; mov $24, %bp", "mov 0x80(%bp,%si), %ax", "", 0) \
	R(bp_di, "mov $16, %di; mov $24, %bp", "mov %ax, (%bp,%di)", "", 0)     \
	R(si_alone, "", "mov 1(%si), %ax", "", 0)                               \
	R(di_alone, "", "mov %es:(%di), %ax", "", 0)                            \
	R(bp_alone, "mov $24, %bp", "mov 2(%bp), %ax", "", 0)                   \
	R(bx_alone, "", "mov %cs:(%bx), %ax", "", 0)                            \
	R(offset_alone, "", "mov 0x1234, %dx", "", 0)                           \
	R(direct_to, "", "movw %ax, 0x40", "", 0)                               \
	R(direct_from, "", "movb 0x41, %al", "", 0)                             \
	R(offset_wraps, "mov $0xfff0, %bx", "mov 0x20(%bx), %ax", "", 0)        \
	R(across_limit, "mov $0xffff, %bx", "mov (%bx), %ax", "", 0)            \
	R(write_across_limit, "mov $0xffff, %bx", "mov %ax, (%bx)", "", 0)      \
	R(stack_across_limit, "mov $0xffff, %bp", "mov (%bp), %ax", "", 0)      \
	R(long_offset, "movzx %si, %ecx", "mov 4(%ecx), %eax", "", 0)           \
	R(long_offset_beyond, "mov $0x10010, %ecx", "mov (%ecx), %ax", "", 0)   \
	R(load_address, "", "lea 5(%bx,%si), %dx", "", 0)

#define OTHERS(R)                                                                 \
	R(add, "", "add %ax, (%si)", "", 0)                                       \
	R(add_long, "", "adcl %eax, (%si)", "", 0)                                \
	R(subtract_byte, "", "sbb (%si), %dl", "", 0)                             \
	R(divide, "mov $7, %cx; xor %dx, %dx", "div %cx", "", STATUS)             \
	R(divide_by_zero, "xor %cx, %cx", "div %cx", "", STATUS)                  \
	R(move_string, "mov $5, %ecx", "rep movsb", "", 0)                        \
	R(move_string_down, "mov $5, %ecx; std", "rep movsw", "", 0)              \
	R(move_string_short_count, "mov $0x10005, %ecx", "rep movsb", "", 0)      \
	R(scan_string, "mov $9, %ecx; mov %es:3(%di), %al", "repne scasb", "", 0) \
	R(string_wraps, "mov $4, %ecx; mov $0xfffe, %di", "rep stosb", "", 0)     \
	R(translate, "and $0x1f, %al", "xlat", "", 0)                             \
	R(subtract_adjust, "", "das", "", OF)                                     \
	R(load_flags, "", "sahf", "", 0)                                          \
	R(clear_interrupt, "", "cli", "", 0)                                      \
	R(set_interrupt, "", "sti", "", 0)                                        \
	R(store_status, "", "smsw %dx", "", 0)                                    \
	R(read_cr0, "", "mov %cr0, %edx", "", 0)                                  \
	R(store_idt, "", "sidt (%si)", "", 0)                                     \
	R(load_idt, "movl $0x03ff, (%si); movw $0, 4(%si)", "lidt (%si)", "", 0)  \
	R(locked_move, "", ".byte 0xf0, 0x89, 0x04", "", 0)

#define TABLES(R) TRANSFERS(R) STACK(R) SEGMENTS(R) ADDRESSES(R) OTHERS(R)

TABLES(CODE)

namespace
{

struct Row {
	const char *name;
	const uint8_t *code, *prefix, *end;
	uint64_t undefined;
};

struct Group {
	const char *name;
	std::vector<Row> rows;
};

[[maybe_unused]] void PrintTo(const Group &group, std::ostream *os)
{
	*os << group.name;
}

// Behind the interrupt table: its handlers, and a segment of each kind.
constexpr uint64_t kHandlers = 0x500, kCode = 0x20000, kStack = 0x30000, kData = 0x40000,
		   kExtra = 0x50000;
constexpr uint64_t kStackPointer = 0x8000;
constexpr uint8_t kHlt = 0xf4;
constexpr uint8_t kPrefix[] = {0x0f, 0x0b, 'k', 'v', 'm'};

// What is filled before an instruction, and compared behind it: around where registers point,
// at both ends of a segment, and where an address of the table is.
constexpr struct {
	uint64_t base, size;
} kAreas[] = {
	{kStack, 64},		{kStack + kStackPointer - 128, 256},
	{kStack + 0xffc0, 128}, {kData, 0x300},
	{kData + 0x1230, 16},	{kData + 0xffc0, 128},
	{kExtra, 0x300},	{kExtra + 0xffc0, 128},
};
constexpr uint64_t kAreaMax = 0x300;

struct State {
	kvm_regs regs;
	kvm_sregs sregs;
	uint8_t memory[ARRAY_SIZE(kAreas)][kAreaMax];
};

class RealMode : public kvm_tests::CaseTest, public testing::WithParamInterface<Group>
{
protected:
	void Fill(const Row &row, bool is_forced)
	{
		uint8_t *memory = Memory();

		for (const auto &area : kAreas)
			memcpy(memory + area.base, pattern_, area.size);
		memcpy(memory + kCode, row.code, size_t(row.end - row.code));
		if (is_forced)
			memcpy(memory + kCode + (row.prefix - row.code), kPrefix, sizeof(kPrefix));
	}

	void SetRegisters(uint64_t ax, uint64_t flags)
	{
		kvm_sregs sregs = reset_;
		kvm_regs regs = {};

		SetSegment(&sregs.cs, kCode);
		SetSegment(&sregs.ss, kStack);
		SetSegment(&sregs.ds, kData);
		SetSegment(&sregs.es, kExtra);
		sregs.idt.base = 0;
		sregs.idt.limit = 0x3ff;
		regs.rax = ax;
		regs.rdx = ~ax & 0xffffffff;
		regs.rcx = 0xc1c2c3c4;
		regs.rbp = 0xb5b6b7b8;
		regs.rsi = 0x100;
		regs.rbx = regs.rsi - 8;
		regs.rdi = 0x180;
		regs.rsp = kStackPointer;
		regs.rflags = RFLAGS_FIXED | flags;
		SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_SREGS, &sregs);
		SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_REGS, &regs);
	}

	void RunRow(const Row &row, bool is_forced, uint64_t ax, uint64_t flags, State *state)
	{
		Fill(row, is_forced);
		SetRegisters(ax, flags);
		RunTo(KVM_EXIT_HLT);
		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_REGS, &state->regs);
		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_SREGS, &state->sregs);
		for (size_t i = 0; i < ARRAY_SIZE(kAreas); i++)
			memcpy(state->memory[i], Memory() + kAreas[i].base, kAreas[i].size);
	}

	static void Compare(const Row &row, const State &native, const State &forced)
	{
#define SAME(field) EXPECT_EQ(forced.field, native.field)
		SAME(regs.rax);
		SAME(regs.rbx);
		SAME(regs.rcx);
		SAME(regs.rdx);
		SAME(regs.rsi);
		SAME(regs.rdi);
		SAME(regs.rbp);
		SAME(regs.rsp);
		SAME(regs.rip) << "in the handlers of vectors 0 to 255, from " << kHandlers
			       << " on";
		EXPECT_EQ((forced.regs.rflags ^ native.regs.rflags) & ~row.undefined, 0u)
			<< std::hex << forced.regs.rflags << " and " << native.regs.rflags;
#define SAME_SEGMENT(segment)         \
	SAME(sregs.segment.selector); \
	SAME(sregs.segment.base);     \
	SAME(sregs.segment.limit)
		SAME_SEGMENT(cs);
		SAME_SEGMENT(ds);
		SAME_SEGMENT(es);
		SAME_SEGMENT(fs);
		SAME_SEGMENT(gs);
		SAME_SEGMENT(ss);
		SAME(sregs.cr0);
		SAME(sregs.idt.limit);
		for (size_t i = 0; i < ARRAY_SIZE(kAreas); i++)
			EXPECT_EQ(memcmp(forced.memory[i], native.memory[i], kAreas[i].size), 0)
				<< "memory from " << std::hex << kAreas[i].base
				<< " on: " << testing::PrintToString(forced.memory[i]) << " and "
				<< testing::PrintToString(native.memory[i]);
	}

	void SetUp() override
	{
		CaseTest::SetUp();
		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_SREGS, &reset_);
		for (uint64_t i = 0; i < kAreaMax; i++)
			pattern_[i] = uint8_t(i * 7 + (i >> 8));
		for (uint32_t vector = 0; vector < 256; vector++) {
			const uint16_t entry[] = {uint16_t(kHandlers + vector), 0};

			memcpy(Memory() + vector * sizeof(entry), entry, sizeof(entry));
		}
		memset(Memory() + kHandlers, kHlt, 256);
	}

private:
	uint8_t *Memory()
	{
		return static_cast<uint8_t *>(tst_kvm_get_memptr(vm(), 0));
	}

	static void SetSegment(kvm_segment *segment, uint64_t base)
	{
		segment->base = base;
		segment->selector = uint16_t(base >> 4);
	}

	kvm_sregs reset_ = {};
	uint8_t pattern_[kAreaMax] = {};
};

TEST_P(RealMode, IsEmulatedAsTheCpuDoesIt)
{
	constexpr uint64_t kValues[][2] = {{0x12343000, 0}, {0x80004321, STATUS | RFLAGS_IF}};

	for (const Row &row : GetParam().rows)
		for (const auto &[ax, flags] : kValues) {
			SCOPED_TRACE(std::string(row.name) + " with ax " + std::to_string(ax) +
				     ": KVM's emulator, and then the CPU");
			State native, forced;

			RunRow(row, false, ax, flags, &native);
			RunRow(row, true, ax, flags, &forced);
			if (HasFatalFailure())
				return;
			Compare(row, native, forced);
		}
}

const Group kGroups[] = {
	{"transfers", {TRANSFERS(ROW)}}, {"stack", {STACK(ROW)}},   {"segments", {SEGMENTS(ROW)}},
	{"addresses", {ADDRESSES(ROW)}}, {"others", {OTHERS(ROW)}},
};

INSTANTIATE_TEST_SUITE_P(Groups, RealMode, testing::ValuesIn(kGroups), kvm_tests::NameOf<Group>);

} // namespace
