/* SPDX-License-Identifier: MIT */
/*
 * The engine: virtual machines by KVM's API, and nothing of any test framework.
 *
 * Functions that can fail return false and fill in a struct engine_error. The
 * guest is hostile: nothing that it can write is believed.
 *
 * Whatever the process does to KVM goes through the engine's ioctl()
 * (system.c): so a test's own KVM_RUN loops and memslots are known here, too.
 */
#ifndef RINGSIDE_HOST_ENGINE_ENGINE_H
#define RINGSIDE_HOST_ENGINE_ENGINE_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/engine/error.h"
#include "kvm_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Memslots that the engine takes for itself. */
#define ENGINE_SLOT_RAM 0
#define ENGINE_SLOT_RESULT 1

#define ENGINE_REPORT_SIZE 256

struct engine_vm;

/* A copy of an exit: of one that was taken out of KVM before its turn came, for example. */
struct engine_exit {
	struct engine_exit *next;
	bool wants_answer; /* KVM reads something out of struct kvm_run when it goes on */
	struct kvm_run run; /* the fixed part */
	size_t data_size; /* of an I/O exit's data */
	unsigned char data[];
};

/* One of KVM's statistics, which only grow (shadow.c). */
struct engine_count {
	bool looked_for; /* the rest is known */
	int stats; /* from KVM_GET_STATS_FD; or -1 */
	off_t at; /* where it is there; or -1 */
	uint64_t now; /* read last */
	uint64_t dropped; /* when shadow pages were dropped last */
};

struct engine_vcpu {
	struct engine_vcpu *next_extra;
	struct engine_vm *vm;
	unsigned int index;
	int fd;
	struct kvm_run *run;
	size_t run_size;
	struct kvm_dirty_gfn *ring; /* the dirty ring, or NULL */
	uint32_t ring_next; /* the entry to look at next */

	/* Guards what follows; nobody holds it while KVM_RUN executes guest code. */
	pthread_mutex_t gate;
	pthread_cond_t left; /* the CPU has left KVM_RUN, or answered */
	bool running; /* a thread is inside KVM_RUN */
	pthread_t thread; /* that thread */
	bool wanted; /* somebody waits for the registers below */
	unsigned long answers; /* how often they were fetched */
	struct kvm_sregs2 sregs;

	/*
	 * General registers are in run for the next KVM_RUN to take (KVM API,
	 * KVM_CAP_SYNC_REGS); every other call brings them to KVM first. Under the mutex.
	 */
	bool registers_wait;
	pthread_mutex_t registers;

	/* What the guest has reported last, as text; of the thread that runs the CPU. */
	char last_report[ENGINE_REPORT_SIZE];

	/* Of the thread that runs or saves the CPU (settle.c): */
	bool entered; /* KVM_RUN was called at least once */
	struct engine_count faults; /* page faults that KVM has had to do with */
	bool open; /* run shows an MMIO read that KVM goes on with */
	struct engine_exit *answered; /* the reads before it, of the same instruction */
	struct engine_exit *replay; /* such reads of a loaded state: answered once more */
	struct engine_exit *pending; /* fetched by a save; delivered in place of KVM_RUN */
	struct engine_exit *settled; /* what run shows, if a save has completed that read */
};

/* A memslot that exists; the engine learns of every one, whoever made it. */
struct engine_slot {
	uint32_t slot; /* with the address space's number in the upper half */
	uint32_t flags;
	uint64_t base, size;
	unsigned char *host;
	const void *owner; /* what the engine's user gave for it, or NULL */
};

enum engine_irqchip {
	ENGINE_NO_IRQCHIP,
	ENGINE_KERNEL_IRQCHIP,
	ENGINE_SPLIT_IRQCHIP
};

/*
 * A payload: the flat image that is loaded, and its ELF file if there is one. Without
 * an image, RAM is zero, there are no result slots, and the CPUs are as KVM makes them.
 */
struct engine_payload {
	const char *image; /* or NULL */
	size_t size;
	const unsigned char *elf, *elf_end;
};

struct engine_vm {
	struct engine_vm *next; /* under engine_lock */
	int fd;
	enum engine_irqchip irqchip;
	struct engine_payload payload;
	unsigned int vcpu_count;
	struct engine_vcpu *vcpus[KVM_MAX_CPUS];
	uint64_t ram_size; /* in all */
	uint64_t low_ram_end; /* of the part at address 0 */
	uint32_t ring_entries; /* of each CPU's dirty ring; 0: none */
	struct engine_count shadows; /* shadow pages that KVM has made */
	struct engine_vcpu *extra; /* CPUs that the test has made itself; under engine_lock */

