// SPDX-License-Identifier: MIT
/*
 * Exits that are not over yet. After some of them, KVM goes on with the
 * instruction only when KVM_RUN is called again, and what it has in mind until
 * then is in no state that it tells (KVM API, KVM_RUN). So a CPU that is to be
 * saved is settled first: with immediate_exit, KVM_RUN completes the instruction
 * and executes no other.
 *
 * An instruction can need several reads: of MMIO across a page's end, or of two
 * operands. Until the last one is answered, the CPU's state is that before the
 * instruction. Such a state is saved with the answers given so far, and they are
 * given again when it is executed anew. So the answers of one instruction are
 * remembered: each MMIO read is completed by a KVM_RUN of its own, which tells
 * whether the instruction was done with it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/engine/engine.h"

/* The part of struct kvm_run that belongs to one exit, after its reason. */
#define DETAILS offsetof(struct kvm_run, hw)
#define DETAILS_SIZE (sizeof(((struct kvm_run *)NULL)->padding))

/* An instruction ends sooner than this, whatever it is. */
#define MANY_EXITS 100000

static bool wants_answer(const struct kvm_run *run)
{
	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		return run->io.direction == KVM_EXIT_IO_IN;
	case KVM_EXIT_MMIO:
		return !run->mmio.is_write;
	case KVM_EXIT_HYPERCALL:
	case KVM_EXIT_HYPERV:
	case KVM_EXIT_XEN:
	case KVM_EXIT_X86_RDMSR:
	case KVM_EXIT_X86_WRMSR:
		return true;
	}
	return false;
}

/* Bytes of an I/O exit's data; 0 if they are not where the test can have left them. */
static size_t data_size(const struct kvm_run *run, size_t run_size)
{
	uint64_t size;

	if (run->exit_reason != KVM_EXIT_IO)
		return 0;
	size = (uint64_t)run->io.size * run->io.count;
	if (run->io.data_offset > run_size || size > run_size - run->io.data_offset)
		return 0;
	return size;
}

struct engine_exit *engine_copy_exit(const struct engine_vcpu *vcpu)
{
	const size_t size = data_size(vcpu->run, vcpu->run_size);
	struct engine_exit *exit = calloc(1, sizeof(*exit) + size);

	if (!exit)
		return NULL;
	exit->wants_answer = wants_answer(vcpu->run);
	memcpy(&exit->run, vcpu->run, offsetof(struct kvm_run, kvm_valid_regs));
	exit->data_size = size;
	if (size)
		memcpy(exit->data, (char *)vcpu->run + exit->run.io.data_offset, size);
	return exit;
}

bool engine_copy_exits(const struct engine_exit *from, bool reads, struct engine_exit **to)
{
	*to = NULL;
	for (; from && from->wants_answer == reads; from = from->next) {
		struct engine_exit *copy = malloc(sizeof(*from) + from->data_size);

		if (!copy)
			return false;
		memcpy(copy, from, sizeof(*from) + from->data_size);
		copy->next = NULL;
		*to = copy;
		to = &copy->next;
	}
	return true;
}

void engine_free_exits(struct engine_exit *first)
{
	while (first) {
		struct engine_exit *next = first->next;

		free(first);
		first = next;
	}
}

void engine_show_exit(struct engine_vcpu *vcpu, const struct engine_exit *exit)
{
	vcpu->run->exit_reason = exit->run.exit_reason;
	memcpy((char *)vcpu->run + DETAILS, (const char *)&exit->run + DETAILS, DETAILS_SIZE);
	if (exit->data_size)
		memcpy((char *)vcpu->run + exit->run.io.data_offset, exit->data, exit->data_size);
}

static void forget(struct engine_exit **exits)
{
	engine_free_exits(*exits);
	*exits = NULL;
}

static void append(struct engine_exit **list, struct engine_exit *exit)
{
	while (*list)
		list = &(*list)->next;
	exit->next = NULL;
	*list = exit;
}

bool engine_check_answer(const struct engine_vcpu *vcpu, struct engine_error *error)
{
	const struct engine_exit *settled = vcpu->settled;
	const char *run = (const char *)vcpu->run;

	if (!settled || vcpu->run->exit_reason != settled->run.exit_reason ||
	    (!memcmp(run + DETAILS, (const char *)&settled->run + DETAILS, DETAILS_SIZE) &&
	     (!settled->data_size ||
	      !memcmp(run + settled->run.io.data_offset, settled->data, settled->data_size))))
		return true;
	return engine_fail(
		error,
		"the exit of CPU %u was answered in its struct kvm_run after the state "
		"had been saved, which completes the instruction; answer first, then save",
		vcpu->index);
}

/* KVM_RUN that completes what is open and executes nothing; the caller has the gate. */
static int run_at_once(struct engine_vcpu *vcpu)
{
	const uint8_t before = __atomic_exchange_n(&vcpu->run->immediate_exit, 1, __ATOMIC_ACQ_REL);
	const int ret = engine_ioctl(vcpu->fd, KVM_RUN, NULL);
	const int err = errno;

	__atomic_store_n(&vcpu->run->immediate_exit, before, __ATOMIC_RELEASE);
	errno = err;
	return ret;
}

/* --- Running --------------------------------------------------------------------- */

static bool is_mmio_read(const struct kvm_run *run)
{
	return run->exit_reason == KVM_EXIT_MMIO && !run->mmio.is_write;
}

