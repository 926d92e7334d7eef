/* SPDX-License-Identifier: MIT */
/*
 * What the controller (host) and the payload (guest) agree on.
 *
 * Both sides of the virtualization boundary compile this header, for
 * different architectures: every field has a fixed width and every size is
 * asserted. Nothing else is shared between guest/ and host/.
 *
 * Physical memory of a fresh virtual machine:
 *
 *   0x00000000  RAM, as far as it lies below the hole for devices. Page 0 stays empty.
 *   0x00001000    the payload's flat image, struct kvm_payload_header first
 *   ...           the payload's heap, up to the header's heap_end
 *   heap_end      an area for each virtual CPU but the first: stack, TSS
 *   0xfffff000  the result slot of CPU 0, struct tst_kvm_result first
 *   0xffffe000    that of CPU 1, and so on downwards
 *   0xfffffff0  the reset vector (x86), the last 16 bytes of CPU 0's slot
 *   4 GiB       RAM that did not fit below the hole
 *
 * A guest reports by writing its own CPU's result slot and ringing the doorbell.
 */
#ifndef RINGSIDE_ABI_KVM_ABI_H
#define RINGSIDE_ABI_KVM_ABI_H

/* Result types, the "result" field of struct tst_kvm_result. */
#define TPASS 0 /* the checked behaviour is right */
#define TFAIL 1 /* the checked behaviour is wrong */
#define TBROK 2 /* the test could not check it */
#define TWARN 4 /* something beside the check went wrong */
#define TINFO 16 /* neither good nor bad */
#define TCONF 32 /* the check does not apply here */

/* Control values, in the same field. */
#define KVM_TNONE -1 /* no message; also: the host took the signal */
#define KVM_TSYNC 0xfe /* the guest signals the host */
#define KVM_TEXIT 0xff /* the payload is finished */

/*
 * In the field "lineno": the message is about an instruction of the guest, an
 * exception's for example. Its address is in "file_addr" in place of a name's.
 */
#define KVM_LINENO_ADDRESS -1

/* Guest physical addresses. */
#define VM_KERNEL_BASEADDR 0x1000
#define VM_RESET_BASEADDR 0xfffffff0
#define KVM_RESULT_BASEADDR 0xfffff000
#define KVM_RESULT_SIZE 0x1000

/* Virtual CPUs in one machine: as many as an xAPIC can address. */
#define KVM_MAX_CPUS 255

/* Of struct kvm_cpu_control in a result slot, and of a field in it. */
#define KVM_CPU_CONTROL_OFFSET 0xfc0
#define KVM_CPU_CONTROL_AREA 24

/*
 * The doorbell: a 32-bit write to an I/O port (x86) that leaves the guest with
 * KVM_EXIT_IO. The value's low byte says what the CPU that wrote it wants; with
 * KVM_DOORBELL_START, the number of the CPU to start is in the bits above.
 */
#define KVM_DOORBELL_PORT 0x5253
#define KVM_DOORBELL_RESULT 1 /* there is a message in this CPU's slot */
#define KVM_DOORBELL_END 2 /* this CPU's code has ended */
#define KVM_DOORBELL_BREAK 3 /* the payload ends, on all CPUs */
#define KVM_DOORBELL_YIELD 4 /* kvm_yield() where HLT does not leave the guest */
#define KVM_DOORBELL_START 5 /* another CPU has something to do */
#define KVM_DOORBELL_INPUT 6 /* tst_input(), and no input has been given yet */
#define KVM_DOORBELL_CPU_SHIFT 8

/* Field "state" of struct kvm_cpu_control; a fresh CPU's is KVM_CPU_STOPPED. */
#define KVM_CPU_STOPPED 0 /* nothing to do yet */
#define KVM_CPU_STARTED 1 /* has a function to run, or runs it */
#define KVM_CPU_ENDED 2 /* the function has returned, or kvm_exit() was called */

/* Bytes of the longest input. */
#define KVM_INPUT_SIZE 4096

/* Payload architectures, the "arch" field of struct kvm_payload_header. */
#define KVM_PAYLOAD_ARCH_I386 1
#define KVM_PAYLOAD_ARCH_X86_64 2

#define KVM_PAYLOAD_MAGIC 0x44495352 /* "RSID" */
#define KVM_PAYLOAD_VERSION 2

/* Field "flags" of struct kvm_payload_header, written by the host. */
#define KVM_PAYLOAD_IRQCHIP 1 /* KVM has the CPUs' interrupt controllers: HLT stays inside */

#ifndef __ASSEMBLER__ /* the guest's start code needs the constants only */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define KVM_ABI_ASSERT(cond, text) static_assert(cond, text)
#else
#define KVM_ABI_ASSERT(cond, text) _Static_assert(cond, text)
#endif

/*
 * The start of a result slot. The guest fills it in and rings the doorbell (a
 * message) or goes on running (KVM_TSYNC). The host trusts none of it.
 */
