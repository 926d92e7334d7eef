// SPDX-License-Identifier: MIT
/* Virtual CPUs: making them, and running them to their next exit. */
#include "host/engine/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/engine/newer_kvm.h"
#include "host/engine/state.h"

struct engine_vcpu *engine_new_vcpu(struct engine_vm *vm, unsigned int index, int fd,
				    size_t run_size, struct engine_error *error)
{
	struct engine_vcpu *vcpu = calloc(1, sizeof(*vcpu));
	pthread_condattr_t attr;
	void *run, *ring;

	if (!vcpu) {
		engine_fail_errno(error, "no memory");
		return NULL;
	}
	run = engine_map(fd, 0, run_size);
	if (run == MAP_FAILED) {
		engine_fail_errno(error, "mmap() of the state of CPU %u", index);
		free(vcpu);
		return NULL;
	}
	vcpu->vm = vm;
	vcpu->index = index;
	vcpu->fd = fd;
	vcpu->run = run;
	vcpu->run_size = run_size;
	pthread_mutex_init(&vcpu->gate, NULL);
	pthread_mutex_init(&vcpu->registers, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&vcpu->left, &attr);
	pthread_condattr_destroy(&attr);
	if (vm->ring_entries) {
		ring = engine_map(fd, KVM_DIRTY_LOG_PAGE_OFFSET * getpagesize(),
				  vm->ring_entries * sizeof(*vcpu->ring));
		if (ring == MAP_FAILED) {
			engine_fail_errno(error, "mmap() of the dirty ring of CPU %u", index);
			vcpu->fd = -1;
			engine_delete_vcpu(vcpu);
			return NULL;
		}
		vcpu->ring = ring;
	}
	engine_know_vcpu(vcpu);
	return vcpu;
}

void engine_delete_vcpu(struct engine_vcpu *vcpu)
{
	engine_forget_vcpu(vcpu);
	if (vcpu->ring)
		munmap(vcpu->ring, vcpu->vm->ring_entries * sizeof(*vcpu->ring));
	munmap(vcpu->run, vcpu->run_size);
	engine_close_count(&vcpu->faults);
	if (vcpu->fd >= 0)
		close(vcpu->fd);
	engine_free_exits(vcpu->answered);
	engine_free_exits(vcpu->replay);
	engine_free_exits(vcpu->pending);
	engine_free_exits(vcpu->settled);
	pthread_cond_destroy(&vcpu->left);
	pthread_mutex_destroy(&vcpu->registers);
	pthread_mutex_destroy(&vcpu->gate);
	free(vcpu);
}

/* Whether the exit is the guest ringing; others may use the port for what they like. */
bool engine_is_doorbell(const struct kvm_run *run, uint32_t *value)
{
	if (run->exit_reason != KVM_EXIT_IO || run->io.direction != KVM_EXIT_IO_OUT ||
	    run->io.port != KVM_DOORBELL_PORT || run->io.size != sizeof(*value) ||
	    run->io.count != 1)
		return false;
	memcpy(value, (const char *)run + run->io.data_offset, sizeof(*value));
	return true;
}

enum engine_event engine_run(struct engine_vcpu *vcpu, uint32_t *value, struct engine_error *error)
{
	int ret;

	if (!engine_check_answer(vcpu, error))
		return ENGINE_FAILED;
	do {
		/* EAGAIN: the CPU has got its startup IPI and can begin. */
		ret = ioctl(vcpu->fd, KVM_RUN, 0);
	} while (ret < 0 && errno == EAGAIN && !vcpu->run->immediate_exit);
	if (ret < 0 && (errno == EINTR || errno == EAGAIN))
		return ENGINE_INTERRUPTED;
	if (ret < 0 && !(errno == EFAULT && vcpu->run->exit_reason == KVM_EXIT_MEMORY_FAULT)) {
		engine_fail_errno(error, "ioctl(KVM_RUN) of CPU %u", vcpu->index);
		return ENGINE_FAILED;
	}
	return engine_is_doorbell(vcpu->run, value) ? ENGINE_DOORBELL : ENGINE_EXIT;
}

bool engine_is_running(struct engine_vcpu *vcpu)
{
	bool running;

	pthread_mutex_lock(&vcpu->gate);
	running = vcpu->running;
	pthread_mutex_unlock(&vcpu->gate);
	return running;
}

bool engine_make_runnable(struct engine_vcpu *vcpu, struct engine_error *error)
{
	struct kvm_mp_state state = {.mp_state = KVM_MP_STATE_RUNNABLE};

	return engine_ioctl(vcpu->fd, KVM_SET_MP_STATE, &state) == 0 ||
	       engine_fail_errno(error, "ioctl(KVM_SET_MP_STATE) of CPU %u", vcpu->index);
}
