/* SPDX-License-Identifier: MIT */
/* What each architecture in host/arch provides. */
#ifndef RINGSIDE_HOST_ENGINE_ARCH_H
#define RINGSIDE_HOST_ENGINE_ARCH_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/engine/error.h"

/* Prepares a new virtual machine, before its virtual CPU exists. */
bool tst_arch_setup_vm(int vm_fd, uint64_t ram_end, struct tst_error *error);

/* Prepares the virtual CPU; @sys_fd is /dev/kvm. */
bool tst_arch_setup_vcpu(int sys_fd, int vcpu_fd, struct tst_error *error);

/* Fills in what the CPU executes first; @page is the result page. */
void tst_arch_install_reset_code(unsigned char *page);

/* Whether this architecture's virtual CPU runs payloads of type @arch. */
bool tst_arch_runs_payload(uint16_t arch);

/*
 * Whether @addr is an address that the guest's page tables can map: KVM itself
 * ignores the bits that are too many.
 */
bool tst_arch_can_map(int vcpu_fd, uint64_t addr, struct tst_error *error);

/*
 * The guest's general registers, a few lines that begin with a newline; empty
 * when KVM does not tell. The caller must be out of KVM_RUN.
 */
void tst_arch_describe_registers(int vcpu_fd, char *buf, size_t size);

/* Where the guest is: "rip 0x10ef". */
void tst_arch_describe_position(int vcpu_fd, char *buf, size_t size);

/* Where the guest is in its calls. */
struct tst_arch_frame {
	uint64_t instruction; /* the next one's virtual address */
	uint64_t pointer; /* the frame pointer: caller's one, then return address */
	unsigned int word_size; /* of a pointer in bytes */
};

/* The guest's innermost frame; false when KVM does not tell. */
bool tst_arch_get_frame(int vcpu_fd, struct tst_arch_frame *frame);

/*
 * What is known of an exit that only this architecture has. Returns false
 * when it has nothing to say about it.
 */
bool tst_arch_describe_exit(const struct kvm_run *run, char *buf, size_t size);

#endif /* RINGSIDE_HOST_ENGINE_ARCH_H */
