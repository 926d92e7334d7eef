/* SPDX-License-Identifier: MIT */
/* See slow_cpu.h. */
#include "suites/kvm_unit_tests/vmm/slow_cpu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "suites/kvm_unit_tests/vmm/verdict.h"

/* A PC's, and what is too slow for one. */
#define PC_KHZ 2000000
#define PC_KHZ_MIN 1000000

/* The shortest period of an APIC's timer that KVM allows, in microseconds. */
#define PERIOD_PARAMETER "/sys/module/kvm/parameters/min_timer_period_us"
#define PERIOD 200

/* Machines of ours set it: parameters of KVM may be changed (docs/machines.md). */
#define PERMISSION "RINGSIDE_RELOAD_MODULES"

/*
 * Images take it that the TSC counts no slower than the APIC's timer, which has a tick for
 * each nanosecond. KVM API, KVM_CAP_TSC_CONTROL: some CPUs scale it for guests.
 */
static void speed_up_tsc(struct engine_vm *vm)
{
	if (engine_ioctl(vm->fd, KVM_CHECK_EXTENSION, (void *)KVM_CAP_TSC_CONTROL) <= 0)
		return;
	for (unsigned int i = 0; i < vm->vcpu_count; i++)
		if (engine_ioctl(vm->vcpus[i]->fd, KVM_SET_TSC_KHZ, (void *)PC_KHZ))
			give_up("ioctl(KVM_SET_TSC_KHZ) to %d: %s", PC_KHZ, strerror(errno));
}

/*
 * A slow CPU does not get through with an interrupt before a periodic timer has the next one,
 * and does nothing else any more. It gets as many cycles for a period as a PC's.
 */
static void slow_down_timers(int khz)
{
	const char *permission = getenv(PERMISSION);
	char text[16];
	int fd, size;

	if (!permission || strcmp(permission, "1"))
		return;
	size = snprintf(text, sizeof(text), "%d", (int)((long)PERIOD * PC_KHZ / khz));
	fd = open(PERIOD_PARAMETER, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, (size_t)size) != size)
		give_up("cannot write %s to " PERIOD_PARAMETER ": %s", text, strerror(errno));
	close(fd);
}

void adapt_to_slow_cpu(struct engine_vm *vm)
{
	const int khz = engine_ioctl(vm->vcpus[0]->fd, KVM_GET_TSC_KHZ, NULL);

	if (khz <= 0)
		give_up("ioctl(KVM_GET_TSC_KHZ): %s", khz ? strerror(errno) : "0");
	if (khz >= PC_KHZ_MIN)
		return;
	speed_up_tsc(vm);
	slow_down_timers(khz);
}
