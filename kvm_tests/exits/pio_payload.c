// SPDX-License-Identifier: MIT
/*
 * Port accesses, one a case: SDM Vol. 1 "Input/Output", Vol. 2 "INS/INSB/INSW/INSD",
 * "OUTS/OUTSB/OUTSW/OUTSD".
 */
#include "guest_case.h"
#include "kvm_x86.h"
#include "pio.h"

GUEST_SHARED uint8_t buffer[BUFFER_BYTES] __attribute__((aligned(PAGESIZE)));
GUEST_SHARED uint64_t offset; /* where in the buffer */
GUEST_SHARED uint64_t elements; /* for REP */
GUEST_SHARED uint64_t end_offset; /* where SI or DI is afterwards */
GUEST_SHARED uint64_t end_count; /* CX afterwards */

static const uint32_t value = PIO_VALUE;

#define SINGLE_OUT(suffix, bits)                                    \
	GUEST_CASE(out##suffix)                                     \
	{                                                           \
		kvm_out##bits(PIO_PORT, (uint##bits##_t)value);     \
	}                                                           \
	GUEST_CASE(in##suffix)                                      \
	{                                                           \
		*(uint##bits##_t *)buffer = kvm_in##bits(PIO_PORT); \
	}

SINGLE_OUT(b, 8)
SINGLE_OUT(w, 16)
SINGLE_OUT(l, 32)

/* The string instruction, forwards or backwards, with or without REP. */
#define STRING(name, instruction)                                                              \
	GUEST_CASE(name)                                                                       \
	{                                                                                      \
		uintptr_t si = (uintptr_t)buffer + offset, di = si, cx = elements;             \
                                                                                               \
		asm volatile(instruction                                                       \
			     : "+S"(si), "+D"(di), "+c"(cx)                                    \
			     : "d"(PIO_PORT)                                                   \
			     : "memory", "cc");                                                \
		end_offset = (si == (uintptr_t)buffer + offset ? di : si) - (uintptr_t)buffer; \
		end_count = cx;                                                                \
	}

STRING(outsb_once, "outsb")
STRING(outsw_once, "outsw")
STRING(outsl_once, "outsl")
STRING(insb_once, "insb")
STRING(insw_once, "insw")
STRING(insl_once, "insl")
STRING(rep_outsb, "rep outsb")
STRING(rep_outsw, "rep outsw")
STRING(rep_outsl, "rep outsl")
STRING(rep_insb, "rep insb")
STRING(rep_insw, "rep insw")
STRING(rep_insl, "rep insl")
STRING(back_outsb, "std; rep outsb; cld")
STRING(back_outsw, "std; rep outsw; cld")
STRING(back_outsl, "std; rep outsl; cld")
STRING(back_insb, "std; rep insb; cld")
STRING(back_insw, "std; rep insw; cld")
STRING(back_insl, "std; rep insl; cld")
