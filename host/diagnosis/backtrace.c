// SPDX-License-Identifier: MIT
/*
 * The guest's chain of calls: its frames are linked through the frame pointer,
 * which the toolchain keeps in every function. What is read may be anything,
 * so the chain must go upwards and is cut off after MAX_FRAMES.
 */
#include <inttypes.h>

#include <stdio.h>
#include <string.h>

#include "host/diagnosis/diagnosis.h"
#include "host/diagnosis/symbols.h"
#include "host/engine/arch.h"

#define MAX_FRAMES 16

/* Where an interrupt enters the library (guest/arch); frames before are its own. */
#define INTERRUPT_ENTRY "kvm_vector_"

bool diagnose_read(struct engine_vcpu *vcpu, uint64_t addr, void *buf, size_t size)
{
	struct engine_error error;
	uint64_t paddr;

	return engine_translate(vcpu, addr, &paddr, &error) &&
	       engine_read(vcpu->vm, paddr, buf, size);
}

static bool read_word(struct engine_vcpu *vcpu, uint64_t addr, unsigned int size, uint64_t *value)
{
	*value = 0;
	/* The guest is little-endian like its host. */
	return addr % size == 0 && diagnose_read(vcpu, addr, value, size);
}

/* Return addresses from the frame of @state on; returns their number. */
static unsigned int walk(struct engine_vcpu *vcpu, struct arch_frame frame, uint64_t *addresses)
{
	uint64_t next;
	unsigned int count;

	for (count = 0; count < MAX_FRAMES; count++) {
		if (!frame.pointer ||
		    !read_word(vcpu, frame.pointer + frame.word_size, frame.word_size,
			       &addresses[count]) ||
		    !read_word(vcpu, frame.pointer, frame.word_size, &next))
			break;
		if (next && next <= frame.pointer)
			return count + 1;
		frame.pointer = next;
	}
	return count;
}

/* How many of the return addresses belong to the library's handling of an interrupt. */
static unsigned int frames_of_interrupt(const struct engine_payload *payload,
					const uint64_t *addresses, unsigned int count)
{
	struct diagnose_place place;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (diagnose_find_place(payload, addresses[i], &place) && place.function &&
		    !strncmp(place.function, INTERRUPT_ENTRY, strlen(INTERRUPT_ENTRY)))
			return i + 1;
	}
	return count;
}

/*
 * Whether the guest reports about a call that it is still in, by the address before
 * the return address: then no interrupt has come, and every frame counts.
 */
static bool is_in_call(const uint64_t *addresses, unsigned int count, uint64_t call)
{
	unsigned int i;

	for (i = 0; i < count && addresses[i] != call + 1; i++)
		;
	return i < count;
}

/* One line; a return address belongs to the call before it. */
static size_t describe_frame(const struct engine_payload *payload, unsigned int nr,
			     uint64_t address, char *buf, size_t size)
{
	char function[128] = "", line[300] = "";
	struct diagnose_place place;
	int len;

	if (diagnose_find_place(payload, nr ? address - 1 : address, &place)) {
		if (place.function)
			snprintf(function, sizeof(function), " %s+%#" PRIx64, place.function,
				 place.offset + (nr ? 1 : 0));
		if (place.file[0])
			snprintf(line, sizeof(line), " at %s:%d", place.file, place.line);
	}
	len = snprintf(buf, size, "\n  #%u %#" PRIx64 "%s%s", nr, address, function, line);
	return len < (int)size ? (size_t)len : size - 1;
}

void diagnose_backtrace(struct engine_vcpu *vcpu, const uint64_t *interrupted_at, char *buf,
			size_t size)
{
	const struct engine_payload *payload = &vcpu->vm->payload;
	uint64_t addresses[MAX_FRAMES];
	struct arch_frame frame;
	unsigned int count, i = 0, nr = 0;
	size_t used;

	buf[0] = '\0';
	if (!arch_get_frame(vcpu->fd, &frame))
		return;
	frame.instruction = diagnose_exit_address(vcpu->run, frame.instruction);
	count = walk(vcpu, frame, addresses);
	if (interrupted_at && is_in_call(addresses, count, *interrupted_at))
		interrupted_at = NULL;
	if (interrupted_at)
		i = frames_of_interrupt(payload, addresses, count);
	used = describe_frame(payload, nr++, interrupted_at ? *interrupted_at : frame.instruction,
			      buf, size);
	for (; i < count; i++)
		used += describe_frame(payload, nr++, addresses[i], buf + used, size - used);
}