struct tst_kvm_result {
	int32_t result; /* a result type or a control value */
	int32_t lineno; /* where the message comes from, or KVM_LINENO_ADDRESS */
	uint64_t file_addr; /* guest virtual address of the file's name */
	char message[0]; /* NUL-terminated, KVM_RESULT_MESSAGE_SIZE at most */
};

KVM_ABI_ASSERT(sizeof(struct tst_kvm_result) == 16, "tst_kvm_result: wrong size");

/* Bytes for a message and its NUL: up to the CPU's control block. */
#define KVM_RESULT_MESSAGE_SIZE (KVM_CPU_CONTROL_OFFSET - sizeof(struct tst_kvm_result))

/* What a CPU is to do; in its result slot, at KVM_CPU_CONTROL_OFFSET. */
struct kvm_cpu_control {
	uint64_t function; /* guest virtual address, void (*)(void *); not used by CPU 0 */
	uint64_t function_arg;
	uint64_t arg; /* what tst_arg() returns; the host's to set */
	uint64_t area_end; /* first address after the CPU's area; 0 for CPU 0; the host's to set */
	uint32_t state; /* KVM_CPU_* */
	uint32_t last_interrupt; /* 1 and the vector that the CPU has taken last; 0: none yet */
	uint64_t last_interrupt_ip; /* the instruction that it interrupted */
};

KVM_ABI_ASSERT(sizeof(struct kvm_cpu_control) == 48, "kvm_cpu_control: wrong size");
KVM_ABI_ASSERT(offsetof(struct kvm_cpu_control, area_end) == KVM_CPU_CONTROL_AREA,
	       "kvm_cpu_control: area_end");
KVM_ABI_ASSERT(KVM_RESULT_BASEADDR + KVM_CPU_CONTROL_OFFSET + sizeof(struct kvm_cpu_control) ==
		       VM_RESET_BASEADDR,
	       "kvm_cpu_control: wrong place");

/* What tst_input() returns: the payload's variable kvm_input, which the host fills in. */
struct kvm_input {
	uint32_t given; /* 0: the host has written nothing yet */
	uint32_t size;
	uint8_t data[KVM_INPUT_SIZE];
};

KVM_ABI_ASSERT(sizeof(struct kvm_input) == KVM_INPUT_SIZE + 8, "kvm_input: wrong size");

/*
 * The first bytes of every payload image. The host checks the constants before
 * it loads the image, and fills in its own fields in the guest's copy.
 */
struct kvm_payload_header {
	uint8_t entry[16]; /* code: execution starts at its first byte */
	uint32_t magic; /* KVM_PAYLOAD_MAGIC */
	uint16_t version; /* KVM_PAYLOAD_VERSION */
	uint16_t arch; /* KVM_PAYLOAD_ARCH_* */
	uint64_t load_addr; /* VM_KERNEL_BASEADDR */
	uint64_t mem_end; /* first address after the payload's zeroed data */
	uint64_t ram_end; /* host: first address after RAM below the hole for devices */
	uint64_t mapped_end; /* first address that the payload does not map one to one */
	uint64_t heap_end; /* host: first address after the heap */
	uint32_t cpu_area_size; /* bytes of RAM for each CPU but the first, whole pages */
	uint32_t cpus; /* host: how many virtual CPUs there are */
	uint32_t flags; /* host: KVM_PAYLOAD_IRQCHIP */
	uint32_t reserved;
};

KVM_ABI_ASSERT(sizeof(struct kvm_payload_header) == 80, "kvm_payload_header: wrong size");
KVM_ABI_ASSERT(offsetof(struct kvm_payload_header, magic) == 16, "kvm_payload_header: magic");
KVM_ABI_ASSERT(offsetof(struct kvm_payload_header, load_addr) == 24,
	       "kvm_payload_header: load_addr");
KVM_ABI_ASSERT(offsetof(struct kvm_payload_header, mem_end) == 32, "kvm_payload_header: mem_end");
KVM_ABI_ASSERT(offsetof(struct kvm_payload_header, ram_end) == 40, "kvm_payload_header: ram_end");
KVM_ABI_ASSERT(offsetof(struct kvm_payload_header, mapped_end) == 48,
	       "kvm_payload_header: mapped_end");
KVM_ABI_ASSERT(offsetof(struct kvm_payload_header, heap_end) == 56, "kvm_payload_header: heap_end");
KVM_ABI_ASSERT(offsetof(struct kvm_payload_header, cpu_area_size) == 64,
	       "kvm_payload_header: cpu_area_size");
KVM_ABI_ASSERT(offsetof(struct kvm_payload_header, cpus) == 68, "kvm_payload_header: cpus");
KVM_ABI_ASSERT(offsetof(struct kvm_payload_header, flags) == 72, "kvm_payload_header: flags");

#endif /* __ASSEMBLER__ */

#endif /* RINGSIDE_ABI_KVM_ABI_H */
