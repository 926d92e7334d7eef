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
 *   0x00000000  slot 0: RAM, ram_size bytes. Page 0 stays empty.
 *   0x00001000    the payload's flat image, struct kvm_payload_header first
 *   0xfffff000  slot 1: the result page, struct tst_kvm_result first
 *   0xfffffff0    the reset vector (x86), the last 16 bytes of that page
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

/* Payload architectures, the "arch" field of struct kvm_payload_header. */
#define KVM_PAYLOAD_ARCH_I386 1
#define KVM_PAYLOAD_ARCH_X86_64 2

#define KVM_PAYLOAD_MAGIC 0x44495352 /* "RSID" */
#define KVM_PAYLOAD_VERSION 1

#ifndef __ASSEMBLER__ /* the guest's start code needs the constants only */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define KVM_ABI_ASSERT(cond, text) static_assert(cond, text)
#else
#define KVM_ABI_ASSERT(cond, text) _Static_assert(cond, text)
#endif

/*
 * The start of the result page. The guest fills it in and halts (a message
 * or KVM_TEXIT) or goes on running (KVM_TSYNC). The host trusts none of it.
 */
struct tst_kvm_result {
	int32_t result; /* a result type or a control value */
	int32_t lineno; /* where the message comes from, or KVM_LINENO_ADDRESS */
	uint64_t file_addr; /* guest virtual address of the file's name */
	char message[0]; /* NUL-terminated, KVM_RESULT_MESSAGE_SIZE at most */
};

KVM_ABI_ASSERT(sizeof(struct tst_kvm_result) == 16, "tst_kvm_result: wrong size");

/* Bytes for a message and its NUL: the page less the header and reset vector. */
#define KVM_RESULT_MESSAGE_SIZE \
	(VM_RESET_BASEADDR - KVM_RESULT_BASEADDR - sizeof(struct tst_kvm_result))

/*
 * The first bytes of every payload image. The host checks the constants
 * before it loads the image and fills in ram_end in the guest's copy.
 */
struct kvm_payload_header {
	uint8_t entry[16]; /* code: execution starts at its first byte */
	uint32_t magic; /* KVM_PAYLOAD_MAGIC */
	uint16_t version; /* KVM_PAYLOAD_VERSION */
	uint16_t arch; /* KVM_PAYLOAD_ARCH_* */
	uint64_t load_addr; /* VM_KERNEL_BASEADDR */
	uint64_t mem_end; /* first address after the payload's zeroed data */
	uint64_t ram_end; /* first address after RAM; written by the host */
};

KVM_ABI_ASSERT(sizeof(struct kvm_payload_header) == 48, "kvm_payload_header: wrong size");
KVM_ABI_ASSERT(offsetof(struct kvm_payload_header, magic) == 16, "kvm_payload_header: magic");
KVM_ABI_ASSERT(offsetof(struct kvm_payload_header, load_addr) == 24,
	       "kvm_payload_header: load_addr");
KVM_ABI_ASSERT(offsetof(struct kvm_payload_header, mem_end) == 32, "kvm_payload_header: mem_end");
KVM_ABI_ASSERT(offsetof(struct kvm_payload_header, ram_end) == 40, "kvm_payload_header: ram_end");

#endif /* __ASSEMBLER__ */

#endif /* RINGSIDE_ABI_KVM_ABI_H */