	pthread_mutex_t lock; /* guards the slots */
	struct engine_slot *slots; /* by address */
	unsigned int slot_count, slot_room;
	void *user; /* the engine's user's */
	void (*drop_memory)(struct engine_vm *vm, const void *owner, bool unused);
};

/* Guards the list of all virtual machines, and each against its destruction. */
extern pthread_mutex_t engine_lock;
extern struct engine_vm *engine_vms;

/* --- System calls (system.c) ------------------------------------------------ */

/*
 * Every call of the engine that the kernel may refuse: the kernel's own return
 * value and errno. engine_ioctl() does not look at what it does, but a CPU has its
 * registers before.
 */
int engine_ioctl(int fd, unsigned long request, void *arg);
int engine_open(const char *path);
void *engine_map(int fd, off_t offset, size_t size); /* MAP_FAILED if refused */
int engine_eventfd(void); /* not blocking, closed by exec() */
int engine_memfd(unsigned int flags, size_t size); /* closed by exec(); -1 if refused */

/*
 * Called in a thread whose KVM_RUN has returned, with what it returned and its
 * errno; may print, must not leave by a jump.
 */
extern void (*engine_on_leave)(struct engine_vcpu *vcpu, int ret, int err);

/*
 * Leaves it to the next call for @vcpu to bring KVM the general registers that are in its
 * struct kvm_run; or forgets them. False: calls for @vcpu are not known by their descriptor.
 */
bool engine_let_registers_wait(struct engine_vcpu *vcpu);
void engine_forget_registers(struct engine_vcpu *vcpu);

/* Lets engine_kick() get this thread out of KVM_RUN, whatever signals it blocks. */
void engine_let_kicks_in(void);
void engine_kick(pthread_t thread);

/* Makes @vcpu, @vm known to ioctl() by their descriptors; and unknown again. */
void engine_know_vcpu(struct engine_vcpu *vcpu);
void engine_know_vm(struct engine_vm *vm);
void engine_forget_vcpu(struct engine_vcpu *vcpu);
void engine_forget_vm(struct engine_vm *vm);

/*
 * Sends the thread that is inside KVM_RUN with @vcpu out of it, if one is; KVM_RUN
 * returns EINTR at once from here on.
 */
void engine_stop(struct engine_vcpu *vcpu);

/*
 * KVM_RUN with a CPU of a virtual machine that the test has made by ioctl (foreign.c).
 * engine_on_leave gets it, in a machine without anything, if it had to be stopped.
 */
int engine_run_foreign(int fd);

/* Whether a thread is inside KVM_RUN with such a CPU. */
bool engine_foreign_runs(void);

/* Sends those threads out of it; KVM_RUN returns EINTR at once, until it is allowed again. */
void engine_stop_foreign(void);
void engine_allow_foreign(void);

/*
 * The special registers: fetched by the thread that is inside KVM_RUN, if one
 * is, which goes on afterwards (arch_get_sregs()).
 */
bool engine_get_sregs(struct engine_vcpu *vcpu, struct kvm_sregs2 *sregs,
		      struct engine_error *error);

/* --- Virtual machines (vm.c) ------------------------------------------------ */

/* What KVM and the CPU can do; asked once for all machines. */
struct engine_host {
	unsigned int max_vcpus; /* KVM_CAP_MAX_VCPUS */
	unsigned int max_slots; /* KVM_CAP_NR_MEMSLOTS */
	unsigned int max_gsis; /* KVM_CAP_IRQ_ROUTING */
	size_t run_size; /* KVM_GET_VCPU_MMAP_SIZE */
	struct kvm_cpuid2 *cpuid; /* KVM_GET_SUPPORTED_CPUID, or NULL if there is no such call */
};

/* The same for everybody, valid until engine_forget_host(). */
const struct engine_host *engine_host(struct engine_error *error);

/* To be called when another KVM may be there: a module was loaded or removed. */
void engine_forget_host(void);

/* Opens /dev/kvm and checks its version; returns the descriptor or -1. */
int engine_open_kvm(struct engine_error *error);

