/* SPDX-License-Identifier: MIT */
/* What the library knows of a virtual machine beside its public fields. */
#ifndef RINGSIDE_HOST_LTP_VM_H
#define RINGSIDE_HOST_LTP_VM_H

#include <pthread.h>
#include <stdbool.h>

#include "host/engine/error.h"
#include "kvm_test.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tst_kvm_vm {
	struct tst_kvm_vm *next;
	int vm_fd, vcpu_fd;
	struct kvm_run *run;
	size_t run_size;
	const void *ram[MAX_KVM_MEMSLOTS]; /* guarded buffers, or NULL */

	/* Under tst_vm_lock: */
	bool running; /* a thread is inside tst_kvm_run_instance() */
	pthread_t runner; /* that thread */

	bool timed_out; /* the test's time is over: leave KVM_RUN (atomic) */
	bool ended; /* the guest must not be run again (atomic) */
	unsigned int results; /* of the guest, TINFO not counted */
};

/*
 * Guards the list of existing virtual machines, and their descriptors and
 * mappings against being closed while the watchdog looks at them.
 */
extern pthread_mutex_t tst_vm_lock;
extern struct tst_kvm_vm *tst_vms;

/*
 * The virtual machine in @inst, or NULL. @inst may hold anything at all: what
 * it points to is believed only if the list knows it.
 */
struct tst_kvm_vm *tst_vm_of(const struct tst_kvm_instance *inst);

/* The same for a public function @func: without one, the test breaks. */
struct tst_kvm_vm *tst_vm_needed(const struct tst_kvm_instance *inst, const char *func);

/*
 * Installs a memslot with a buffer of its own around @size bytes at @base;
 * returns the buffer's first page, or NULL with the reason in @error.
 */
void *tst_vm_add_memory(struct tst_kvm_instance *inst, struct tst_kvm_vm *vm, unsigned int slot,
			uint64_t base, uint64_t size, unsigned int flags, struct tst_error *error);

/*
 * Whether the guest's virtual address is mapped, and where to. Breaks the test
 * when KVM cannot tell.
 */
bool tst_vm_translate(const struct tst_kvm_vm *vm, uint64_t addr, uint64_t *paddr);

/* Breaks the test if the guest in @inst has ended without a result. */
void tst_kvm_needs_result(const struct tst_kvm_instance *inst);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_HOST_LTP_VM_H */
