/* SPDX-License-Identifier: MIT */
/*
 * The controller of the migration tests: a machine that moves to another one at
 * each of its exits has to do, and to be in the end, what one is that stays.
 */
#ifndef RINGSIDE_KVM_TESTS_STATE_MIGRATION_H
#define RINGSIDE_KVM_TESTS_STATE_MIGRATION_H

/* Nothing is there but the controller, which answers reads. */
#define MIGRATION_PORT 0x80
#define MIGRATION_MMIO 0x50000000

/* Exits of a run, at least: what a test says, or this. */
#ifndef MIGRATION_EXITS
#define MIGRATION_EXITS 250
#endif

#ifndef COMPILE_PAYLOAD

#include <sys/ioctl.h>

#include "kvm_test.h"

/* The test's device, and what it has seen: it moves along. */
struct migration_device {
	uint32_t reads;
	uint32_t exits;
	uint32_t in_l2; /* exits while a nested guest was active */
	uint64_t sum; /* of all that the exits say */
};

static void migration_add(struct migration_device *device, uint64_t value)
{
	device->sum = device->sum * 1099511628211ULL + value;
}

/* Whether the CPU is in a nested guest; false where KVM does not tell. */
static int migration_in_l2(const struct tst_kvm_instance *vm, const struct tst_kvm_vcpu *vcpu)
{
	int size = ioctl(vm->vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_NESTED_STATE), in_l2;
	struct kvm_nested_state *state;

	if (size <= 0)
		return 0;
	state = calloc(1, size);
	if (!state)
		tst_brk(TBROK | TERRNO, "no memory");
	state->size = size;
	in_l2 = ioctl(vcpu->fd, KVM_GET_NESTED_STATE, state) == 0 &&
		(state->flags & KVM_STATE_NESTED_GUEST_MODE);
	free(state);
	return in_l2;
}

static void migration_answer(struct migration_device *device, const struct tst_kvm_vcpu *vcpu,
			     int reason)
{
	struct kvm_run *run = vcpu->run;
	uint8_t *data;
	size_t size;
	int is_write;

	migration_add(device, reason);
	migration_add(device, vcpu->index);
	switch (reason) {
	case KVM_EXIT_IO:
		data = (uint8_t *)run + run->io.data_offset;
		size = (size_t)run->io.size * run->io.count;
		is_write = run->io.direction == KVM_EXIT_IO_OUT;
		migration_add(device, run->io.port);
		break;
	case KVM_EXIT_MMIO:
		data = run->mmio.data;
		size = run->mmio.len;
		is_write = run->mmio.is_write;
		migration_add(device, run->mmio.phys_addr);
		break;
	case KVM_EXIT_HLT:
		return;
	default:
		tst_brk(TBROK, "after %u exits, the guest left unexpectedly: %s", device->exits,
			tst_kvm_describe_exit((struct tst_kvm_vcpu *)vcpu));
	}
	for (size_t i = 0; i < size; i++) {
		if (!is_write)
			data[i] = (uint8_t)(++device->reads * 0x9d);
		migration_add(device, data[i]);
	}
}

/* Runs each CPU that has not ended to its next exit; 0: all have ended. */
static int migration_step(struct tst_kvm_instance *vm, struct migration_device *device,
			  unsigned int vcpus)
{
	int runs = 0;

	for (unsigned int i = 0; i < vcpus; i++) {
		struct tst_kvm_vcpu *vcpu = tst_kvm_vcpu(vm, i);
		int reason = tst_kvm_run_vcpu(vcpu);

		if (reason == TST_KVM_ENDED)
			continue;
		runs = 1;
		device->exits++;
		device->in_l2 += migration_in_l2(vm, vcpu);
		migration_answer(device, vcpu, reason);
	}
	return runs;
}

static struct tst_kvm_instance migration_vm = {.vm_fd = -1};
static struct tst_kvm_state *migration_start, *migration_end, *migration_now;

static void migration_forget(struct tst_kvm_state **state)
{
	tst_kvm_free_state(*state);
	*state = NULL;
}

/* To a new machine, which is in the same state then. */
static void migration_move(const struct tst_kvm_config *config, unsigned int exits)
{
	struct tst_kvm_state *arrived;
	char *differences;

	migration_now = tst_kvm_save(&migration_vm);
	tst_kvm_destroy_instance(&migration_vm);
	tst_kvm_create(&migration_vm, config);
	tst_kvm_load(&migration_vm, migration_now);
	/* Not each time, for that would take half of the test's time. */
	if (exits % 50 == 1) {
		arrived = tst_kvm_save(&migration_vm);
		differences = tst_kvm_compare(migration_now, arrived);
		if (differences)
			tst_res(TFAIL, "after exit %u, the loaded state differs:\n%s", exits,
				differences);
		free(differences);
		tst_kvm_free_state(arrived);
	}
	migration_forget(&migration_now);
	tst_free_all();
}

static void migration_judge(const struct migration_device *stayed,
			    const struct migration_device *moved, int l2)
{
	char *differences = tst_kvm_compare(migration_end, migration_now);

	if (stayed->exits < MIGRATION_EXITS)
		tst_res(TFAIL, "the run has %u exits only", stayed->exits);
	if (l2 && (stayed->in_l2 < MIGRATION_EXITS / 2 || moved->in_l2 != stayed->in_l2))
		tst_res(TFAIL,
			"the nested guest was active at %u exits, and at %u of the machine that "
			"moved",
			stayed->in_l2, moved->in_l2);
	if (moved->exits != stayed->exits || moved->sum != stayed->sum)
		tst_res(TFAIL, "the machine that moved had other exits: %u, %u without moving",
			moved->exits, stayed->exits);
	if (differences)
		tst_res(TFAIL, "the end state differs:\n%s", differences);
	else
		tst_res(TPASS, "moved at each of %u exits, %u of them in a nested guest",
			moved->exits, moved->in_l2);
	free(differences);
}

/* The test. @l2: most exits come from a nested guest. */
static LTP_ATTRIBUTE_UNUSED void migration_run(const struct tst_kvm_config *config, int l2)
{
	const unsigned int vcpus = config->vcpus ? config->vcpus : 1;
	struct migration_device stayed = {0}, moved = {0};

	tst_kvm_create(&migration_vm, config);
	if (l2 && ioctl(migration_vm.vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_NESTED_STATE) <= 0)
		tst_brk(TCONF, "this KVM does not tell the state of nested guests "
			       "(KVM_CAP_NESTED_STATE)");
	migration_start = tst_kvm_save(&migration_vm);
	while (migration_step(&migration_vm, &stayed, vcpus))
		;
	migration_end = tst_kvm_save(&migration_vm);
	tst_kvm_destroy_instance(&migration_vm);

	tst_kvm_create(&migration_vm, config);
	tst_kvm_load(&migration_vm, migration_start);
	while (migration_step(&migration_vm, &moved, vcpus))
		migration_move(config, moved.exits);
	migration_now = tst_kvm_save(&migration_vm);
	migration_judge(&stayed, &moved, l2);
	tst_kvm_destroy_instance(&migration_vm);
	migration_forget(&migration_start);
	migration_forget(&migration_end);
	migration_forget(&migration_now);
}

static LTP_ATTRIBUTE_UNUSED void migration_cleanup(void)
{
	tst_kvm_destroy_instance(&migration_vm);
	migration_forget(&migration_start);
	migration_forget(&migration_end);
	migration_forget(&migration_now);
}

#endif /* COMPILE_PAYLOAD */

#endif /* RINGSIDE_KVM_TESTS_STATE_MIGRATION_H */
