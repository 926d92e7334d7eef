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
 * Threads: an instance belongs to one thread at a time, but while threads are
 * inside tst_kvm_run_instance() or tst_kvm_run_vcpu(), others may call all
 * functions but those that create, destroy, save and load. A virtual CPU is run
 * by one thread at a time.
 */
#ifndef RINGSIDE_HOST_KVM_TEST_H
#define RINGSIDE_HOST_KVM_TEST_H

#ifdef __cplusplus
/*
 * The C definition of a flexible array has an empty structure in it, which takes
 * a byte in C++: in Linux 6.1's headers, whose KVM_SET_GSI_ROUTING is another ioctl
 * for that. What includes <linux/kvm.h> before this header has to do the same.
 */
#include <linux/stddef.h>
#undef __DECLARE_FLEX_ARRAY
#define __DECLARE_FLEX_ARRAY(type, member) type member[0]
#endif

#include <inttypes.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm_abi.h"
#include "tst_test.h"

/* RAM that a payload finds free after its own code and data, at least. */
#define MIN_FREE_RAM (10 * 1024 * 1024)
/* RAM of the virtual machine that tst_kvm_run() makes. */
#define DEFAULT_RAM_SIZE (16 * 1024 * 1024)
/* Memslots that struct tst_kvm_instance shows; 0 is RAM and 1 the result slots. */
#define MAX_KVM_MEMSLOTS 8

