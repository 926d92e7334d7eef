// SPDX-License-Identifier: MIT
/* Running a guest until its payload ends. */
#include "host/ltp/run.h"

#include "host/engine/arch.h"
#include "host/ltp/report.h"
#include "host/diagnosis/symbols.h"
#include "host/ltp/vm.h"

static bool enter(struct tst_kvm_vm *vm)
{
	bool free_to_run;

	pthread_mutex_lock(&tst_vm_lock);
	free_to_run = !vm->running;
	if (free_to_run) {
		vm->running = true;
		vm->runner = pthread_self();
	}
	pthread_mutex_unlock(&tst_vm_lock);
	return free_to_run;
}

/* Also when the test breaks in here: end_test() unwinds through the caller. */
static void leave(struct tst_kvm_vm **vm)
{
	pthread_mutex_lock(&tst_vm_lock);
	(*vm)->running = false;
	pthread_mutex_unlock(&tst_vm_lock);
}

static void set_ended(struct tst_kvm_vm *vm)
{
	__atomic_store_n(&vm->ended, true, __ATOMIC_RELEASE);
}

/* Breaks the test at the place of the guest's source where the guest is. */
static void __attribute__((noreturn)) break_in_guest(const struct tst_kvm_instance *inst,
						     const char *text)
{
	struct tst_arch_frame frame;
	struct tst_place place;

	if (tst_arch_get_frame(inst->vcpu_fd, &frame) &&
	    tst_find_place(tst_exit_address(inst->vcpu_info, frame.instruction), &place) &&
	    place.file[0])
		tst_brk_(place.file, place.line, TBROK, "%s", text);
	lib_brk(TBROK, "%s", text);
}

static void __attribute__((noreturn)) refuse_timeout(const struct tst_kvm_instance *inst,
						     struct tst_kvm_vm *vm)
{
	char text[TST_DESCRIPTION_SIZE] = "the test's time is over and the guest still runs";
	size_t used = strlen(text);

	set_ended(vm);
	tst_arch_describe_registers(vm->vcpu_fd, text + used, sizeof(text) - used);
	used += strlen(text + used);
	tst_describe_backtrace(inst, NULL, text + used, sizeof(text) - used);
	break_in_guest(inst, text);
}

static void __attribute__((noreturn)) refuse_exit(const struct tst_kvm_instance *inst,
						  struct tst_kvm_vm *vm)
{
	char text[TST_DESCRIPTION_SIZE] = "the guest left unexpectedly: ";
	size_t used = strlen(text);

	set_ended(vm);
	tst_describe_exit(inst, vm, text + used, sizeof(text) - used);
	break_in_guest(inst, text);
}

/* What KVM_RUN's error means: true to run on, false to return -1. */
static bool run_on_after_error(const struct tst_kvm_instance *inst, struct tst_kvm_vm *vm, int err,
			       int exp_errno)
{
	char position[128];

	if (__atomic_load_n(&vm->timed_out, __ATOMIC_ACQUIRE))
		refuse_timeout(inst, vm);
	if (exp_errno && err == exp_errno)
		return false;
	if (err == EINTR && !vm->run->immediate_exit)
		return true;
	set_ended(vm);
	tst_arch_describe_position(vm->vcpu_fd, position, sizeof(position));
	errno = err;
	lib_brk(TBROK | TERRNO, "ioctl(KVM_RUN) failed with the guest at %s%s", position,
		err == EINTR ? "; vcpu_info->immediate_exit is set: expect EINTR" : "");
}

/* What a guest that rang the doorbell wants; 0 if it did not. */
static uint32_t doorbell_value(const struct kvm_run *run)
{
	uint32_t value;

	if (run->exit_reason != KVM_EXIT_IO || run->io.direction != KVM_EXIT_IO_OUT ||
	    run->io.port != KVM_DOORBELL_PORT || run->io.size != sizeof(value) ||
	    run->io.count != 1)
		return 0;
	memcpy(&value, (const char *)run + run->io.data_offset, sizeof(value));
	return value;
}

int tst_kvm_run_instance(struct tst_kvm_instance *inst, int exp_errno)
{
	struct tst_kvm_vm *vm = tst_vm_needed(inst, __func__);

	if (__atomic_load_n(&vm->ended, __ATOMIC_ACQUIRE))
		lib_brk(TBROK,
			"tst_kvm_run_instance(inst): this guest has ended and cannot be run again; "
			"destroy the instance and create a new one");
	if (!enter(vm))
		lib_brk(TBROK,
			"tst_kvm_run_instance(inst): another thread runs this guest; a virtual CPU "
			"has one thread");

	__attribute__((cleanup(leave), unused)) struct tst_kvm_vm *running = vm; // NOLINT

	for (;;) {
		if (ioctl(vm->vcpu_fd, KVM_RUN, 0) < 0) {
			int err = errno;

			if (run_on_after_error(inst, vm, err, exp_errno))
				continue;
			errno = err;
			return -1;
		}
		if (vm->run->exit_reason != KVM_EXIT_HLT) {
			switch (doorbell_value(vm->run)) {
			case KVM_DOORBELL_RESULT:
				tst_report_guest_result(inst, vm);
				break;
			case KVM_DOORBELL_END:
			case KVM_DOORBELL_BREAK:
				set_ended(vm);
				return 0;
			default:
				refuse_exit(inst, vm);
			}
		}
		/* A guest that only halts and is run on gets no signal. */
		if (__atomic_load_n(&vm->timed_out, __ATOMIC_ACQUIRE))
			refuse_timeout(inst, vm);
	}
}
