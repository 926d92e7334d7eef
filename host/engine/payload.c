// SPDX-License-Identifier: MIT
/* Checking the payload's image and loading it. */
#include "host/engine/payload.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "host/engine/arch.h"
#include "kvm_test.h"

#define REBUILD "link a payload that kvm_test() built with this version of the guest library"

bool tst_payload_check(const void *image, size_t size, uint64_t *ram_needed,
		       struct tst_error *error)
{
	const uint64_t limit = KVM_RESULT_BASEADDR - MIN_FREE_RAM;
	struct kvm_payload_header header;
	uint64_t end;

	if (size < sizeof(header))
		return tst_fail(error, "the payload has %zu bytes, fewer than its header's %zu; %s",
				size, sizeof(header), REBUILD);
	memcpy(&header, image, sizeof(header));
	if (header.magic != KVM_PAYLOAD_MAGIC)
		return tst_fail(error, "the payload's magic number is %#" PRIx32 ", not %#x; %s",
				header.magic, KVM_PAYLOAD_MAGIC, REBUILD);
	if (header.version != KVM_PAYLOAD_VERSION)
		return tst_fail(error, "the payload's header has version %u, not %d; %s",
				header.version, KVM_PAYLOAD_VERSION, REBUILD);
	if (!tst_arch_runs_payload(header.arch))
		return tst_fail(
			error,
			"the payload is for architecture %u, which this host's KVM does not "
			"run; build it for another guest",
			header.arch);
	if (header.load_addr != VM_KERNEL_BASEADDR)
		return tst_fail(error, "the payload wants to be at %#" PRIx64 ", not at %#x; %s",
				header.load_addr, VM_KERNEL_BASEADDR, REBUILD);
	if (size > limit - VM_KERNEL_BASEADDR)
		return tst_fail(error, "the payload has %zu bytes; there is room for %#" PRIx64,
				size, limit - VM_KERNEL_BASEADDR);
	end = VM_KERNEL_BASEADDR + size;
	if (header.mem_end < end || header.mem_end > limit)
		return tst_fail(error,
				"the payload's memory ends at %#" PRIx64
				"; it must end between %#" PRIx64
				", where its image ends, and %#" PRIx64 "; make its data smaller",
				header.mem_end, end, limit);
	*ram_needed = header.mem_end + MIN_FREE_RAM;
	return true;
}

void tst_payload_load(const void *image, size_t size, unsigned char *ram, uint64_t ram_size)
{
	struct kvm_payload_header header;

	memcpy(&header, image, sizeof(header));
	header.ram_end = ram_size;
	header.heap_end = ram_size < header.mapped_end ? ram_size : header.mapped_end;
	header.cpus = 1;
	memcpy(ram + VM_KERNEL_BASEADDR, image, size);
	memcpy(ram + VM_KERNEL_BASEADDR, &header, sizeof(header));
}
