// SPDX-License-Identifier: MIT
/* Checking the payload's image and loading it. */
#include "host/engine/payload.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "host/engine/arch.h"
#include "host/engine/engine.h"

/* RAM that a payload finds free after its own code and data, at least. */
#define FREE_RAM (10 * 1024 * 1024)

#define PAGE 0x1000ULL

#define REBUILD "link a payload that kvm_test() built with this version of the guest library"

bool engine_check_payload(const struct engine_payload *payload, unsigned int vcpus,
			  uint64_t *ram_needed, struct engine_error *error)
{
	const void *image = payload->image;
	const size_t size = payload->size;
	struct kvm_payload_header header;
	uint64_t end, limit;

	if (size < sizeof(header))
		return engine_fail(error,
				   "the payload has %zu bytes, fewer than its header's %zu; %s",
				   size, sizeof(header), REBUILD);
	memcpy(&header, image, sizeof(header));
	if (header.magic != KVM_PAYLOAD_MAGIC)
		return engine_fail(error, "the payload's magic number is %#" PRIx32 ", not %#x; %s",
				   header.magic, KVM_PAYLOAD_MAGIC, REBUILD);
	if (header.version != KVM_PAYLOAD_VERSION)
		return engine_fail(error, "the payload's header has version %u, not %d; %s",
				   header.version, KVM_PAYLOAD_VERSION, REBUILD);
	if (!arch_runs_payload(header.arch))
		return engine_fail(
			error,
			"the payload is for architecture %u, which this host's KVM does not "
			"run; build it for another guest",
			header.arch);
	if (header.load_addr != VM_KERNEL_BASEADDR)
		return engine_fail(error, "the payload wants to be at %#" PRIx64 ", not at %#x; %s",
				   header.load_addr, VM_KERNEL_BASEADDR, REBUILD);
	if (header.cpu_area_size % PAGE || header.mapped_end > KVM_RESULT_BASEADDR ||
	    header.mapped_end < VM_KERNEL_BASEADDR + FREE_RAM)
		return engine_fail(error,
				   "the payload's header has areas of %#" PRIx32
				   " bytes for its CPUs, and maps memory up to %#" PRIx64 "; %s",
				   header.cpu_area_size, header.mapped_end, REBUILD);
	limit = header.mapped_end - FREE_RAM;
	if (size > limit - VM_KERNEL_BASEADDR)
		return engine_fail(error, "the payload has %zu bytes; there is room for %#" PRIx64,
				   size, limit - VM_KERNEL_BASEADDR);
	end = VM_KERNEL_BASEADDR + size;
	if (header.mem_end < end || header.mem_end > limit)
		return engine_fail(
			error,
			"the payload's memory ends at %#" PRIx64 "; it must end between %#" PRIx64
			", where its image ends, and %#" PRIx64 "; make its data smaller",
			header.mem_end, end, limit);
	*ram_needed = header.mem_end + FREE_RAM + (uint64_t)(vcpus - 1) * header.cpu_area_size;
	if (*ram_needed > header.mapped_end)
		return engine_fail(error,
				   "the payload needs %#" PRIx64
				   " bytes of memory for itself and %u CPUs, and maps %#" PRIx64,
				   *ram_needed, vcpus, header.mapped_end);
	return true;
}

void engine_load_payload(struct engine_vm *vm, unsigned char *ram)
{
	const uint64_t areas = vm->vcpu_count - 1;
	struct kvm_payload_header header;
	uint64_t end;
	unsigned int i;

	memcpy(&header, vm->payload.image, sizeof(header));
	header.ram_end = vm->low_ram_end;
	end = vm->low_ram_end < header.mapped_end ? vm->low_ram_end : header.mapped_end;
	header.heap_end = end - areas * header.cpu_area_size;
	header.cpus = vm->vcpu_count;
	header.flags = vm->irqchip != ENGINE_NO_IRQCHIP ? KVM_PAYLOAD_IRQCHIP : 0;
	memcpy(ram + VM_KERNEL_BASEADDR, vm->payload.image, vm->payload.size);
	memcpy(ram + VM_KERNEL_BASEADDR, &header, sizeof(header));
	for (i = 0; i < vm->vcpu_count; i++) {
		engine_result(vm, i)->result = KVM_TNONE;
		if (i)
			engine_control(vm, i)->area_end =
				header.heap_end + (uint64_t)i * header.cpu_area_size;
	}
}
