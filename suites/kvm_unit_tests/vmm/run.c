/* SPDX-License-Identifier: MIT */
/* Running the machine; see machine.h. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/diagnosis/diagnosis.h"
#include "suites/kvm_unit_tests/vmm/devices.h"
#include "suites/kvm_unit_tests/vmm/hyperv_connections.h"
#include "suites/kvm_unit_tests/vmm/machine.h"
#include "suites/kvm_unit_tests/vmm/serial.h"
#include "suites/kvm_unit_tests/vmm/verdict.h"

struct runner {
	struct machine *machine;
	struct engine_vcpu *vcpu;
	pthread_t thread;
};

/* The time is over: whoever comes out of the guest stays out. */
static bool stopping;

static void answer_port(struct machine *machine, struct engine_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	unsigned char *data = (unsigned char *)run + run->io.data_offset;

	/* A string instruction has several at once. */
	for (uint32_t i = 0; i < run->io.count; i++, data += run->io.size) {
		struct access access = {
			.machine = machine,
			.vcpu = vcpu,
			.is_port = true,
			.is_write = run->io.direction == KVM_EXIT_IO_OUT,
			.address = run->io.port,
			.size = run->io.size,
		};

		if (access.is_write)
			memcpy(&access.value, data, access.size);
		access_device(&access);
		if (!access.is_write)
			memcpy(data, &access.value, access.size);
	}
}

static void answer_mmio(struct machine *machine, struct engine_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	struct access access = {
		.machine = machine,
		.vcpu = vcpu,
		.is_write = run->mmio.is_write,
		.address = run->mmio.phys_addr,
		.size = run->mmio.len,
	};

	if (access.is_write)
		memcpy(&access.value, run->mmio.data, sizeof(access.value));
	access_device(&access);
	if (!access.is_write)
		memcpy(run->mmio.data, &access.value, sizeof(access.value));
}

/* The registers and calls, with what the image has said last. */
static void say_state(struct engine_vcpu *vcpu)
{
	char text[DIAGNOSE_SIZE];

	diagnose_state(vcpu, text, sizeof(text));
	say("CPU %u:%s", vcpu->index, text);
}

static void __attribute__((noreturn)) end_with_exit(struct engine_vcpu *vcpu)
{
	char text[DIAGNOSE_SIZE];

	serial_last_line(vcpu->last_report, sizeof(vcpu->last_report));
	diagnose_exit(vcpu, text, sizeof(text));
	say("CPU %u has left the guest: %s", vcpu->index, text);
	say_absent_devices();
	text[strcspn(text, "\n")] = '\0';
	if (vcpu->run->exit_reason == KVM_EXIT_SHUTDOWN)
		give_up("CPU %u has shut down, by a triple fault", vcpu->index);
	give_up("CPU %u has left the guest for good: %s", vcpu->index, text);
}

static void handle_exit(struct machine *machine, struct engine_vcpu *vcpu)
{
	switch (vcpu->run->exit_reason) {
	case KVM_EXIT_IO:
		answer_port(machine, vcpu);
		break;
	case KVM_EXIT_MMIO:
		answer_mmio(machine, vcpu);
		break;
	case KVM_EXIT_HYPERV:
		hyperv_exit(machine, vcpu);
		break;
	case KVM_EXIT_INTR:
	case KVM_EXIT_IRQ_WINDOW_OPEN:
	case KVM_EXIT_SET_TPR:
		break;
	default:
		end_with_exit(vcpu);
	}
}

static void *run_vcpu(void *context)
{
	struct runner *runner = context;
	struct engine_error error;
	uint32_t value;

	while (!__atomic_load_n(&stopping, __ATOMIC_ACQUIRE)) {
		switch (engine_run(runner->vcpu, &value, &error)) {
		case ENGINE_EXIT:
		case ENGINE_DOORBELL: /* a port like any other here */
			handle_exit(runner->machine, runner->vcpu);
			break;
		case ENGINE_INTERRUPTED:
			break;
		case ENGINE_FAILED:
			give_up("%s", error.text);
		}
	}
	return NULL;
}

static void __attribute__((noreturn)) end_by_time(struct machine *machine, struct runner *runners)
{
	__atomic_store_n(&stopping, true, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < machine->vm->vcpu_count; i++) {
		engine_stop(runners[i].vcpu);
		pthread_join(runners[i].thread, NULL);
		say_state(runners[i].vcpu);
	}
	say_absent_devices();
	give_up("the image has not ended within %.0f seconds; where its CPUs are stands above. "
		"Fix: if it needs more, give it more (timeout)",
		machine->options->timeout);
}

void run_machine(struct machine *machine)
{
	const unsigned int count = machine->vm->vcpu_count;
	struct runner *runners = calloc(count, sizeof(*runners));
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t never;
	pthread_condattr_t attributes;
	struct timespec until;

	if (!runners)
		give_up("out of memory");
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)machine->options->timeout;
	for (unsigned int i = 0; i < count; i++) {
		int err;

		runners[i] = (struct runner){.machine = machine, .vcpu = machine->vm->vcpus[i]};
		err = pthread_create(&runners[i].thread, NULL, run_vcpu, &runners[i]);
		if (err)
			give_up("a thread for CPU %u: %s", i, strerror(err));
	}
	/* A CPU's thread ends the process when the image ends: this waits for the time alone. */
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&never, &attributes);
	pthread_mutex_lock(&lock);
	while (pthread_cond_timedwait(&never, &lock, &until) != ETIMEDOUT)
		;
	end_by_time(machine, runners);
}