/* Memory for a memslot. */
struct engine_memory {
	void *host;
	const void *owner; /* its name, for drop_memory */
	int guest_memfd; /* from KVM_CREATE_GUEST_MEMFD, the caller's to close; or -1 */
};

struct engine_config {
	uint64_t ram_size; /* in bytes, whole pages */
	unsigned int vcpus;
	enum engine_irqchip irqchip;
	uint32_t dirty_ring; /* entries for each CPU; 0: none */
	struct engine_payload payload;
	void *user;
	/* Called after KVM_CREATE_VM; may leave by a jump: the machine is then destroyed later. */
	void (*before_vcpus)(struct engine_vm *vm);
	/* Zeroed memory of @size bytes, whole pages; @is_ram: for RAM, not for result slots. */
	bool (*take_memory)(struct engine_vm *vm, uint64_t size, bool is_ram,
			    struct engine_memory *memory, struct engine_error *error);
	/* Gives it back; @unused: no guest and no test has seen it. */
	void (*drop_memory)(struct engine_vm *vm, const void *owner, bool unused);
};

/*
 * Makes a machine, step by step: engine_begin() has the VM, engine_complete()
 * memory, payload and CPUs. Between the two, the machine is in the list.
 */
struct engine_vm *engine_begin(const struct engine_config *config, struct engine_error *error);
bool engine_complete(struct engine_vm *vm, const struct engine_config *config,
		     struct engine_error *error);

/* Takes the machine out of the list unless one of its CPUs runs; returns whether it did. */
bool engine_unlist(struct engine_vm *vm);

/* Releases a machine that is in the list no more. Its memory stays its owner's. */
void engine_release(struct engine_vm *vm);

/* --- Memory (memory.c) ------------------------------------------------------- */

/*
 * Installs, changes or removes a memslot (KVM_SET_USER_MEMORY_REGION); a size
 * of 0 removes it.
 */
bool engine_set_memory(struct engine_vm *vm, uint32_t slot, uint64_t base, uint64_t size,
		       uint32_t flags, void *host, const void *owner, struct engine_error *error);

/* The same for memory that take_memory has given. */
bool engine_add_memory(struct engine_vm *vm, uint32_t slot, uint64_t base, uint64_t size,
		       const struct engine_memory *memory, struct engine_error *error);

/*
 * What ioctl() does after a KVM_SET_USER_MEMORY_REGION that KVM has accepted; the
 * beginning of what KVM_SET_USER_MEMORY_REGION2 takes is the same.
 */
void engine_note_memory(struct engine_vm *vm, const struct kvm_userspace_memory_region *region);

/* A copy of the memslot with that number, or that holds @paddr; false if there is none. */
bool engine_slot(struct engine_vm *vm, uint32_t slot, struct engine_slot *copy);
bool engine_slot_at(struct engine_vm *vm, uint64_t paddr, struct engine_slot *copy);

/* A memslot that shares a page with the @size bytes at @base; false if none does. */
bool engine_slot_overlapping(struct engine_vm *vm, uint64_t base, uint64_t size,
			     struct engine_slot *copy);

/* All memslots in the order of their numbers, for the caller to free(); NULL without memory. */
struct engine_slot *engine_all_slots(struct engine_vm *vm, unsigned int *count);

/* Host pointer to the byte at @paddr, or NULL; good to the end of the page. */
void *engine_at(struct engine_vm *vm, uint64_t paddr);

/*
 * Copies @size bytes at @paddr, all in one page. False without memory there: no
 * memslot, or one of the test's own whose host memory is gone.
 */
bool engine_read(struct engine_vm *vm, uint64_t paddr, void *buf, size_t size);

/* The dirty pages of a memslot since the last call (KVM_GET_DIRTY_LOG), one bit each. */
bool engine_get_dirty_log(struct engine_vm *vm, uint32_t slot, void *bitmap,
			  struct engine_error *error);
bool engine_clear_dirty_log(struct engine_vm *vm, uint32_t slot, uint64_t first, uint32_t pages,
			    void *bitmap, struct engine_error *error);

/*
 * Takes the next entry of the CPU's dirty ring: true if there was one. Without
 * one, the entries taken are given back to KVM (KVM_RESET_DIRTY_RINGS).
 */
bool engine_next_dirty(struct engine_vcpu *vcpu, uint32_t *slot, uint64_t *page,
		       struct engine_error *error);

