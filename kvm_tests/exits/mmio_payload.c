// SPDX-License-Identifier: MIT
/* Accesses to addresses without memory, one a case. */
#include "guest_case.h"
#include "kvm_x86.h"
#include "mmio.h"

GUEST_SHARED uint64_t address; /* where */
GUEST_SHARED uint64_t elements; /* for REP */
GUEST_SHARED uint8_t buffer[MMIO_BYTES]; /* what is written, what was read */

#define ACCESS(bits)                                                                        \
	GUEST_CASE(write##bits)                                                             \
	{                                                                                   \
		*(volatile uint##bits##_t *)(uintptr_t)address = *(uint##bits##_t *)buffer; \
	}                                                                                   \
	GUEST_CASE(read##bits)                                                              \
	{                                                                                   \
		*(uint##bits##_t *)buffer = *(volatile uint##bits##_t *)(uintptr_t)address; \
	}

ACCESS(8)
ACCESS(16)
ACCESS(32)
#ifdef __x86_64__
ACCESS(64)
#endif

#define COPY(name, instruction, from, to)                                                    \
	GUEST_CASE(name)                                                                     \
	{                                                                                    \
		uintptr_t si = (uintptr_t)(from), di = (uintptr_t)(to);                      \
		uintptr_t cx = elements;                                                     \
                                                                                             \
		asm volatile(instruction : "+S"(si), "+D"(di), "+c"(cx) : : "memory", "cc"); \
	}

COPY(copy_out8, "rep movsb", buffer, address)
COPY(copy_out16, "rep movsw", buffer, address)
COPY(copy_out32, "rep movsl", buffer, address)
COPY(copy_in8, "rep movsb", address, buffer)
COPY(copy_in16, "rep movsw", address, buffer)
COPY(copy_in32, "rep movsl", address, buffer)

#ifdef __x86_64__
#define BP "%%rbp"
#define SP "%%rsp"
#else
#define BP "%%ebp"
#define SP "%%esp"
#endif

/* The stack is the device's while ENTER pushes the frame pointer. */
GUEST_CASE(enter)
{
	const uintptr_t pushed = *(uintptr_t *)buffer;
	const uintptr_t stack = (uintptr_t)address + sizeof(pushed);

	asm volatile("push " BP "\n\t"
		     "mov " SP ", %0\n\t"
		     "mov %1, " SP "\n\t"
		     "mov %2, " BP "\n\t"
		     "enter $0, $0\n\t"
		     "mov %0, " SP "\n\t"
		     "pop " BP
		     : "=&d"((uintptr_t){0})
		     : "a"(stack), "c"(pushed)
		     : "memory");
}
