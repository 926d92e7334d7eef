/* SPDX-License-Identifier: MIT */
/* Numbers that the start code in assembly and the C code share. */
#ifndef RINGSIDE_GUEST_X86_LAYOUT_H
#define RINGSIDE_GUEST_X86_LAYOUT_H

#include "kvm_x86_bits.h"

/* Segment selectors: positions in kvm_gdt. */
#define KVM_CS32 0x08
#define KVM_DS 0x10
#define KVM_CS64 0x18
#define KVM_TSS 0x20

#ifdef __x86_64__
#define KVM_CS KVM_CS64
#define PAYLOAD_ARCH KVM_PAYLOAD_ARCH_X86_64
#define KVM_IDT_ENTRY_BYTES 16
#else
#define KVM_CS KVM_CS32
#define PAYLOAD_ARCH KVM_PAYLOAD_ARCH_I386
#define KVM_IDT_ENTRY_BYTES 8
#endif

#define KVM_STACK_SIZE 8192

#define X86_EXCEPTION_COUNT 32
#define KVM_IDT_BYTES (X86_INTR_COUNT * KVM_IDT_ENTRY_BYTES)

/* Distance between the entry points of two vectors. */
#define KVM_VECTOR_STUB_BYTES 8

#endif /* RINGSIDE_GUEST_X86_LAYOUT_H */