/* Where the page tables of @vcpu lead @addr; false if nowhere. Error text empty then. */
bool engine_translate(struct engine_vcpu *vcpu, uint64_t addr, uint64_t *paddr,
		      struct engine_error *error);

/* --- Running (vcpu.c) --------------------------------------------------------- */

/* What is known of a CPU with that descriptor, which stays the caller's on errors. */
struct engine_vcpu *engine_new_vcpu(struct engine_vm *vm, unsigned int index, int fd,
				    size_t run_size, struct engine_error *error);
void engine_delete_vcpu(struct engine_vcpu *vcpu);

enum engine_event {
	ENGINE_EXIT, /* vcpu->run tells more */
	ENGINE_DOORBELL, /* *value is what was written */
	ENGINE_INTERRUPTED, /* KVM_RUN was interrupted, EINTR */
	ENGINE_FAILED /* KVM_RUN failed, errno in error->err */
};

/* Runs the CPU once (KVM_RUN). */
enum engine_event engine_run(struct engine_vcpu *vcpu, uint32_t *value, struct engine_error *error);

/* Whether that exit is the doorbell, and what was written to it. */
bool engine_is_doorbell(const struct kvm_run *run, uint32_t *value);

/* Whether a thread is inside KVM_RUN with the CPU. */
bool engine_is_running(struct engine_vcpu *vcpu);

/*
 * Completes what KVM_RUN has left open, for a save (KVM API, KVM_RUN: "operations
 * are complete only after userspace has re-entered the kernel"). The exit that
 * @run shows stays; exits that follow from it are queued in @pending. One that
 * wants an answer is the last of the queue: its instruction is still to be executed,
 * with the answers in @answered.
 */
bool engine_settle(struct engine_vcpu *vcpu, struct engine_error *error);

/* The same for a CPU that is to get another state: what follows is forgotten. */
bool engine_abandon(struct engine_vcpu *vcpu, struct engine_error *error);

/* Reads that have to be answered once more in a state that is saved now. */
const struct engine_exit *engine_reads_before(const struct engine_vcpu *vcpu);

/* A copy of the exit that @vcpu shows, or of others up to one that wants an answer. */
struct engine_exit *engine_copy_exit(const struct engine_vcpu *vcpu);
bool engine_copy_exits(const struct engine_exit *from, bool reads, struct engine_exit **to);
void engine_free_exits(struct engine_exit *first);

/* Has @run show that exit; what else is in @run stays. */
void engine_show_exit(struct engine_vcpu *vcpu, const struct engine_exit *exit);

/*
 * For ioctl(), which has the gate: whether there is an exit already, without KVM_RUN
 * having executed guest code; and, after KVM_RUN has returned 0, whether to call it
 * again since the exit was a read that a loaded state has an answer for.
 */
bool engine_before_run(struct engine_vcpu *vcpu);
bool engine_after_run(struct engine_vcpu *vcpu);

/* False if the test has answered an exit that a save had completed before. */
bool engine_check_answer(const struct engine_vcpu *vcpu, struct engine_error *error);

/* Has a CPU that waits for a startup IPI begin at the reset vector (KVM_SET_MP_STATE). */
bool engine_make_runnable(struct engine_vcpu *vcpu, struct engine_error *error);

/* The CPU's control block in its result slot. */
struct kvm_cpu_control *engine_control(struct engine_vm *vm, unsigned int cpu);
struct tst_kvm_result *engine_result(struct engine_vm *vm, unsigned int cpu);

/* --- Interrupts (interrupts.c) -------------------------------------------------- */

bool engine_irq_line(struct engine_vm *vm, uint32_t gsi, uint32_t level,
		     struct engine_error *error);
bool engine_msi(struct engine_vm *vm, uint64_t address, uint32_t data, struct engine_error *error);
/* An eventfd that raises @gsi, or that a write to @address rings; -1 with the reason. */
int engine_irqfd(struct engine_vm *vm, uint32_t gsi, struct engine_error *error);
int engine_ioeventfd(struct engine_vm *vm, uint64_t address, uint32_t size, bool pio,
		     struct engine_error *error);
bool engine_interrupt(struct engine_vcpu *vcpu, uint32_t vector, struct engine_error *error);
bool engine_nmi(struct engine_vcpu *vcpu, struct engine_error *error);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_HOST_ENGINE_ENGINE_H */
