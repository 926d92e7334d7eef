// SPDX-License-Identifier: MIT
/* Writes to and reads from memslots that the controller watches, protects or moves. */
#include "guest_case.h"
#include "kvm_x86.h"
#include "tracking.h"

/* Pages of AREA: the first to write to, the distance to the next, and their number. */
GUEST_SHARED uint32_t first_page;
GUEST_SHARED uint32_t page_step;
GUEST_SHARED uint32_t page_count;
GUEST_SHARED uint32_t stop;
GUEST_SHARED uint32_t last_read;
GUEST_SHARED uint32_t reads;

static volatile uint32_t *page(uint32_t number)
{
	return (volatile uint32_t *)(uintptr_t)(AREA + number * PAGESIZE);
}

/* Rounds of writes, with the controller's turn between them. */
GUEST_CASE(write_rounds)
{
	for (uint32_t round = 1;; round++) {
		kvm_yield();
		if (stop)
			break;
		for (uint32_t i = 0; i < page_count; i++)
			*page(first_page + i * page_step) = round;
	}
}

/* A read makes no page dirty. */
GUEST_CASE(read_only)
{
	uint32_t sum = 0;

	kvm_yield();
	for (uint32_t i = 0; i < page_count; i++)
		sum += *page(i);
	last_read = sum;
	kvm_yield();
}

/* Each CPU writes to each second page, beginning with the one of its own number. */
static void write_every_second(void)
{
	for (uint32_t i = tst_cpu(); i < AREA_PAGES; i += 2)
		*page(i) = i + 1;
}

GUEST_CPU(write_second, arg)
{
	write_every_second();
}

GUEST_CASE(write_both)
{
	write_every_second();
	tst_join_cpu(1);
}

/* Reads one word over and over, while the controller moves what is behind it. */
GUEST_CASE(read_on)
{
	while (!stop) {
		last_read = *page(0);
		reads++;
	}
}

/* The same on two addresses: the memslot is at one of them, or at none. */
GUEST_SHARED uint32_t last_other;

GUEST_CASE(read_both_on)
{
	while (!stop) {
		last_read = *page(0);
		last_other = *(volatile uint32_t *)OTHER_AREA;
		reads++;
	}
}

/* Writes a number that rises, and notes it when the write is done. */
GUEST_SHARED uint32_t written;

GUEST_CASE(write_on)
{
	for (uint32_t number = 1; !stop; number++) {
		*page(0) = number;
		written = number;
	}
}

/* A ROM: what is read is right, and stays so after a write. */
GUEST_SHARED uint32_t read_before;
GUEST_SHARED uint32_t read_after;

GUEST_CASE(write_rom)
{
	read_before = *page(0);
	*page(0) = 0x12345678;
	read_after = *page(0);
	((volatile uint8_t *)page(0))[5] = 0xab;
	((volatile uint16_t *)page(1))[-1] = 0xcdef;
	kvm_yield();
	*page(0) = 0x87654321; /* the controller has made it writable */
	read_after = *page(0);
}

/* Code in a ROM: returns what the controller has put there. */
GUEST_CASE(run_rom)
{
	read_before = ((uint32_t (*)(void))(uintptr_t)AREA)();
	if (read_before == 0x5ec4e7)
		tst_res(TPASS, "the ROM's code ran");
	else
		tst_res(TFAIL, "the ROM's code returned %#x", read_before);
}

/* A read-modify-write instruction reads the ROM and writes to the device. */
GUEST_CASE(add_to_rom)
{
	asm volatile("addl $1, %0" : "+m"(*page(0)) : : "cc");
}
