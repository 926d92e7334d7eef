/* SPDX-License-Identifier: MIT */
/* What an exit or a state of the guest means, in words. */
#ifndef RINGSIDE_HOST_DIAGNOSIS_DIAGNOSIS_H
#define RINGSIDE_HOST_DIAGNOSIS_DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/engine/engine.h"

/* Room for a description of the guest's state: registers and calls. */
#define DIAGNOSE_SIZE 4096

/*
 * Why the CPU left the guest: the exit's name and number and what KVM says about
 * it, then registers and calls. Several lines. The CPU must be out of KVM_RUN, as
 * for every function here.
 */
void diagnose_exit(struct engine_vcpu *vcpu, char *buf, size_t size);

/* The CPU's registers and calls, lines that begin with a newline. */
void diagnose_state(struct engine_vcpu *vcpu, char *buf, size_t size);

/* "KVM_EXIT_MMIO", or NULL for a number that is none of KVM's. */
const char *diagnose_exit_name(uint32_t reason);

/*
 * An address in the instruction at which the guest left; @next is its
 * instruction pointer, which KVM has moved on already when it wrote somewhere.
 */
uint64_t diagnose_exit_address(const struct kvm_run *run, uint64_t next);

/*
 * The guest's calls, a line each that begins with a newline, by function, file
 * and line as far as the payload's ELF file tells. @interrupted_at: NULL, or
 * the instruction at which an interrupt came that the guest itself reports;
 * the calls that handle the interrupt are left out then.
 */
void diagnose_backtrace(struct engine_vcpu *vcpu, const uint64_t *interrupted_at, char *buf,
			size_t size);

/*
 * Makes @len bytes at @src, up to a NUL if there is one, a string in @dst that
 * shows and does nothing else: control characters and bytes that are not UTF-8
 * appear as \xNN, and lines after the first are indented. Cut off where @size
 * ends.
 */
void diagnose_escape(char *dst, size_t size, const char *src, size_t len);

/* Copies @size bytes at the guest virtual address @addr, all in one page; false if none are there. */
bool diagnose_read(struct engine_vcpu *vcpu, uint64_t addr, void *buf, size_t size);

#endif /* RINGSIDE_HOST_DIAGNOSIS_DIAGNOSIS_H */
