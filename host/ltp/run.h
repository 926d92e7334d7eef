/* SPDX-License-Identifier: MIT */
#ifndef RINGSIDE_HOST_LTP_RUN_H
#define RINGSIDE_HOST_LTP_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "host/ltp/vm.h"

/* Room for a description of the guest's state: registers and calls. */
#define TST_DESCRIPTION_SIZE 4096

/*
 * Why the guest left, in words: the exit's name and number and what KVM says
 * about it, then the guest's registers and calls. Several lines.
 */
void tst_describe_exit(const struct tst_kvm_instance *inst, const struct tst_kvm_vm *vm, char *buf,
		       size_t size);

/*
 * An address in the instruction at which the guest left; @next is its
 * instruction pointer, which KVM has moved on already when it wrote somewhere.
 */
uint64_t tst_exit_address(const struct kvm_run *run, uint64_t next);

/*
 * The guest's calls, a line each that begins with a newline, by function, file
 * and line as far as the payload's ELF file tells. @interrupted_at: NULL, or
 * the instruction at which an interrupt came that the guest itself reports;
 * the calls that handle the interrupt are left out then.
 */
void tst_describe_backtrace(const struct tst_kvm_instance *inst, const uint64_t *interrupted_at,
			    char *buf, size_t size);

/* Reports the message that is in the result page; the guest must be out of KVM_RUN. */
void tst_report_guest_result(const struct tst_kvm_instance *inst, struct tst_kvm_vm *vm);

/*
 * Makes @len bytes at @src, up to a NUL if there is one, a string in @dst that
 * shows and does nothing else: control characters and bytes that are not UTF-8
 * appear as \xNN, and lines after the first are indented. Cut off where @size
 * ends.
 */
void tst_escape(char *dst, size_t size, const char *src, size_t len);

/* The value of the result field, which the guest may change at any time. */
int32_t tst_result_value(const struct tst_kvm_instance *inst);
void tst_set_result_value(struct tst_kvm_instance *inst, int32_t value);

/* Changes the result field only if it still holds @from. */
void tst_change_result_value(struct tst_kvm_instance *inst, int32_t from, int32_t to);

#endif /* RINGSIDE_HOST_LTP_RUN_H */
