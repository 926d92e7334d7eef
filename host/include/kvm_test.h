/* SPDX-License-Identifier: MIT */
/*
 * The controller's side of a KVM test: virtual machines, their memory, and
 * running a payload in them. The payload's side is another header of the same
 * name, which the payload's compilation finds instead.
 *
 * A function that cannot do its job ends the test with tst_brk(TBROK): the
 * message names the function, the argument, the limit and the mend. What it
 * had begun is undone first.
 *
 * Threads: an instance belongs to one thread at a time, but while a thread is
 * inside tst_kvm_run_instance(), others may call tst_kvm_wait_guest() and
 * tst_kvm_clear_guest_signal() and look for memslots by physical address.
 * Address translation waits until the virtual CPU is out of KVM_RUN.
 */
#ifndef RINGSIDE_HOST_KVM_TEST_H
#define RINGSIDE_HOST_KVM_TEST_H

#include <inttypes.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm_abi.h"
#include "tst_test.h"

/* RAM that a payload finds free after its own code and data, at least. */
#define MIN_FREE_RAM (10 * 1024 * 1024)
/* RAM of the virtual machine that tst_kvm_run() makes. */
#define DEFAULT_RAM_SIZE (16 * 1024 * 1024)
/* Slots are 0 to MAX_KVM_MEMSLOTS - 1; 0 is RAM and 1 the result page. */
#define MAX_KVM_MEMSLOTS 8