static bool is_same_read(const struct kvm_run *a, const struct kvm_run *b)
{
	return is_mmio_read(a) && is_mmio_read(b) && a->mmio.phys_addr == b->mmio.phys_addr &&
	       a->mmio.len == b->mmio.len;
}

/* Goes on with a read that was answered. True: another exit follows in the instruction. */
static bool complete_read(struct engine_vcpu *vcpu)
{
	struct engine_exit *answer = engine_copy_exit(vcpu);
	int ret;

	vcpu->open = false;
	if (answer)
		append(&vcpu->answered, answer);
	ret = run_at_once(vcpu);
	vcpu->open = ret == 0 && is_mmio_read(vcpu->run);
	if (!vcpu->open)
		forget(&vcpu->answered);
	return ret == 0;
}

bool engine_before_run(struct engine_vcpu *vcpu)
{
	struct engine_exit *exit = vcpu->pending;

	forget(&vcpu->settled);
	if (exit) {
		vcpu->pending = exit->next;
		engine_show_exit(vcpu, exit);
		free(exit);
		vcpu->open = is_mmio_read(vcpu->run);
		return true;
	}
	vcpu->entered = true;
	return vcpu->open && complete_read(vcpu);
}

bool engine_after_run(struct engine_vcpu *vcpu)
{
	struct engine_exit *exit;

	while ((exit = vcpu->replay) && is_same_read(vcpu->run, &exit->run)) {
		memcpy(vcpu->run->mmio.data, exit->run.mmio.data, sizeof(exit->run.mmio.data));
		vcpu->replay = exit->next;
		free(exit);
		if (!complete_read(vcpu))
			return true;
	}
	/* Something else came first: the instruction is executed from its start later. */
	forget(&vcpu->replay);
	vcpu->open = is_mmio_read(vcpu->run);
	return false;
}

/* --- Saving and loading ------------------------------------------------------------ */

static bool nothing_open(const struct engine_vcpu *vcpu, struct engine_error *error)
{
	return errno == EINTR || errno == EAGAIN ||
	       engine_fail_errno(error, "ioctl(KVM_RUN) with immediate_exit of CPU %u",
				 vcpu->index);
}

static bool never_ends(const struct engine_vcpu *vcpu, struct engine_error *error)
{
	return engine_fail(error, "CPU %u does not come to the end of an instruction", vcpu->index);
}

/* Calls KVM_RUN until nothing is open, or an exit wants an answer that nobody has. */
static bool fetch_pending(struct engine_vcpu *vcpu, struct engine_error *error)
{
	unsigned int i;

	for (i = 0; i < MANY_EXITS; i++) {
		struct engine_exit *exit;

		if (run_at_once(vcpu) < 0) {
			forget(&vcpu->answered);
			return nothing_open(vcpu, error);
		}
		exit = engine_copy_exit(vcpu);
		if (!exit)
			return engine_fail_errno(error, "no memory");
		append(&vcpu->pending, exit);
		if (exit->wants_answer)
			return true;
	}
	return never_ends(vcpu, error);
}

static bool waits_for_answer(const struct engine_vcpu *vcpu)
{
	const struct engine_exit *exit = vcpu->pending;

	while (exit && !exit->wants_answer)
		exit = exit->next;
	return exit;
}

static bool settle(struct engine_vcpu *vcpu, struct engine_error *error)
{
	struct engine_exit *shown, *answer;
	bool ok;

	/* Nothing is open, or nothing can be completed. */
	if (!vcpu->entered || waits_for_answer(vcpu))
		return true;
	shown = engine_copy_exit(vcpu);
	answer = vcpu->open ? engine_copy_exit(vcpu) : NULL;
	if (!shown || (vcpu->open && !answer)) {
		free(shown);
		free(answer);
		return engine_fail_errno(error, "no memory");
	}
	if (answer)
		append(&vcpu->answered, answer);
	vcpu->open = false;
	ok = fetch_pending(vcpu, error);
	engine_show_exit(vcpu, shown);
	if (ok && shown->wants_answer && !vcpu->settled)
		vcpu->settled = shown;
	else
		free(shown);
	return ok;
}

static bool abandon(struct engine_vcpu *vcpu, struct engine_error *error)
{
	unsigned int i;

	forget(&vcpu->pending);
	forget(&vcpu->settled);
	forget(&vcpu->answered);
	forget(&vcpu->replay);
	vcpu->open = false;
	/* A CPU that has not run is left alone: some MSRs can be set until then only. */
	for (i = 0; vcpu->entered && i < MANY_EXITS; i++) {
		if (run_at_once(vcpu) < 0)
			return nothing_open(vcpu, error);
	}
	return !vcpu->entered || never_ends(vcpu, error);
}

bool engine_settle(struct engine_vcpu *vcpu, struct engine_error *error)
{
	bool ok;

	pthread_mutex_lock(&vcpu->gate);
	ok = settle(vcpu, error);
	pthread_mutex_unlock(&vcpu->gate);
	return ok;
}

bool engine_abandon(struct engine_vcpu *vcpu, struct engine_error *error)
{
	bool ok;

	pthread_mutex_lock(&vcpu->gate);
	ok = abandon(vcpu, error);
	pthread_mutex_unlock(&vcpu->gate);
	return ok;
}

const struct engine_exit *engine_reads_before(const struct engine_vcpu *vcpu)
{
	return waits_for_answer(vcpu) ? vcpu->answered : vcpu->replay;
}
