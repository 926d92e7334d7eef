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

#include "machines/capabilities/guests.h"

/* Newer than the headers that this is compiled with. */
#ifndef KVM_CAP_GUEST_MEMFD
#define KVM_CAP_GUEST_MEMFD 234
#endif

#define CPUID_ENTRIES_MAX 1024
#define PARAMETERS_MAX 2

enum probe_kind {
	PROBE_CPUID,
	PROBE_EXTENSION,
	PROBE_GUEST,
	PROBE_NESTED_VMX,
	PROBE_PARAMETERS,
	PROBE_RELOAD,
	PROBE_SMP,
};

enum reg {
	REG_EAX,
	REG_EBX,
	REG_ECX,
	REG_EDX,
};

/* A row of the table. What is below probe is that probe's own. */
struct capability {
	const char *name;
	const char *shown; /* as in "host: no ..." */
	const char *how;
	enum probe_kind probe;
	uint32_t leaf; /* of CPUID; or an MSR */
	enum reg reg;
	unsigned int bit;
	int extension;
	bool (*guest)(int kvm);
	const char *parameters[PARAMETERS_MAX]; /* "module/name", with "!" if it must be off */
};

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

static struct kvm_cpuid2 *supported_cpuid(int kvm)
{
	for (uint32_t count = 64; count <= CPUID_ENTRIES_MAX; count *= 2) {
		struct kvm_cpuid2 *cpuid =
			calloc(1, sizeof(*cpuid) + count * sizeof(*cpuid->entries));

		if (!cpuid)
			return NULL;
		cpuid->nent = count;
		if (!ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid))
			return cpuid;
		free(cpuid);
		if (errno != E2BIG)
			return NULL;
	}
	return NULL;
}

static bool probe_cpuid(int kvm, const struct capability *capability)
{
	struct kvm_cpuid2 *cpuid = supported_cpuid(kvm);
	bool found = false;

	for (uint32_t i = 0; cpuid && i < cpuid->nent; i++) {
		const struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];
		const uint32_t regs[] = {entry->eax, entry->ebx, entry->ecx, entry->edx};

		if (entry->function == capability->leaf && !entry->index)
			found |= regs[capability->reg] >> capability->bit & 1;
	}
	free(cpuid);
	return found;
}

/* KVM's feature MSRs say what nested hypervisors get; bits 63:32 are what may be 1. */
static bool probe_nested_vmx(int kvm, const struct capability *capability)
{
	_Alignas(struct kvm_msrs) unsigned char
		space[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)] = {0};
	struct kvm_msrs *msrs = (struct kvm_msrs *)space;

	msrs->nmsrs = 1;
	msrs->entries[0].index = capability->leaf;
	return ioctl(kvm, KVM_GET_MSRS, msrs) == 1 &&
	       msrs->entries[0].data >> 32 >> capability->bit & 1;
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
	case PROBE_CPUID:
		return probe_cpuid(kvm, capability);
	case PROBE_EXTENSION:
		return ioctl(kvm, KVM_CHECK_EXTENSION, capability->extension) > 0;
	case PROBE_GUEST:
		return capability->guest(kvm);
	case PROBE_NESTED_VMX:
		return probe_nested_vmx(kvm, capability);
	case PROBE_PARAMETERS:
		return probe_parameters(capability);
	case PROBE_RELOAD:
		return may_reload();
	case PROBE_SMP:
		return has_second_cpu();
	}
	return false;
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
