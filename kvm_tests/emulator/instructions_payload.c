// SPDX-License-Identifier: MIT
/* The instructions: a group of them is a case. */
#include "instructions.h"
#include "rows.h"

/* The code segment of the payload. */
#define CODE_SELECTOR (ONLY64(0x18) ONLY32(0x08))

#define MOVES(I)                                                                 \
	I(mov_to_memory, "", "mov " AX ", (" SI ")", "", 0)                      \
	I(mov_from_memory, "", "mov 4(" SI "), " DX, "", 0)                      \
	I(mov_byte_high, "", "mov %ah, %dl", "", 0)                              \
	I(mov_high_byte, "", "movb 3(" SI "), %ch", "", 0)                       \
	I(mov_immediate_byte, "", "movb $0x81, (" SI ")", "", 0)                 \
	I(mov_immediate_word, "", "movw $0x8182, (" SI ")", "", 0)               \
	I(mov_immediate, "", "movl $0x81828384, (" SI ")", "", 0)                \
	I(mov_register_immediate, "", "mov $0x81828384, %edx", "", 0)            \
	I(mov_register_byte, "", "mov $0x81, %dh", "", 0)                        \
	I(mov_direct_to, "", DIRECT " %eax, memory + 8", "", 0)                  \
	I(mov_direct_from, "", DIRECT " memory + 9, %eax", "", 0)                \
	I(mov_direct_byte, "", DIRECT " memory + 9, %al", "", 0)                 \
	I(movzx_byte, "", "movzbl %ah, %edx", "", 0)                             \
	I(movzx_word, "", "movzwl %ax, %edx", "", 0)                             \
	I(movsx_byte, "", "movsbl %al, %edx", "", 0)                             \
	I(movsx_word, "", "movswl 3(" SI "), %edx", "", 0)                       \
	I(movnti, "", "movnti %eax, (" SI ")", "", 0)                            \
	I(cmov_below, "", "cmovb (" SI "), %edx", "", 0)                         \
	I(cmov_not_sign, "", "cmovns %eax, %edx", "", 0)                         \
	I(set_overflow, "", "seto (" SI ")", "", 0)                              \
	I(set_less, "", "setl %dl", "", 0)                                       \
	I(set_above, "", "seta %dh", "", 0)                                      \
	I(set_parity, "", "setp 1(" SI ")", "", 0)                               \
	I(convert_word, "", "cbtw", "", 0)                                       \
	I(convert_long, "", "cwtl", "", 0)                                       \
	I(sign_to_dx, "", "cwtd", "", 0)                                         \
	I(sign_to_edx, "", "cltd", "", 0)                                        \
	I(swap_bytes, "", "bswap %edx", "", 0)                                   \
	I(translate, "and $0x1f, %al", "xlat", "", 0)                            \
	I(load_address, "", "lea 5(" BX "," DX ",4), " DX, "", 0)                \
	I(load_address_word, "", "lea 5(" BX "), %dx", "", 0)                    \
	I(no_operation, "", "nop", "", 0)                                        \
	I(no_operation_modrm, "", "nopl (" SI ")", "", 0)                        \
	I64(I, mov_immediate_quad, "", "movabs $0x8182838485868788, %r9", "", 0) \
	I64(I, mov_new_register, "", "mov %r10, 8(%rsi)", "", 0)                 \
	I64(I, mov_new_byte, "", "mov %sil, %r9b", "", 0)                        \
	I64(I, mov_zero_extends, "", "mov %eax, %edx", "", 0)                    \
	I64(I, movsx_long, "", "movslq %eax, %rdx", "", 0)                       \
	I64(I, convert_quad, "", "cltq", "", 0)                                  \
	I64(I, sign_to_rdx, "", "cqto", "", 0)                                   \
	I64(I, swap_bytes_quad, "", "bswap %rax", "", 0)                         \
	I64(I, swap_bytes_new, "", "bswap %r12", "", 0)

PLAIN_GROUP(moves, MOVES)