#ifdef __cplusplus
extern "C" {
#endif

struct tst_kvm_vm;

/*
 * A virtual machine. Before tst_kvm_create() the contents may be anything; after
 * tst_kvm_destroy_instance() the descriptors are -1 and everything else is zero.
 */
struct tst_kvm_instance {
	int vm_fd, vcpu_fd; /* from KVM_CREATE_VM; from KVM_CREATE_VCPU, of CPU 0 */
	struct kvm_run *vcpu_info; /* CPU 0's shared state */
	size_t vcpu_info_size; /* its size, from KVM_GET_VCPU_MMAP_SIZE */
	/* The first memslots that the library has made; userspace_addr is 0 in the others. */
	struct kvm_userspace_memory_region ram[MAX_KVM_MEMSLOTS];
	/* CPU 0's result slot; after tst_kvm_wait_guest(), that of the CPU that signalled. */
	struct tst_kvm_result *result;
	struct tst_kvm_vm *vm; /* private to the library */
};

/* The payload's flat image, which the build links into the controller. */
extern const char kvm_payload_start[], kvm_payload_end[];

/* One of the payloads of a test that has several. */
struct kvm_payload {
	const char *name;
	const char *start, *end; /* the flat image */
	const unsigned char *elf_start, *elf_end; /* the ELF file */
};

/* All of them, by the names that the build gave; the table of a test with one is empty. */
extern const struct kvm_payload kvm_payloads[];
extern const unsigned int kvm_payload_count;

/*
 * Functions for struct tst_test when the test needs nothing special. Use all
 * three together, either directly or from functions of your own.
 *
 * tst_kvm_run() makes a virtual machine of DEFAULT_RAM_SIZE, runs the payload
 * in it and destroys it, then calls tst_free_all(): guarded buffers allocated
 * before are gone. A payload that ends without a result (other than TINFO)
 * breaks the test. Where it is a test's .test_all itself, iterations (-i) have one
 * machine, which tst_kvm_reset() makes as new between them; its time goes on.
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
 * Physical address for the guest virtual address @addr, by a walk through the
 * page tables that CPU 0 has active, in any of x86's paging modes. @addr itself
 * when the guest has paging disabled; 0 when the address is not mapped. Another
 * thread may be inside KVM_RUN: it leaves it for a moment (KVM_GET_SREGS).
 */
uint64_t tst_kvm_get_phys_address(const struct tst_kvm_instance *inst, uint64_t addr);

/*
 * The memslot that holds the physical address @paddr, or -1. Memslots that the
 * test has made with ioctl(KVM_SET_USER_MEMORY_REGION) count, too.
 */
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
 * @slot:     a free slot; KVM_CAP_NR_MEMSLOTS says how many there are, and the last
 *            is the library's
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

/* Where the interrupt controllers are (KVM API, KVM_CREATE_IRQCHIP, KVM_CAP_SPLIT_IRQCHIP). */
enum tst_kvm_irqchip {
	TST_KVM_NO_IRQCHIP, /* none: HLT leaves the guest */
	TST_KVM_KERNEL_IRQCHIP, /* local APICs, I/O APIC, PICs and PIT in KVM */
	TST_KVM_SPLIT_IRQCHIP, /* local APICs in KVM, the rest is the controller's */
};

/* What RAM is made of. */
enum tst_kvm_backing {
	TST_KVM_ANONYMOUS, /* private memory between guard pages */
	TST_KVM_SHARED, /* a memfd, mapped shared */
	TST_KVM_HUGETLB, /* a memfd of huge pages; TCONF where none are reserved */
	/* KVM_CREATE_GUEST_MEMFD, mapped shared; TCONF before Linux 6.18. It ends with the machine. */
	TST_KVM_GUEST_MEMFD,
};

struct tst_kvm_config {
	const char *payload; /* which of the test's payloads; NULL: the first */
	size_t ram_size; /* bytes, 0 for DEFAULT_RAM_SIZE; what does not fit below 3 GiB is above 4 */
	unsigned int vcpus; /* 0 means 1 */
	enum tst_kvm_irqchip irqchip;
	enum tst_kvm_backing backing; /* of RAM */
	unsigned int dirty_ring; /* entries for each virtual CPU, a power of two; 0: none */
	/* Called after KVM_CREATE_VM: for capabilities that must come first; or NULL. */
	void (*before_vcpus)(struct tst_kvm_instance *inst, void *arg);
	void *arg;
};

/*
 * Makes a virtual machine in @inst: memslot 0 with RAM at address 0, memslot 1
 * with a result slot for each CPU, the payload loaded, the virtual CPUs at their
 * reset vector with all features that KVM can offer; each one's APIC ID is its
 * index. With an irqchip, CPUs but the first wait for a startup IPI.
 *
 * @config: what differs from the defaults; NULL: nothing
 *
 * RAM is rounded up to whole pages, and to what the payload needs with
 * MIN_FREE_RAM. If it does not fit below the hole for devices (3 GiB with an
 * irqchip or more RAM than fits under the result slots), the rest is at 4 GiB, in
 * the last memslot. If @inst still holds a virtual machine, that one is destroyed
 * first.
 */
void tst_kvm_create(struct tst_kvm_instance *inst, const struct tst_kvm_config *config);

/*
 * tst_kvm_create() with @ram_size bytes of RAM, 1 at least, and all else default.
 */
void tst_kvm_create_instance(struct tst_kvm_instance *inst, size_t ram_size);

/* A virtual CPU; it belongs to its machine. */
struct tst_kvm_vcpu {
	int fd; /* from KVM_CREATE_VCPU */
	struct kvm_run *run; /* its shared state */
	unsigned int index; /* the number that tst_cpu() has in the payload */
	struct tst_kvm_vm *vm; /* private to the library */
};

/* The virtual CPU with that index, less than the machine's number of them. */
struct tst_kvm_vcpu *tst_kvm_vcpu(struct tst_kvm_instance *inst, unsigned int index);

/*
 * Runs all virtual CPUs of the machine until their code has ended, and reports
 * their results as they come (KVM_RUN). CPU 0 runs on the calling thread; each
 * other one on a thread of its own, from when the guest or tst_kvm_start_vcpu()
 * starts it. Returns 0.
 *
 * @exp_errno: when KVM_RUN of CPU 0 fails with this error, return -1 with errno
 *             set rather than break the test; the guest may then be run on. 0 if
 *             no error is expected. EINTR, when it is not the expected error,
 *             means a signal that has been handled: the guest runs on.
 *
 * KVM_EXIT_HLT is run on. A guest that leaves in any other way that no handler
 * takes breaks the test: the message tells why it left and the state of its
 * registers. A guest that has ended cannot be run again; make a new virtual
 * machine.
 */
int tst_kvm_run_instance(struct tst_kvm_instance *inst, int exp_errno);

#define TST_KVM_ENDED (-1) /* this CPU's code has ended: kvm_exit, main or its function returned */
#define TST_KVM_INTERRUPTED (-2) /* a signal, or run->immediate_exit */

/*
 * Runs one virtual CPU on the calling thread to the next exit that is the test's
 * business, and returns its KVM_EXIT_* reason, with details in @vcpu->run, or
 * one of the two values above. Results that the guest reports on the way are
 * printed and do not return. Any reason can be returned; that of kvm_yield() is
 * KVM_EXIT_HLT, with and without an irqchip.
 *
 * A CPU other than 0 that nobody has started yet is waited for, until CPU 0 has
 * ended; its start code then waits for page tables that CPU 0 makes before main().
 * A CPU that has ended is not entered again: TST_KVM_ENDED.
 */
int tst_kvm_run_vcpu(struct tst_kvm_vcpu *vcpu);

/* Handles an exit: 0 to run the CPU on; anything else: not handled. */
typedef int (*tst_kvm_exit_handler)(struct tst_kvm_vcpu *vcpu, void *arg);

/*
 * Has @func called with @arg for exits of any CPU with that KVM_EXIT_* reason, in
 * place of an earlier handler for it; NULL: none. It is called on the thread that
 * runs the CPU, so on several at once. An exit that it does not handle goes where
 * it would without a handler.
 */
void tst_kvm_on_exit(struct tst_kvm_instance *inst, uint32_t reason, tst_kvm_exit_handler func,
		     void *arg);

/*
 * Has a CPU other than 0 run function @function of the payload with @arg, as if
 * the guest had called tst_start_cpu(). It can be called before the machine runs
 * and while it does; a CPU that runs a function already breaks the test.
 */
void tst_kvm_start_vcpu(struct tst_kvm_vcpu *vcpu, const char *function, uint64_t arg);

/*
 * Why the CPU left, with registers and calls, as in a failure. Valid until the
 * next call with that CPU, which must be out of KVM_RUN.
 */
const char *tst_kvm_describe_exit(struct tst_kvm_vcpu *vcpu);

/*
 * Host pointer to the payload's variable or function of that name, in the machine's RAM: to the
 * global one. If there is none, to the static one, of the payload before the library's.
 */
void *tst_kvm_symbol(const struct tst_kvm_instance *inst, const char *name);

/* The guest virtual address of the payload's variable or function of that name, as above. */
uint64_t tst_kvm_symbol_address(const struct tst_kvm_instance *inst, const char *name);

/* Sets what tst_arg() returns on that CPU. */
void tst_kvm_set_arg(struct tst_kvm_vcpu *vcpu, uint64_t arg);

/*
 * Moves a memslot to the pages at @new_base, page-aligned; its contents go along
 * (KVM_SET_USER_MEMORY_REGION). Running CPUs see it at once.
 */
void tst_kvm_move_memory(struct tst_kvm_instance *inst, unsigned int slot, uint64_t new_base);

/*
 * Removes a memslot (KVM_SET_USER_MEMORY_REGION with size 0). Its buffer stays
 * until tst_free_all(); the number can be used again.
 */
void tst_kvm_free_memory(struct tst_kvm_instance *inst, unsigned int slot);

/*
 * Stores the pages of a memslot with KVM_MEM_LOG_DIRTY_PAGES that were written
 * since the last call, one bit each, in @bitmap, which has a bit for each page of
 * the slot in whole longs (KVM_GET_DIRTY_LOG). Returns their number.
 */
size_t tst_kvm_get_dirty_log(struct tst_kvm_instance *inst, unsigned int slot,
			     unsigned long *bitmap);

/*
 * Has KVM notice writes to the pages of @bitmap anew (KVM_CLEAR_DIRTY_LOG); bit 0
 * is page @first. Needs KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, from before_vcpus.
 */
void tst_kvm_clear_dirty_log(struct tst_kvm_instance *inst, unsigned int slot, size_t first,
			     size_t pages, unsigned long *bitmap);

/*
 * Takes the next entry of the CPU's dirty ring (KVM_CAP_DIRTY_LOG_RING): true,
 * with the memslot and the page's number in it, or false when there is none. The
 * entries taken are given back to KVM together, when none is left.
 */
bool tst_kvm_next_dirty(struct tst_kvm_vcpu *vcpu, unsigned int *slot, uint64_t *page);

/* Sets the level of an interrupt line (KVM_IRQ_LINE); needs the kernel irqchip. */
void tst_kvm_irq_line(struct tst_kvm_instance *inst, unsigned int gsi, int level);

/* Sends a message-signalled interrupt (KVM_SIGNAL_MSI); needs an irqchip. */
void tst_kvm_msi(struct tst_kvm_instance *inst, uint64_t address, uint32_t data);

/*
 * An eventfd; a write to it raises the interrupt @gsi (KVM_IRQFD). Needs an
 * irqchip. It is closed with the instance.
 */
int tst_kvm_irqfd(struct tst_kvm_instance *inst, unsigned int gsi);

/*
 * An eventfd that is signalled when the guest writes @size bytes (1, 2, 4, 8) to a
 * physical address or, with @pio, port; the write does not leave KVM_RUN
 * (KVM_IOEVENTFD). It does not block, and is closed with the instance.
 */
int tst_kvm_ioeventfd(struct tst_kvm_instance *inst, uint64_t address, unsigned int size, bool pio);

/*
 * Queues an external interrupt (KVM_INTERRUPT) for a machine without irqchip;
 * the CPU must be out of KVM_RUN, with @run->ready_for_interrupt_injection set.
 */
void tst_kvm_interrupt(struct tst_kvm_vcpu *vcpu, unsigned int vector);

/* Queues a non-maskable interrupt (KVM_NMI); the CPU must be out of KVM_RUN. */
void tst_kvm_nmi(struct tst_kvm_vcpu *vcpu);

/* A machine's state at one moment. It depends on no machine any more. */
struct tst_kvm_state;

/*
 * Saves the state of a machine whose CPUs rest, at any exit: what KVM's ioctls tell,
 * and the contents of all memslots. Of each CPU:
 *
 *   registers      KVM_GET_REGS, KVM_GET_SREGS2 (or KVM_GET_SREGS), KVM_GET_DEBUGREGS,
 *                  KVM_GET_XCRS, KVM_GET_XSAVE2 (or KVM_GET_XSAVE)
 *   MSRs           KVM_GET_MSRS, all of KVM_GET_MSR_INDEX_LIST that can be read
 *   events         KVM_GET_VCPU_EVENTS, KVM_GET_MP_STATE, KVM_GET_LAPIC
 *   nested guest   KVM_GET_NESTED_STATE; without KVM_CAP_NESTED_STATE, a CPU that has
 *                  SVM or VMX on breaks the test
 *   TSC            KVM_GET_TSC_KHZ, the attribute KVM_VCPU_TSC_OFFSET (or its MSR)
 *
 * and of the machine KVM_GET_CLOCK, KVM_GET_IRQCHIP and KVM_GET_PIT2. Not in it is
 * what KVM does not tell: CPUID, capabilities, MSR filters, interrupt routes, eventfds,
 * KVM_SET_GUEST_DEBUG, logs of dirty pages; nor memory of SMM's address space.
 *
 * An instruction that has left the guest is completed first (KVM_RUN with
 * immediate_exit), and the guest will not leave with that exit again. So answer an exit
 * that reads (port, MMIO, MSR) before the state is saved: an answer that comes later
 * breaks the test at the next tst_kvm_run_vcpu(). Exits that follow from completing,
 * such as the second half of a write that crosses a page, are kept and delivered by
 * the next runs of this machine, and of each that the state is loaded into. If a read
 * follows, the second half of one that crosses a page, this machine goes on with it; in
 * the saved state, the instruction is still to be executed, and the library answers the
 * reads before that one as they were answered. A loop of the test's own around KVM_RUN
 * gets all of these exits as well, but is not told of answers that come too late.
 *
 * Switches KVM_CAP_EXCEPTION_PAYLOAD and KVM_CAP_X86_TRIPLE_FAULT_EVENT on, where KVM
 * has them. May be called by a handler of tst_kvm_on_exit() if no other thread runs CPUs.
 *
 * Returns a state for tst_kvm_free_state().
 */
struct tst_kvm_state *tst_kvm_save(struct tst_kvm_instance *inst);

/*
 * Puts a machine into that state; the next run goes on from there. The machine may
 * be the one that was saved or another, and has to have the same payload, RAM,
 * number of CPUs, irqchip and memslots (number, address, size, KVM_MEM_READONLY): else
 * the test breaks and the machine is as it was. What a state does not have is up to the
 * caller. Each CPU's struct kvm_run shows the exit at which it was saved. A machine that
 * has ended can be run again afterwards.
 *
 * The TSC and KVM's clock have gone on since the save, as they do in a machine that
 * rests. Memory that is right already is not written to; dirty logs do not see what is.
 * KVM's shadows of the guest's page tables go (Linux, x86/mmu.rst); no ioctl flushes a
 * CPU's TLB, which may keep what a guest has mapped since the save, until it flushes it.
 */
void tst_kvm_load(struct tst_kvm_instance *inst, const struct tst_kvm_state *state);

/*
 * NULL if both states are equal, or what differs, a line each, by name: register,
 * number and name of an MSR, address of a page and of its first differing bytes. The
 * caller frees it. Up to 40 differences are listed.
 *
 * Time that goes on by itself is compared as follows: the TSC by its offset from the
 * host's, and not at all where KVM does not tell that or, since the host's is unstable
 * (Linux then does not offer it as a clock), changes it; a TSC deadline that has passed
 * equals none; the clock, the APIC timer's current count, when a PIT channel was
 * loaded, its request (line 0 of PIC and I/O APIC), IA32_MPERF, IA32_APERF and
 * Hyper-V's time counters are not compared. Nor is XSTATE_BV, in which a CPU may or
 * may not say that a register holds its initial value.
 */
char *tst_kvm_compare(const struct tst_kvm_state *a, const struct tst_kvm_state *b);

/* Frees a state; NULL: does nothing. */
void tst_kvm_free_state(struct tst_kvm_state *state);

/*
 * Remembers the machine's state, in place of an earlier snapshot, for tst_kvm_reset().
 * As tst_kvm_save(); it is freed with the machine.
 */
void tst_kvm_snapshot(struct tst_kvm_instance *inst);

/*
 * Puts the machine back into its snapshot, as tst_kvm_load() does, in less time: what is
 * as it was is left alone. Memory that the host has changed is put back, too. General
 * registers may wait in struct kvm_run for the next KVM_RUN (KVM API, KVM_CAP_SYNC_REGS);
 * any other ioctl on the CPU finds them set.
 */
void tst_kvm_reset(struct tst_kvm_instance *inst);

/*
 * Destroys the virtual machine in @inst. Guarded buffers that were its memory
 * stay until tst_free_all().
 *
 * Without a virtual machine in @inst, this breaks the test, but does nothing
 * in a struct tst_test's cleanup function, which need not know how far the
 * test got. No thread may run one of its CPUs.
 */
void tst_kvm_destroy_instance(struct tst_kvm_instance *inst);

/*
 * Waits for a guest that another thread runs to call tst_signal_host() or
 * tst_wait_host() on any CPU, @timeout_ms milliseconds at most; for ever if
 * negative. Returns 0 when a CPU has signalled, KVM_TEXIT when the guest ended
 * without, -1 at the timeout. @inst->result is then that CPU's result slot, with
 * the guest's argument in file_addr.
 */
int tst_kvm_wait_guest(struct tst_kvm_instance *inst, int timeout_ms);

/*
 * Takes note of the signal in @inst->result: a CPU in tst_wait_host() goes on.
 * Without a signal it does nothing.
 */
void tst_kvm_clear_guest_signal(struct tst_kvm_instance *inst);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_HOST_KVM_TEST_H */
