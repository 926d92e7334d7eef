/* SPDX-License-Identifier: MIT */
/* The table, and the probes that are no guests; see capabilities.h. */
#include "machines/capabilities/capabilities.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "machines/capabilities/probe.h"

/* Newer than the headers that this is compiled with. */
#ifndef KVM_CAP_GUEST_MEMFD
#define KVM_CAP_GUEST_MEMFD 234
#endif

static const struct capability capabilities[] = {
#include "machines/capabilities/table.inc"
};

#define CAPABILITIES (sizeof(capabilities) / sizeof(*capabilities))

/* CAPABILITY_KVM is the first bit. */
static capability_set bit_of(size_t row)
{
	return (capability_set)2 << row;
}

_Static_assert(CAPABILITIES < 63, "a set has a bit for each capability");

capability_set capability_parse(const char *name)
{
	for (size_t i = 0; i < CAPABILITIES; i++)
		if (!strcmp(capabilities[i].name, name))
			return bit_of(i);
	return 0;
}

const char *capability_list(capability_set set, char *text)
{
	*text = '\0';
	if (set & CAPABILITY_KVM)
		strcat(text, "usable /dev/kvm");
	for (size_t i = 0; i < CAPABILITIES; i++) {
		if (!(set & bit_of(i)))
			continue;
		if (*text)
			strcat(text, ", ");
		strcat(text, capabilities[i].shown);
	}
	return text;
}

const char *capability_how(capability_set capability)
{
	for (size_t i = 0; i < CAPABILITIES; i++)
		if (capability == bit_of(i))
			return capabilities[i].how;
	return "opening /dev/kvm";
}

/* Whether a module's parameter is what "module/name" or "!module/name" says; not, if there is none. */
static bool is_set(const char *parameter)
{
	const bool off = *parameter == '!';
	const char *slash = strchr(parameter, '/');
	char path[256], value = '\0';
	int fd;

	parameter += off;
	snprintf(path, sizeof(path), "/sys/module/%.*s/parameters/%s", (int)(slash - parameter),
		 parameter, slash + 1);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, &value, 1) != 1)
		value = '\0';
	close(fd);
	return off ? value == 'N' || value == '0' : value == 'Y' || (value >= '1' && value <= '9');
}

static bool probe_parameters(const struct capability *capability)
{
	for (size_t i = 0; i < PARAMETERS_MAX && capability->parameters[i]; i++)
		if (is_set(capability->parameters[i]))
			return true;
	return false;
}

static bool may_reload(void)
{
	const char *value = getenv("RINGSIDE_RELOAD_MODULES");

	return value && !strcmp(value, "1");
}

static bool has_second_cpu(void)
{
	cpu_set_t set;

	return !sched_getaffinity(0, sizeof(set), &set) && CPU_COUNT(&set) > 1;
}

static bool probe_one(int kvm, const struct capability *capability)
{
	switch (capability->probe) {
	case PROBE_EXTENSION:
		return ioctl(kvm, KVM_CHECK_EXTENSION, capability->extension) > 0;
	case PROBE_PARAMETERS:
		return probe_parameters(capability);
	case PROBE_RELOAD:
		return may_reload();
	case PROBE_SMP:
		return has_second_cpu();
	case PROBE_CPUID:
	case PROBE_GUEST:
	case PROBE_NESTED_VMX:
		break;
	}
	return arch_probe(kvm, capability);
}

capability_set capability_probe(int kvm, capability_set wanted)
{
	capability_set provides = wanted & CAPABILITY_KVM;

	for (size_t i = 0; i < CAPABILITIES; i++)
		if (wanted & bit_of(i) && probe_one(kvm, &capabilities[i]))
			provides |= bit_of(i);
	return provides;
}

/* Whether a machine and a vCPU can be created; says why not. */
static bool can_create(int kvm, struct probe *probe)
{
	int vm = ioctl(kvm, KVM_CREATE_VM, 0);
	int vcpu = vm < 0 ? -1 : ioctl(vm, KVM_CREATE_VCPU, 0);

	if (vcpu < 0)
		snprintf(probe->problem, sizeof(probe->problem), "/dev/kvm is unusable (%s: %s)",
			 vm < 0 ? "KVM_CREATE_VM" : "KVM_CREATE_VCPU", strerror(errno));
	if (vcpu >= 0)
		close(vcpu);
	if (vm >= 0)
		close(vm);
	return vcpu >= 0;
}

void probe_kvm(capability_set wanted, struct probe *probe)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int version;

	*probe = (struct probe){0};
	if (kvm < 0) {
		snprintf(probe->problem, sizeof(probe->problem), "no usable /dev/kvm (%s)",
			 strerror(errno));
		return;
	}
	version = ioctl(kvm, KVM_GET_API_VERSION, 0);
	if (version != KVM_API_VERSION) {
		if (version < 0)
			snprintf(probe->problem, sizeof(probe->problem),
				 "/dev/kvm is no KVM device (KVM_GET_API_VERSION: %s)",
				 strerror(errno));
		else
			snprintf(probe->problem, sizeof(probe->problem),
				 "/dev/kvm has API version %d, not %d", version, KVM_API_VERSION);
	} else if (can_create(kvm, probe)) {
		probe->provides = capability_probe(kvm, wanted | CAPABILITY_KVM);
	}
	close(kvm);
}