#ifdef __cplusplus
extern "C" {
#endif

struct tst_kvm_vm;

/*
 * A virtual machine with one virtual CPU. Before tst_kvm_create_instance()
 * the contents may be anything; after tst_kvm_destroy_instance() the
 * descriptors are -1 and everything else is zero.
 */
struct tst_kvm_instance {
	int vm_fd, vcpu_fd; /* from KVM_CREATE_VM and KVM_CREATE_VCPU */
	struct kvm_run *vcpu_info; /* the virtual CPU's shared state */
	size_t vcpu_info_size; /* its size, from KVM_GET_VCPU_MMAP_SIZE */
	/* Memslots in use; userspace_addr is 0 in the others. */
	struct kvm_userspace_memory_region ram[MAX_KVM_MEMSLOTS];
	struct tst_kvm_result *result; /* the result page, shared with the guest */
	struct tst_kvm_vm *vm; /* private to the library */
};

/* The payload's flat image, which the build links into the controller. */
extern const char kvm_payload_start[], kvm_payload_end[];

/*
 * Functions for struct tst_test when the test needs nothing special. Use all
 * three together, either directly or from functions of your own.
 *
 * tst_kvm_run() makes a virtual machine of DEFAULT_RAM_SIZE, runs the payload
 * in it and destroys it, then calls tst_free_all(): guarded buffers allocated
 * before are gone. A payload that ends without a result (other than TINFO)
 * breaks the test.
 */
void tst_kvm_setup(void);
void tst_kvm_run(void);
void tst_kvm_cleanup(void);

/*
 * Breaks the test unless tst_res() takes @value as a result type: TPASS,
 * TFAIL, TBROK, TWARN, TINFO or TCONF. For values that come from a guest.
 */
void tst_kvm_validate_result(int value);

/*
 * Physical address for the guest virtual address @addr, through the page
 * tables that the guest has active (KVM_TRANSLATE). @addr itself when the
 * guest has paging disabled; 0 when the address is not mapped.
 */
uint64_t tst_kvm_get_phys_address(const struct tst_kvm_instance *inst, uint64_t addr);

/* The memslot that holds the physical address @paddr, or -1. */
int tst_kvm_find_phys_memslot(const struct tst_kvm_instance *inst, uint64_t paddr);

/* The memslot behind the guest virtual address @addr, or -1. */
int tst_kvm_find_memslot(const struct tst_kvm_instance *inst, uint64_t addr);

/*
 * Host pointer to the byte at the guest virtual address @addr, or NULL when
 * it is not mapped to a memslot. Good to the end of the guest's page only:
 * the next page may be anywhere.
 */
void *tst_kvm_get_memptr(const struct tst_kvm_instance *inst, uint64_t addr);

/*
 * Gives the guest more memory: a guarded buffer (see tst_alloc()) in memslot
 * @slot at physical address @baseaddr, zeroed (KVM_SET_USER_MEMORY_REGION).
 *
 * @slot:     a free slot, less than MAX_KVM_MEMSLOTS
 * @baseaddr: need not be aligned; the memslot covers all pages that the range
 *            touches, none of them may belong to another memslot, and all have
 *            to end before the address space's last page
 * @size:     in bytes, not 0
 * @flags:    0, KVM_MEM_LOG_DIRTY_PAGES, KVM_MEM_READONLY
 *
 * What is refused changes nothing. A memslot that the test makes itself, with
 * SAFE_IOCTL(inst->vm_fd, KVM_SET_USER_MEMORY_REGION, ...), has to be aligned to
 * pages: KVM refuses others (EINVAL).
 *
 * Returns the start of the first page: @baseaddr is at
 * ret + @baseaddr % pagesize. The buffer belongs to the library, which frees
 * it in tst_free_all() once the virtual machine is destroyed.
 */
void *tst_kvm_alloc_memory(struct tst_kvm_instance *inst, unsigned int slot, uint64_t baseaddr,
			   size_t size, unsigned int flags);

/*
 * The CPU features that KVM can offer a guest (KVM_GET_SUPPORTED_CPUID).
 * @sysfd is /dev/kvm, open. Returns a list for the caller to free(), or NULL
 * when this KVM has no such call.
 */
struct kvm_cpuid2 *tst_kvm_get_cpuid(int sysfd);

/*
 * Makes a virtual machine in @inst: memslot 0 with RAM at address 0, memslot
 * 1 with the result page, the payload loaded, one virtual CPU at its reset
 * vector with all CPU features that KVM can offer.
 *
 * @ram_size: in bytes, at most KVM_RESULT_BASEADDR. Rounded up to whole pages,
 *            and to what the payload needs with MIN_FREE_RAM.
 *
 * If @inst still holds a virtual machine, that one is destroyed first.
 */
void tst_kvm_create_instance(struct tst_kvm_instance *inst, size_t ram_size);

/*
 * Runs the guest until its payload ends, and reports its results as they
 * come (KVM_RUN). Returns 0.
 *
 * @exp_errno: when KVM_RUN fails with this error, return -1 with errno set
 *             rather than break the test; the guest may then be run on. 0 if
 *             no error is expected. EINTR, when it is not the expected error,
 *             means a signal that has been handled: the guest runs on.
 *
 * A guest that leaves in any other way breaks the test: the message tells why
 * it left and the state of its registers. A guest that has ended cannot be
 * run again; make a new virtual machine.
 */
int tst_kvm_run_instance(struct tst_kvm_instance *inst, int exp_errno);

/*
 * Destroys the virtual machine in @inst. Guarded buffers that were its memory
 * stay until tst_free_all().
 *
 * Without a virtual machine in @inst, this breaks the test, but does nothing
 * in a struct tst_test's cleanup function, which need not know how far the
 * test got. No thread may be inside tst_kvm_run_instance() with @inst.
 */
void tst_kvm_destroy_instance(struct tst_kvm_instance *inst);

/*
 * Waits for a guest that another thread runs to call tst_signal_host() or
 * tst_wait_host(), @timeout_ms milliseconds at most; for ever if negative.
 * Returns 0 when the guest has signalled, KVM_TEXIT when it ended without,
 * -1 at the timeout. The guest's argument is in @inst->result->file_addr.
 */
int tst_kvm_wait_guest(struct tst_kvm_instance *inst, int timeout_ms);

/*
 * Takes note of the guest's signal: a guest in tst_wait_host() goes on.
 * Without a signal it does nothing.
 */
void tst_kvm_clear_guest_signal(struct tst_kvm_instance *inst);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_HOST_KVM_TEST_H */