#define ALU(I, op, undefined)                                            \
	I(op##_byte_to, "", #op " %al, (" SI ")", "", undefined)         \
	I(op##_byte_from, "", #op " 1(" SI "), %ah", "", undefined)      \
	I(op##_to, "", #op " %eax, (" SI ")", "", undefined)             \
	I(op##_from, "", #op " 4(" SI "), %edx", "", undefined)          \
	I(op##_word, "", #op " %ax, %dx", "", undefined)                 \
	I(op##_al, "", #op " $0x7f, %al", "", undefined)                 \
	I(op##_eax, "", #op " $0x81828384, %eax", "", undefined)         \
	I(op##_small, "", #op "l $-3, (" SI ")", "", undefined)          \
	I(op##_immediate, "", #op "w $0x8182, 6(" SI ")", "", undefined) \
	I64(I, op##_quad, "", #op " %rax, %r14", "", undefined)

#define ARITHMETIC(I)                                            \
	ALU(I, add, 0)                                           \
	ALU(I, adc, 0)                                           \
	ALU(I, sub, 0)                                           \
	ALU(I, sbb, 0)                                           \
	ALU(I, cmp, 0)                                           \
	ALU(I, and, AF)                                          \
	ALU(I, or, AF)                                           \
	ALU(I, xor, AF)                                          \
	I(test_byte, "", "test %al, (" SI ")", "", AF)           \
	I(test_long, "", "test %eax, %edx", "", AF)              \
	I(test_immediate, "", "testl $0x80ff, (" SI ")", "", AF) \
	I(test_al, "", "test $0x81, %al", "", AF)                \
	I(inc_byte, "", "incb (" SI ")", "", 0)                  \
	I(inc_register, "", "inc " AX, "", 0)                    \
	I(dec_word, "", "decw (" SI ")", "", 0)                  \
	I(dec_register, "", "dec " DX, "", 0)                    \
	I(neg_byte, "", "negb %al", "", 0)                       \
	I(neg_register, "", "neg " AX, "", 0)                    \
	I(not_register, "", "not " AX, "", 0)                    \
	I(not_word, "", "notw (" SI ")", "", 0)

PLAIN_GROUP(arithmetic, ARITHMETIC)

#define MULTIPLY(I)                                                       \
	I(mul_byte, "", "mul %dl", "", SF | ZF | AF | PF)                 \
	I(mul_word, "", "mul %dx", "", SF | ZF | AF | PF)                 \
	I(mul_register, "", "mul " DX, "", SF | ZF | AF | PF)             \
	I(mul_memory, "", "mull 12(" SI ")", "", SF | ZF | AF | PF)       \
	I(imul_byte, "", "imul %dl", "", SF | ZF | AF | PF)               \
	I(imul_register, "", "imul " DX, "", SF | ZF | AF | PF)           \
	I(imul_two, "", "imul " AX ", " DX, "", SF | ZF | AF | PF)        \
	I(imul_two_word, "", "imul %ax, %dx", "", SF | ZF | AF | PF)      \
	I(imul_small, "", "imul $-3, " AX ", " DX, "", SF | ZF | AF | PF) \
	I(imul_three, "", "imul $0x12345, (" SI "), " DX, "", SF | ZF | AF | PF)

PLAIN_GROUP(multiply, MULTIPLY)

/* By zero, and with a quotient that is too large, #DE. */
#define DIVIDE(I)                                                    \
	I(div_byte, "", "div %cl", "", STATUS)                       \
	I(div_word, "", "div %cx", "", STATUS)                       \
	I(div_register, "", "div " CX, "", STATUS)                   \
	I(div_memory, "and $1, %edx", "divl 12(" SI ")", "", STATUS) \
	I(idiv_byte, "", "idiv %cl", "", STATUS)                     \
	I(idiv_word, "cwtd", "idiv %cx", "", STATUS)                 \
	I(idiv_long, "cltd", "idiv %ecx", "", STATUS)                \
	I(idiv_register, "", "idiv " CX, "", STATUS)

PLAIN_GROUP(divide, DIVIDE)

/* KVM takes SF and ZF of AAM and AAD from EAX, and not from AL: docs/regressions.md. */
#define ADJUSTED (STATUS & ~PF)

#define DECIMAL(I)                                                 \
	I(load_flags, "", "sahf", "", 0)                           \
	I(store_flags, "", "lahf", "", 0)                          \
	I32(I, multiply_adjust, "", "aam", "", ADJUSTED)           \
	I32(I, multiply_adjust_7, "", "aam $7", "", ADJUSTED)      \
	I32(I, multiply_adjust_0, "", ".byte 0xd4, 0", "", STATUS) \
	I32(I, divide_adjust, "", "aad", "", ADJUSTED)             \
	I32(I, divide_adjust_7, "", "aad $7", "", ADJUSTED)        \
	I32(I, subtract_adjust, "", "das", "", OF)                 \
	I32(I, set_al_from_carry, "", ".byte 0xd6", "", 0)

PLAIN_GROUP(decimal, DECIMAL)

/* OF is defined for a shift by one, CF for none beyond the operand's size. */
#define SHIFT(I, op, undefined)                                         \
	I(op##_one, "", #op " $1, " DX, "", undefined & ~OF)            \
	I(op##_byte_one, "", #op "b $1, (" SI ")", "", undefined & ~OF) \
	I(op##_three, "", #op "w $3, 2(" SI ")", "", undefined)         \
	I(op##_cl, "", #op " %cl, %edx", "", undefined)                 \
	I(op##_memory_cl, "", #op "l %cl, (" SI ")", "", undefined)     \
	I64(I, op##_quad, "", #op " $33, %r13", "", undefined)

#define SHIFTS(I)                                                      \
	SHIFT(I, shl, OF | AF)                                         \
	SHIFT(I, shr, OF | AF)                                         \
	SHIFT(I, sar, OF | AF)                                         \
	SHIFT(I, rol, OF)                                              \
	SHIFT(I, ror, OF)                                              \
	SHIFT(I, rcl, OF)                                              \
	SHIFT(I, rcr, OF)                                              \
	I(shld_cl, "", "shld %cl, " AX ", " DX, "", OF | AF)           \
	I(shld_immediate, "", "shldl $5, %eax, (" SI ")", "", OF | AF) \
	I(shrd_cl, "", "shrd %cl, " AX ", " DX, "", OF | AF)           \
	I(shrd_immediate, "", "shrdl $5, %eax, (" SI ")", "", OF | AF)

PLAIN_GROUP(shifts, SHIFTS)

#define BIT(I, op)                                                                     \
	I(op##_register, "", #op " " CX ", " DX, "", STATUS & ~CF)                     \
	I(op##_immediate, "", #op "l $37, (" SI ")", "", STATUS & ~CF)                 \
	/* The operand begins where the bit is. */                                     \
	I(op##_beyond, "and $0xff, %ecx", #op "l %ecx, (" SI ")", "", STATUS & ~CF)    \
	I(op##_before, "mov $-37, " CX, #op " " CX ", (" SI ")", "", STATUS & ~CF)     \
	I(op##_before_long, "mov $-37, %ecx", #op " %ecx, (" SI ")", "", STATUS & ~CF) \
	I(op##_before_word, "mov $-37, %cx", #op " %cx, (" SI ")", "", STATUS & ~CF)

#define BITS(I)                                                               \
	BIT(I, bt)                                                            \
	BIT(I, bts)                                                           \
	BIT(I, btr)                                                           \
	BIT(I, btc)                                                           \
	/* Of zero, the destination is undefined on paper. */                 \
	I(scan_forward, "or $0x40, %al", "bsf " AX ", " DX, "", STATUS & ~ZF) \
	I(scan_forward_memory, "", "bsf 4(" SI "), %edx", "", STATUS & ~ZF)   \
	I(scan_reverse, "or $0x40, %al", "bsr " AX ", " DX, "", STATUS & ~ZF) \
	I(scan_reverse_word, "or $2, %al", "bsr %ax, %dx", "", STATUS & ~ZF)

PLAIN_GROUP(bits, BITS)

#define EXCHANGE(I)                                                                              \
	I(xchg_register, "", "xchg " AX ", " DX, "", 0)                                          \
	I(xchg_byte, "", "xchg %dl, (" SI ")", "", 0)                                            \
	I(xchg_memory, "", "xchg %eax, (" SI ")", "", 0)                                         \
	I(xadd_register, "", "xadd " AX ", " DX, "", 0)                                          \
	I(xadd_memory, "", "lock xadd %eax, (" SI ")", "", 0)                                    \
	I(compare_not_equal, "", "cmpxchg %edx, (" SI ")", "", 0)                                \
	I(compare_equal, "mov (" SI "), %eax", "lock cmpxchg %edx, (" SI ")", "", 0)             \
	I(compare_byte, "mov (" SI "), %al", "cmpxchg %dl, (" SI ")", "", 0)                     \
	I(compare_register, "", "cmpxchg " CX ", " DX, "", 0)                                    \
	I(compare_8_not_equal, "", "cmpxchg8b (" SI ")", "", 0)                                  \
	I(compare_8_equal, "mov (" SI "), %eax; mov 4(" SI "), %edx", "lock cmpxchg8b (" SI ")", \
	  "", 0)                                                                                 \
	I(locked_add, "", "lock add %eax, (" SI ")", "", 0)                                      \
	I(locked_bit, "", "lock btsl $3, (" SI ")", "", STATUS & ~CF)                            \
	I64(I, compare_quad, "mov (%rsi), %rax", "lock cmpxchg %rdx, (%rsi)", "", 0)             \
	I64(I, xchg_new, "", "xchg %rax, %r11", "", 0)

PLAIN_GROUP(exchange, EXCHANGE)

/* At most seven elements, both ways. */
#define STRING(I, op)                                                  \
	I(op##_bytes, "and $7, %ecx", "rep " #op "b", "", 0)           \
	I(op##_longs_down, "and $7, %ecx; std", "rep " #op "l", "", 0) \
	I(op##_one_word, "", #op "w", "", 0)

#define STRINGS(I)                                                                               \
	STRING(I, movs)                                                                          \
	STRING(I, stos)                                                                          \
	STRING(I, lods)                                                                          \
	I(scas_until, "and $7, %ecx; mov 2(" DI "), %al", "repne scasb", "", 0)                  \
	I(scas_while, "and $7, %ecx", "repe scasl", "", 0)                                       \
	I(scas_one, "", "scasb", "", 0)                                                          \
	I(cmps_until, "and $7, %ecx", "repne cmpsb", "", 0)                                      \
	I(cmps_while, "and $7, %ecx; mov " SI ", " DI, "repe cmpsl", "", 0)                      \
	I(cmps_one, "", "cmpsw", "", 0)                                                          \
	I64(I, movs_quads, "and $7, %ecx", "rep movsq", "", 0)                                   \
	/* With a count of 0, Intel's CPUs change RCX, too. */                                   \
	I64(I, movs_short_count, "and $7, %ecx; or $1, %ecx; bts $40, %rcx", "addr32 rep movsb", \
	    "", 0)

PLAIN_GROUP(strings, STRINGS)

#define STACK(I)                                           \
	I(push_register, "", "push " DX, "", 0)            \
	I(push_stack_pointer, "", "push " SP, "", 0)       \
	I(push_small, "", "push $-5", "", 0)               \
	I(push_immediate, "", "push $0x12345678", "", 0)   \
	I(push_memory, "", "push 8(" SI ")", "", 0)        \
	I(push_word, "", "pushw %ax", "", 0)               \
	I(push_flags, "", "pushf", "", 0)                  \
	I(push_flags_word, "", "pushfw", "", 0)            \
	I(push_fs, "", "push %fs", "", 0)                  \
	I(push_gs, "", "push %gs", "", 0)                  \
	I(pop_register, "", "pop " DX, "", 0)              \
	I(pop_stack_pointer, "push " SI, "pop " SP, "", 0) \
	I(pop_memory, "", "pop 8(" SI ")", "", 0)          \
	/* The address is that behind the pop. */          \
	I(pop_to_stack, "", "pop 8(" SP ")", "", 0)        \
	I(pop_word, "", "popw %dx", "", 0)                 \
	I(pop_flags, "push $0x3ed7", "popf", "", 0)        \
	I(pop_flags_off, "push $2", "popf", "", 0)         \
	I(pop_flags_word, "pushw $0xed7", "popfw", "", 0)  \
	I(pop_id_and_ac, "push $0x240002", "popf", "", 0)  \
	I(enter_frame, "", "enter $16, $0", "", 0)         \
	I(leave_frame, "", "leave", "", 0)                 \
	I64(I, push_new, "", "push %r15", "", 0)           \
	I64(I, pop_new, "", "pop %r8", "", 0)              \
	I32(I, push_all, "", "pusha", "", 0)               \
	I32(I, pop_all, "", "popa", "", 0)                 \
	I32(I, push_cs, "", "push %cs", "", 0)             \
	I32(I, push_ds, "", "push %ds", "", 0)             \
	I32(I, push_es, "", "push %es", "", 0)             \
	I32(I, push_ss, "", "push %ss", "", 0)

PLAIN_GROUP(stack, STACK)

#define FLAGS(I)                                \
	I(clear_carry, "", "clc", "", 0)        \
	I(set_carry, "", "stc", "", 0)          \
	I(complement, "", "cmc", "", 0)         \
	I(clear_direction, "std", "cld", "", 0) \
	I(set_direction, "", "std", "", 0)      \
	I(clear_interrupt, "", "cli", "", 0)    \
	I(set_interrupt, "", "sti", "", 0)

PLAIN_GROUP(flags, FLAGS)

/* LEA computes the address and does no more; BP and SP stand for other segments. */
#define ADDRESSES(I)                                                                   \
	I(address_disp32, "", "mov memory + 20, %eax", "", 0)                          \
	I(address_bp, "", "mov 8(" BP "), %eax", "", 0)                                \
	I(address_bp_disp32, "", "mov 0x80(" BP "), %eax", "", 0)                      \
	I(address_sp, "", "mov 4(" SP "), %eax", "", 0)                                \
	I(address_index, "mov $3, %edx", "mov -8(" SI "," DX ",4), %eax", "", 0)       \
	I(address_index_only, "", "lea 0x1000(," DX ",8), " AX, "", 0)                 \
	I(address_bp_index, "mov $3, %edx", "mov (" BP "," DX ",2), %eax", "", 0)      \
	I(address_es, "", "mov %es:(" SI "), %eax", "", 0)                             \
	I(address_fs, "", "mov %fs:4(" SI "), %eax", "", 0)                            \
	I64(I, address_ip, "", "mov memory + 20(%rip), %eax", "", 0)                   \
	I64(I, address_ip_immediate, "", "movl $0x12345678, memory + 20(%rip)", "", 0) \
	I64(I, address_new, "mov %rsi, %r13", "mov (%r13), %eax", "", 0)               \
	I64(I, address_new_sib, "mov %rsi, %r12", "mov 4(%r12), %eax", "", 0)          \
	I64(I, address_new_index, "mov $2, %r12d", "mov (%rsi,%r12,8), %eax", "", 0)   \
	I64(I, address_32, "bts $40, %rsi", "addr32 mov (%esi), %eax", "", 0)          \
	I64(I, address_32_lea, "", "lea 7(%edx,%eax,2), %rcx", "", 0)                  \
	I32(I, address_16_bx_si, "", "addr16 lea 5(%bx,%si), %eax", "", 0)             \
	I32(I, address_16_bx_di, "", "addr16 lea -5(%bx,%di), %eax", "", 0)            \
	I32(I, address_16_bp_si, "", "addr16 lea 0x1234(%bp,%si), %eax", "", 0)        \
	I32(I, address_16_bp_di, "", "addr16 lea (%bp,%di), %eax", "", 0)              \
	I32(I, address_16_si, "", "addr16 lea (%si), %eax", "", 0)                     \
	I32(I, address_16_di, "", "addr16 lea 1(%di), %eax", "", 0)                    \
	I32(I, address_16_bp, "", "addr16 lea 2(%bp), %eax", "", 0)                    \
	I32(I, address_16_bx, "", "addr16 lea 0x8000(%bx), %eax", "", 0)               \
	I32(I, address_16_disp, "", "addr16 lea 0x8765, %eax", "", 0)

PLAIN_GROUP(addresses, ADDRESSES)

/* Where a jump is taken, BX is not counted up. */
#define CONDITION(I, cc)                                     \
	I(jump_##cc, "", "j" #cc " 3f", "inc " BX "\n3:", 0) \
	I(jump_far_##cc, "", "{disp32} j" #cc " 3f", "inc " BX "\n3:", 0)

#define JUMPS(I)                                                                  \
	CONDITION(I, o)                                                           \
	CONDITION(I, no)                                                          \
	CONDITION(I, b)                                                           \
	CONDITION(I, ae)                                                          \
	CONDITION(I, e)                                                           \
	CONDITION(I, ne)                                                          \
	CONDITION(I, be)                                                          \
	CONDITION(I, a)                                                           \
	CONDITION(I, s)                                                           \
	CONDITION(I, ns)                                                          \
	CONDITION(I, p)                                                           \
	CONDITION(I, np)                                                          \
	CONDITION(I, l)                                                           \
	CONDITION(I, ge)                                                          \
	CONDITION(I, le)                                                          \
	CONDITION(I, g)                                                           \
	I(jump_short, "", "jmp 3f", "inc " BX "\n3:", 0)                          \
	I(jump_near, "", "{disp32} jmp 3f", "inc " BX "\n3:", 0)                  \
	I(jump_register, "mov $3f, %eax", "jmp *" AX, "inc " BX "\n3:", 0)        \
	I(jump_memory, "movl $3f, (" SI "); movl $0, 4(" SI ")", "jmp *(" SI ")", \
	  "inc " BX "\n3:", 0)                                                    \
	I(loop_, "", "loop 3f", "inc " BX "\n3:", 0)                              \
	I(loop_equal, "", "loope 3f", "inc " BX "\n3:", 0)                        \
	I(loop_not_equal, "", "loopne 3f", "inc " BX "\n3:", 0)                   \
	I64(I, jump_no_count, "", "jrcxz 3f", "inc %rbx\n3:", 0)                  \
	I64(I, jump_no_count_32, "bts $40, %rcx", "jecxz 3f", "inc %rbx\n3:", 0)  \
	I64(I, jump_non_canonical, "bts $62, %rsi", "jmp *%rsi", "", 0)           \
	I32(I, jump_no_count, "", "jecxz 3f", "inc %ebx\n3:", 0)                  \
	I32(I, jump_no_count_16, "", "jcxz 3f", "inc %ebx\n3:", 0)

PLAIN_GROUP(jumps, JUMPS)

#define CALLS(I)                                                                   \
	I(call_near, "", "call 3f", "inc " BX "\n3:", 0)                           \
	I(call_register, "mov $3f, %eax", "call *" AX, "inc " BX "\n3:", 0)        \
	I(call_memory, "movl $3f, (" SI "); movl $0, 4(" SI ")", "call *(" SI ")", \
	  "inc " BX "\n3:", 0)                                                     \
	I(return_near, "push $3f", "ret", "inc " BX "\n3:", 0)                     \
	I(return_and_pop, "push $3f", "ret $12", "inc " BX "\n3:", 0)              \
	I64(I, call_non_canonical, "bts $62, %rsi", "call *%rsi", "", 0)           \
	I64(I, return_non_canonical, "bts $62, %rsi; push %rsi", "ret", "", 0)

PLAIN_GROUP(calls, CALLS)

/* Descriptors of the test's own, and their selectors. */
#define SMALL 23
#define SMALL_SELECTOR "0xb8"
#define EXPAND_DOWN 24
#define EXPAND_DOWN_SELECTOR "0xc0"
#define BASED 25
#define BASED_SELECTOR "0xc8"
#define ABSENT 26
#define ABSENT_SELECTOR "0xd0"
#define ABSENT_CODE 27
#define ABSENT_CODE_SELECTOR "0xd8"
#define USER_DATA 28
#define USER_SELECTOR "0xe3"
#define READ_ONLY 29
#define READ_ONLY_SELECTOR "0xe8"
#define BEYOND_GDT_SELECTOR "0xfff8"
/* Where the segment with a base begins; where the small one, and the one that expands down, end. */
#define BASE 0x40
#define LIMIT 0x7fff

#define DATA (SEGFLAG_PAGE_LIMIT | SEGFLAG_32BIT | SEGTYPE_RWDATA)
#define DPL3 0x60

static void prepare_descriptors(void)
{
	kvm_set_segment_descriptor(&kvm_gdt[SMALL], 0, LIMIT,
				   SEGTYPE_RWDATA | SEGFLAG_32BIT | SEGFLAG_PRESENT);
	kvm_set_segment_descriptor(&kvm_gdt[EXPAND_DOWN], 0, LIMIT,
				   SEGTYPE_STACK | SEGFLAG_32BIT | SEGFLAG_PRESENT);
	kvm_set_segment_descriptor(&kvm_gdt[BASED], BASE, 0xfffff, DATA | SEGFLAG_PRESENT);
	kvm_set_segment_descriptor(&kvm_gdt[ABSENT], 0, 0xfffff, DATA);
	kvm_set_segment_descriptor(&kvm_gdt[ABSENT_CODE], 0, 0xfffff,
				   SEGTYPE_CODE | SEGFLAG_PAGE_LIMIT |
					   ONLY64(SEGFLAG_CODE64) ONLY32(SEGFLAG_32BIT));
	kvm_set_segment_descriptor(&kvm_gdt[USER_DATA], 0, 0xfffff, DATA | SEGFLAG_PRESENT | DPL3);
	kvm_set_segment_descriptor(&kvm_gdt[READ_ONLY], 0, 0xfffff,
				   SEGTYPE_RODATA | SEGFLAG_PAGE_LIMIT | SEGFLAG_32BIT |
					   SEGFLAG_PRESENT);
}

#define GROUP_WITH_DESCRIPTORS(name, rows)                               \
	TABLE(name, rows)                                                \
	GUEST_CASE(name)                                                 \
	{                                                                \
		prepare_descriptors();                                   \
		run_rows(name##_rows, ARRAY_SIZE(name##_rows), kvm_try); \
	}

#ifdef __x86_64__
#define FAR "q"
#else
#define FAR "l"
#endif

/* To the same code segment, or in vain to another: a pointer in memory. */
#define FAR_POINTER "movl $3f, (" SI "); mov %cs, %eax; mov %ax, 4(" SI ")"
#define FAR_TO(I, name, selector)                                                            \
	I(far_jump_##name, FAR_POINTER "; movw $" selector ", 4(" SI ")", "ljmpl *(" SI ")", \
	  "3:", 0)                                                                           \
	I(far_return_##name, "push $" selector "; push $3f", "lret" FAR, "3:", 0)

#define FAR_TRANSFERS(I)                                                                       \
	I(far_jump, FAR_POINTER, "ljmpl *(" SI ")", "inc " BX "\n3:", 0)                       \
	I(far_call, FAR_POINTER, "lcalll *(" SI ")", "inc " BX "\n3:", 0)                      \
	I(far_return, "mov %cs, %eax; push " AX "; push $3f", "lret" FAR, "inc " BX "\n3:", 0) \
	I(far_return_and_pop, "mov %cs, %eax; push " AX "; push $3f", "lret" FAR " $8",        \
	  "inc " BX "\n3:", 0)                                                                 \
	FAR_TO(I, null, "0")                                                                   \
	FAR_TO(I, beyond_table, BEYOND_GDT_SELECTOR)                                           \
	FAR_TO(I, absent, ABSENT_CODE_SELECTOR)                                                \
	FAR_TO(I, data, BASED_SELECTOR)

GROUP_WITH_DESCRIPTORS(far, FAR_TRANSFERS)

#define LOAD(I, reg, name, selector, after) \
	I(load_##reg##_##name, "mov $" selector ", %eax", "mov %ax, %" #reg, after, 0)
#define LOADS(I, reg, after)                            \
	LOAD(I, reg, null, "0", "")                     \
	LOAD(I, reg, based, BASED_SELECTOR, after)      \
	LOAD(I, reg, read_only, READ_ONLY_SELECTOR, "") \
	LOAD(I, reg, user, USER_SELECTOR, "")           \
	LOAD(I, reg, absent, ABSENT_SELECTOR, "")       \
	LOAD(I, reg, beyond, BEYOND_GDT_SELECTOR, "")   \
	LOAD(I, reg, local, "0xc", "")                  \
	LOAD(I, reg, task, "0x20", "")
/* A pointer in memory, to the segment with a base. */
#define LOAD_FAR(I, op, reg)                                                 \
	I(op, "movl $" BASED_SELECTOR ", 4(" SI ")", #op "l (" SI "), %edx", \
	  "mov %" #reg ":memory, %eax", 0)

#define SEGMENTS(I)                                                                      \
	LOADS(I, fs, "mov %fs:memory, %edx")                                             \
	LOADS(I, gs, "mov %gs:memory, %edx")                                             \
	LOADS(I, es, "")                                                                 \
	I(load_ss, "mov %ss, %eax", "mov %ax, %ss", "", 0)                               \
	I(load_ss_null, "xor %eax, %eax", "mov %ax, %ss", "", 0)                         \
	I(load_ss_user, "mov $" USER_SELECTOR ", %eax", "mov %ax, %ss", "", 0)           \
	I(load_ss_absent, "mov $" ABSENT_SELECTOR ", %eax", "mov %ax, %ss", "", 0)       \
	I(load_ss_read_only, "mov $" READ_ONLY_SELECTOR ", %eax", "mov %ax, %ss", "", 0) \
	I(load_ss_beyond, "mov $" BEYOND_GDT_SELECTOR ", %eax", "mov %ax, %ss", "", 0)   \
	I(load_from_memory, "movw $" BASED_SELECTOR ", (" SI ")", "mov (" SI "), %fs",   \
	  "mov %fs:memory, %edx", 0)                                                     \
	LOAD_FAR(I, lfs, fs)                                                             \
	LOAD_FAR(I, lgs, gs)                                                             \
	I(pop_fs, "push $" BASED_SELECTOR, "pop %fs", "mov %fs:memory, %edx", 0)         \
	I(pop_gs_absent, "push $" ABSENT_SELECTOR, "pop %gs", "", 0)                     \
	I(store_cs, "", "mov %cs, %edx", "", 0)                                          \
	I(store_ss_word, "", "mov %ss, %dx", "", 0)                                      \
	I(store_ds_memory, "", "mov %ds, (" SI ")", "", 0)                               \
	I(store_task, "", "str %edx", "", 0)                                             \
	I(store_task_memory, "", "str (" SI ")", "", 0)                                  \
	I(store_local, "", "sldt %edx", "", 0)                                           \
	I(load_local_null, "xor %eax, %eax", "lldt %ax", "", 0)                          \
	I(load_local_data, "mov $" BASED_SELECTOR ", %eax", "lldt %ax", "", 0)           \
	I(load_local_beyond, "mov $" BEYOND_GDT_SELECTOR ", %eax", "lldt %ax", "", 0)    \
	I(load_task_null, "xor %eax, %eax", "ltr %ax", "", 0)                            \
	/* Busy: it is in use. */                                                        \
	I(load_task_busy, "str %eax", "ltr %ax", "", 0)                                  \
	I(load_task_data, "mov $" BASED_SELECTOR ", %eax", "ltr %ax", "", 0)             \
	ONLY32(LOAD_FAR(I, les, es))                                                     \
	I32(I, pop_es, "push %ds", "pop %es", "", 0)                                     \
	I32(I, pop_ds_absent, "push $" ABSENT_SELECTOR, "pop %ds", "", 0)

GROUP_WITH_DESCRIPTORS(segments, SEGMENTS)

#define WITHIN(I, name, selector, instruction) \
	I(name, "mov $" selector ", %edx; mov %dx, %gs", instruction, "", 0)

/* In 64-bit code, segments limit nothing. */
#define LIMITS(I)                                                                      \
	WITHIN(I, read_at_limit, SMALL_SELECTOR, "mov %gs:0x7ffc, %eax")               \
	WITHIN(I, read_across_limit, SMALL_SELECTOR, "mov %gs:0x7ffd, %eax")           \
	WITHIN(I, read_beyond_limit, SMALL_SELECTOR, "mov %gs:0x8000, %eax")           \
	ONLY32(WITHIN(I, change_beyond_limit, SMALL_SELECTOR, "incb %gs:0x8000"))      \
	WITHIN(I, read_above_start, EXPAND_DOWN_SELECTOR, "mov %gs:0x8000, %eax")      \
	WITHIN(I, read_below_start, EXPAND_DOWN_SELECTOR, "movb %gs:0x7fff, %al")      \
	WITHIN(I, read_what_is_read_only, READ_ONLY_SELECTOR, "mov %gs:memory, %eax")  \
	WITHIN(I, write_what_is_read_only, READ_ONLY_SELECTOR, "mov %eax, %gs:memory") \
	WITHIN(I, read_through_null, "0", "mov %gs:memory, %eax")                      \
	WITHIN(I, write_through_null, "0", "movl $1, %gs:memory")                      \
	I(read_code, "", "mov %cs:memory, %eax", "", 0)                                \
	I(write_code, "", "mov %eax, %cs:memory", "", 0)

GROUP_WITH_DESCRIPTORS(limits, LIMITS)

#define SYSTEM(I)                                                                               \
	I(read_cr0, "", "mov %cr0, " DX, "", 0)                                                 \
	I(read_cr2, "", "mov %cr2, " DX, "", 0)                                                 \
	I(read_cr3, "", "mov %cr3, " DX, "", 0)                                                 \
	I(read_cr4, "", "mov %cr4, " DX, "", 0)                                                 \
	I(read_cr1, "", ".byte 0x0f, 0x20, 0xca", "", 0)                                        \
	I(write_cr0, "mov %cr0, " AX, "mov " AX ", %cr0", "", 0)                                \
	I(write_cr0_illegal, "mov %cr0, " AX "; btr $0, %eax", "mov " AX ", %cr0", "", 0)       \
	I(write_cr2, "", "mov " AX ", %cr2", "mov %cr2, " DX, 0)                                \
	I(write_cr3, "mov %cr3, " AX, "mov " AX ", %cr3", "", 0)                                \
	I(write_cr4_illegal, "mov %cr4, " AX "; bts $15, %eax", "mov " AX ", %cr4", "", 0)      \
	I(task_switched, "", "clts", "smsw %edx", 0)                                            \
	I(store_status, "", "smsw %edx", "", 0)                                                 \
	I(store_status_word, "", "smsw (" SI ")", "", 0)                                        \
	I(load_status, "smsw %eax", "lmsw %ax", "smsw %edx", 0)                                 \
	/* It can't leave protected mode. */                                                    \
	I(load_status_without_pe, "smsw %eax; btr $0, %eax", "lmsw %ax", "smsw %edx", 0)        \
	I(store_gdt, "", "sgdt (" SI ")", "", 0)                                                \
	I(store_idt, "", "sidt (" SI ")", "", 0)                                                \
	I(load_gdt, "sgdt (" SI ")", "lgdt (" SI ")", "sgdt 16(" SI ")", 0)                     \
	I(load_idt, "sidt (" SI ")", "lidt (" SI ")", "sidt 16(" SI ")", 0)                     \
	I(read_dr6, "", "mov %dr6, " DX, "", 0)                                                 \
	I(read_dr7, "", "mov %dr7, " DX, "", 0)                                                 \
	I(write_dr0, "", "mov " SI ", %dr0", "mov %dr0, " DX, 0)                                \
	I(write_dr7, "mov $0x400, %eax", "mov " AX ", %dr7", "mov %dr7, " DX, 0)                \
	I(invalidate_page, "", "invlpg (" SI ")", "", 0)                                        \
	I(flush_line, "", "clflush (" SI ")", "", 0)                                            \
	I(write_back, "", "wbinvd", "", 0)                                                      \
	I(identify, "xor %eax, %eax", "cpuid", "", 0)                                           \
	I(identify_features, "mov $1, %eax", "cpuid", "and $0xffffff, %ebx", 0)                 \
	I(get_xcr, "mov %cr4, " AX "; bt $18, %eax; jnc 4f; xor %ecx, %ecx; xgetbv\n4:", "nop", \
	  "", 0)                                                                                \
	I64(I, read_cr8, "", "mov %cr8, %rdx", "", 0)                                           \
	I64(I, write_cr8, "mov $5, %eax", "mov %rax, %cr8",                                     \
	    "mov %cr8, %rdx; xor %eax, %eax; mov %rax, %cr8", 0)                                \
	I64(I, write_cr8_illegal, "mov $16, %eax", "mov %rax, %cr8", "", 0)                     \
	I64(I, write_dr7_illegal, "bts $32, %rax", "mov %rax, %dr7", "", 0)                     \
	I64(I, swap_gs, "swapgs", "nop", "swapgs", 0)

PLAIN_GROUP(system, SYSTEM)

/* SYSENTER_CS, which nothing here uses; one that there is not; one that can be read only. */
#define MSRS(I)                                                                      \
	I(read_msr, "mov $0x174, %ecx", "rdmsr", "", 0)                              \
	I(read_msr_unknown, "mov $0xdead0000, %ecx", "rdmsr", "", 0)                 \
	I(write_msr, "mov $0x174, %ecx; xor %edx, %edx", "wrmsr",                    \
	  "xor %eax, %eax; rdmsr; mov %eax, (" SI "); xor %eax, %eax; wrmsr", 0)     \
	I(write_msr_unknown, "mov $0xdead0000, %ecx", "wrmsr", "", 0)                \
	I(write_msr_illegal, "mov $0xc0000080, %ecx; mov $-1, %edx", "wrmsr", "", 0) \
	I(read_time, "", "rdtsc", "xor %eax, %eax; xor %edx, %edx", 0)

PLAIN_GROUP(msrs, MSRS)

/* The kernel is entered where it says, in the name of the kernel itself. */
#define ENTRIES(I)                                             \
	I64(I, system_call, "", "syscall", "kernel_entry:", 0) \
	I32(I, system_enter, "", "sysenter", "kernel_entry:", 0)

TABLE(entries, ENTRIES)

extern const char kernel_entry[];

GUEST_CASE(entries)
{
	/* Switched off, and without a segment. */
	run_rows(entries_rows, ARRAY_SIZE(entries_rows), kvm_try);
#ifdef __x86_64__
	kvm_wrmsr(MSR_EFER, kvm_rdmsr(MSR_EFER) | EFER_SCE);
	kvm_wrmsr(MSR_STAR, (uint64_t)CODE_SELECTOR << 32);
	kvm_wrmsr(MSR_LSTAR, (uintptr_t)kernel_entry);
	kvm_wrmsr(MSR_SFMASK, CF | SF);
#else
	kvm_wrmsr(MSR_SYSENTER_CS, CODE_SELECTOR);
	kvm_wrmsr(MSR_SYSENTER_ESP, (uintptr_t)TOP - 16);
	kvm_wrmsr(MSR_SYSENTER_EIP, (uintptr_t)kernel_entry);
#endif
	run_rows(entries_rows, ARRAY_SIZE(entries_rows), kvm_try);
}

#define PORTS(I)                                                              \
	I(in_byte, "", "in $0x71, %al", "", 0)                                \
	I(in_word, "mov $0x123, %edx", "in %dx, %ax", "", 0)                  \
	I(in_long, "mov $0x124, %edx", "in %dx, %eax", "", 0)                 \
	I(out_byte, "", "out %al, $0x71", "", 0)                              \
	I(out_word, "mov $0x123, %edx", "out %ax, %dx", "", 0)                \
	I(out_long, "mov $0x124, %edx", "out %eax, %dx", "", 0)               \
	I(out_string, "mov $0x124, %edx", "outsb", "", 0)                     \
	I(out_repeated, "mov $0x124, %edx; and $3, %ecx", "rep outsl", "", 0) \
	I(in_string, "mov $0x124, %edx", "insw", "", 0)                       \
	I(in_repeated, "mov $0x124, %edx; and $3, %ecx", "rep insb", "", 0)

PLAIN_GROUP(ports, PORTS)

/* The compiler uses neither FPU nor SSE here: what is in them is the instructions'. */
static void set_cr0(unsigned long set, unsigned long clear)
{
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	asm volatile("mov %0, %%cr0" : : "r"((cregs.cr0 | set) & ~clear) : "memory");
}

static void enable_fpu(void)
{
	struct kvm_cregs cregs;

	set_cr0(CR0_MP, CR0_EM | CR0_TS);
	kvm_read_cregs(&cregs);
	asm volatile("mov %0, %%cr4" : : "r"(cregs.cr4 | CR4_OSFXSR) : "memory");
}

#define GROUP_WITH_FPU(name, rows)                                       \
	TABLE(name, rows)                                                \
	GUEST_CASE(name)                                                 \
	{                                                                \
		enable_fpu();                                            \
		run_rows(name##_rows, ARRAY_SIZE(name##_rows), kvm_try); \
	}

#define FPU(I)                                                                                   \
	I(initialize, "fldz", "fninit", "fnstsw %ax; fnstcw (" SI ")", 0)                        \
	I(store_control, "fninit", "fnstcw (" SI ")", "", 0)                                     \
	I(store_state_word, "fninit; fldz", "fnstsw (" SI ")", "", 0)                            \
	/* KVM does not emulate them for 64-bit code. */                                         \
	I32(I, save_all, "fninit; lea stack_memory + 64, %eax; and $-16, %eax", "fxsave (%eax)", \
	    "mov (%eax), %ecx; mov 24(%eax), %edx; xor %eax, %eax", 0)                           \
	I32(I, restore_all,                                                                      \
	    "fninit; fldz; lea stack_memory + 64, %eax; and $-16, %eax"                          \
	    "; fxsave (%eax); fninit",                                                           \
	    "fxrstor (%eax)", "fnstsw %ax", 0)                                                   \
	I32(I, save_unaligned, "lea stack_memory + 65, %eax", "fxsave (%eax)", "", 0)

GROUP_WITH_FPU(fpu, FPU)

#define MOVE_VECTOR(I, op, reg, aligned)                                                   \
	I(op##_load, "", #op " (" SI "), %" #reg "1", "movups %xmm1, (" DI ")", 0)         \
	I(op##_store, "movups (" DI "), %" #reg "2", #op " %" #reg "2, 16(" SI ")", "", 0) \
	I(op##_unaligned, "movups (" DI "), %" #reg "2", #op " %" #reg "2, 1(" SI ")", "", 0)

#define VECTORS(I)                                                                        \
	MOVE_VECTOR(I, movaps, xmm, 1)                                                    \
	MOVE_VECTOR(I, movups, xmm, 0)                                                    \
	MOVE_VECTOR(I, movapd, xmm, 1)                                                    \
	MOVE_VECTOR(I, movdqa, xmm, 1)                                                    \
	MOVE_VECTOR(I, movdqu, xmm, 0)                                                    \
	I(move_register, "movups (" DI "), %xmm3", "movdqa %xmm3, %xmm7",                 \
	  "movups %xmm7, (" SI ")", 0)                                                    \
	I(store_past_cache, "movups (" DI "), %xmm2", "movntps %xmm2, 16(" SI ")", "", 0) \
	I(load_mmx, "", "movq (" SI "), %mm1", "movq %mm1, (" DI "); emms", 0)            \
	I(store_mmx, "movq (" SI "), %mm3", "movq %mm3, 3(" DI ")", "emms", 0)            \
	I64(I, store_new, "movups (" DI "), %xmm12", "movups %xmm12, 5(" SI ")", "", 0)   \
	I64(I, load_new, "", "movaps 16(" SI "), %xmm9", "movups %xmm9, (" DI ")", 0)

GROUP_WITH_FPU(vectors, VECTORS)

/* CR0.TS: the FPU is somebody else's. */
#define UNAVAILABLE(I)                                             \
	I(unavailable_initialize, "", "fninit", "", 0)             \
	I(unavailable_store, "", "fnstcw (" SI ")", "", 0)         \
	I(unavailable_status, "", "fnstsw (" SI ")", "", 0)        \
	I32(I, unavailable_save, "", "fxsave (%esi)", "", 0)       \
	I(unavailable_vector, "", "movups (" SI "), %xmm1", "", 0) \
	I(unavailable_mmx, "", "movq (" SI "), %mm1", "", 0)

#define FAULTS(I)                                                                      \
	I(undefined_lock, "", "lock; nop", "", 0)                                      \
	I(undefined_locked_move, "", ".byte 0xf0, 0x89, 0x06", "", 0)                  \
	I(undefined_locked_register, "", ".byte 0xf0, 0x01, 0xc2", "", 0)              \
	I(undefined_cs_load, "", ".byte 0x8e, 0xc8", "", 0)                            \
	I(undefined_opcode, "", ".byte 0x0f, 0xff, 0xc0", "", 0)                       \
	I(undefined_group, "", ".byte 0xff, 0xf8", "", 0)                              \
	I(undefined_load_address, "", ".byte 0x8d, 0xc0", "", 0)                       \
	I(page_fault_read, "mov $0x90000123, %eax", "mov (" AX "), %edx", "", 0)       \
	I(page_fault_write, "mov $0x90000123, %eax", "mov %edx, (" AX ")", "", 0)      \
	I(page_fault_change, "mov $0x90000123, %eax", "addl $1, (" AX ")", "", 0)      \
	I(page_fault_push, "mov $0x90000123, %eax", "push (" AX ")", "", 0)            \
	I(page_fault_string, "mov $0x90000123, %eax; mov " AX ", " DI, "stosb", "", 0) \
	I(page_fault_jump, "mov $0x90000123, %eax", "jmp *(" AX ")", "", 0)            \
	I64(I, non_canonical_read, "bts $62, %rsi", "mov (%rsi), %eax", "", 0)         \
	I64(I, non_canonical_write, "bts $62, %rsi", "mov %eax, (%rsi)", "", 0)        \
	I64(I, non_canonical_bp, "bts $62, %rbp", "mov (%rbp), %eax", "", 0)           \
	I64(I, unaligned_16, "", "lock cmpxchg16b 1(%rsi)", "", 0)                     \
	I64(I, undefined_in_long_mode, "", ".byte 0x60", "", 0)                        \
	I64(I, undefined_push_ds, "", ".byte 0x1e", "", 0)                             \
	I64(I, undefined_adjust, "", ".byte 0xd4, 0x0a", "", 0)                        \
	I64(I, undefined_far_load, "", ".byte 0xc4, 0x06", "", 0)

TABLE(faults, FAULTS)
TABLE(unavailable, UNAVAILABLE)

GUEST_CASE(faults)
{
	run_rows(faults_rows, ARRAY_SIZE(faults_rows), kvm_try);
	enable_fpu();
	set_cr0(CR0_TS, 0);
	run_rows(unavailable_rows, ARRAY_SIZE(unavailable_rows), kvm_try);
}

/* At privilege level 3, with IOPL 0 and no I/O permission bitmap. */
#define USER(I)                                                                \
	I(user_clear_interrupt, "", "cli", "", 0)                              \
	I(user_set_interrupt, "", "sti", "", 0)                                \
	I(user_halt, "", "hlt", "", 0)                                         \
	I(user_task_switched, "", "clts", "", 0)                               \
	I(user_in, "", "in $0x71, %al", "", 0)                                 \
	I(user_out, "", "out %al, $0x71", "", 0)                               \
	I(user_out_string, "mov $0x71, %edx", "outsb", "", 0)                  \
	I(user_read_cr0, "", "mov %cr0, " DX, "", 0)                           \
	I(user_write_cr3, "", "mov " AX ", %cr3", "", 0)                       \
	I(user_read_dr7, "", "mov %dr7, " DX, "", 0)                           \
	I(user_read_msr, "mov $0x174, %ecx", "rdmsr", "", 0)                   \
	I(user_write_msr, "mov $0x174, %ecx", "wrmsr", "", 0)                  \
	I(user_load_gdt, "", "lgdt (" SI ")", "", 0)                           \
	I(user_load_idt, "", "lidt (" SI ")", "", 0)                           \
	I(user_load_local, "", "lldt %ax", "", 0)                              \
	I(user_load_task, "", "ltr %ax", "", 0)                                \
	I(user_load_status, "", "lmsw %ax", "", 0)                             \
	I(user_store_status, "", "smsw %edx", "", 0)                           \
	I(user_invalidate_page, "", "invlpg (" SI ")", "", 0)                  \
	I(user_write_back, "", "wbinvd", "", 0)                                \
	/* IF and IOPL stay. */                                                \
	I(user_pop_flags, "push $0x3202", "popf", "", 0)                       \
	I(user_push_flags, "", "pushf", "", 0)                                 \
	I(user_add, "", "add %eax, (" SI ")", "", 0)                           \
	I(user_segment, "mov $" USER_SELECTOR ", %eax", "mov %ax, %gs", "", 0) \
	I(user_stack_kernel, "mov $0x10, %eax", "mov %ax, %ss", "", 0)         \
	I(user_read_time, "", "rdtsc", "xor %eax, %eax; xor %edx, %edx", 0)

TABLE(user, USER)

GUEST_CASE(user)
{
	prepare_descriptors();
	run_rows(user_rows, ARRAY_SIZE(user_rows), kvm_call_user);
}

/* To data segments of privilege level 0, by selectors that ask for no less. */
#define PRIVILEGE(I)                                                                     \
	I(user_es, "mov $" BASED_SELECTOR ", %eax", "mov %ax, %es", "", 0)               \
	I(user_fs, "mov $" BASED_SELECTOR ", %eax", "mov %ax, %fs", "", 0)               \
	I(user_gs_read_only, "mov $" READ_ONLY_SELECTOR ", %eax", "mov %ax, %gs", "", 0) \
	I(user_lfs, "movl $" BASED_SELECTOR ", 4(" SI ")", "lfsl (" SI "), %edx", "", 0)

TABLE(privilege, PRIVILEGE)

GUEST_CASE(privilege)
{
	prepare_descriptors();
	run_rows(privilege_rows, ARRAY_SIZE(privilege_rows), kvm_call_user);
}
