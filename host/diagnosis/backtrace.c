// SPDX-License-Identifier: MIT
/*
 * The guest's chain of calls: its frames are linked through the frame pointer,
 * which the toolchain keeps in every function. What is read may be anything,
 * so the chain must go upwards and is cut off after MAX_FRAMES.
 */
#include <inttypes.h>

#include "host/engine/arch.h"
#include "host/ltp/run.h"
#include "host/diagnosis/symbols.h"

#define MAX_FRAMES 16

/* Where an interrupt enters the library (guest/arch); frames before are its own. */
#define INTERRUPT_ENTRY "kvm_vector_"

static bool read_word(const struct tst_kvm_instance *inst, uint64_t addr, unsigned int size,
		      uint64_t *value)
{
	const void *src;

	if (addr % size || !(src = tst_kvm_get_memptr(inst, addr)))
		return false;
	*value = 0;
	memcpy(value, src, size); /* the guest is little-endian like its host */
	return true;
}

/* Return addresses from the frame of @state on; returns their number. */
static unsigned int walk(const struct tst_kvm_instance *inst, struct tst_arch_frame frame,
			 uint64_t *addresses)
{
	uint64_t next;
	unsigned int count;

	for (count = 0; count < MAX_FRAMES; count++) {
		if (!frame.pointer ||
		    !read_word(inst, frame.pointer + frame.word_size, frame.word_size,
			       &addresses[count]) ||
		    !read_word(inst, frame.pointer, frame.word_size, &next))
			break;
		if (next && next <= frame.pointer)
			return count + 1;
		frame.pointer = next;
	}
	return count;
}

/* How many of the return addresses belong to the library's handling of an interrupt. */
static unsigned int frames_of_interrupt(const uint64_t *addresses, unsigned int count)
{
	struct tst_place place;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (tst_find_place(addresses[i], &place) && place.function &&
		    !strncmp(place.function, INTERRUPT_ENTRY, strlen(INTERRUPT_ENTRY)))
			return i + 1;
	}
	return count;
}

/* One line; a return address belongs to the call before it. */
static size_t describe_frame(unsigned int nr, uint64_t address, char *buf, size_t size)
{
	char function[128] = "", line[300] = "";
	struct tst_place place;
	int len;

	if (tst_find_place(nr ? address - 1 : address, &place)) {
		if (place.function)
			snprintf(function, sizeof(function), " %s+%#" PRIx64, place.function,
				 place.offset + (nr ? 1 : 0));
		if (place.file[0])
			snprintf(line, sizeof(line), " at %s:%d", place.file, place.line);
	}
	len = snprintf(buf, size, "\n  #%u %#" PRIx64 "%s%s", nr, address, function, line);
	return len < (int)size ? (size_t)len : size - 1;
}

void tst_describe_backtrace(const struct tst_kvm_instance *inst, const uint64_t *interrupted_at,
			    char *buf, size_t size)
{
	uint64_t addresses[MAX_FRAMES];
	struct tst_arch_frame frame;
	unsigned int count, i = 0, nr = 0;
	size_t used;

	buf[0] = '\0';
	if (!tst_arch_get_frame(inst->vcpu_fd, &frame))
		return;
	frame.instruction = tst_exit_address(inst->vcpu_info, frame.instruction);
	count = walk(inst, frame, addresses);
	if (interrupted_at)
		i = frames_of_interrupt(addresses, count);
	used = describe_frame(nr++, interrupted_at ? *interrupted_at : frame.instruction, buf,
			      size);
	for (; i < count; i++)
		used += describe_frame(nr++, addresses[i], buf + used, size - used);
}
