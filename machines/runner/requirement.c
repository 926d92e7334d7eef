/* SPDX-License-Identifier: MIT */
/* Requirements by name, and what the local KVM says that it can do. */
#include "machines/runner/requirement.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const struct {
	const char *name;
	const char *shown;
	unsigned int bit;
} requirements[] = {
	{"svm", "SVM", REQUIRE_SVM},	       {"vmx", "VMX", REQUIRE_VMX},
	{"smp", "second CPU", REQUIRE_SMP},    {"native", "native guest code", REQUIRE_NATIVE},
	{"pae", "32-bit paging", REQUIRE_PAE}, {"kvm", "usable /dev/kvm", REQUIRE_KVM},
};

#define REQUIREMENTS (sizeof(requirements) / sizeof(*requirements))

unsigned int requirement_parse(const char *name)
{
	for (size_t i = 0; i < REQUIREMENTS; i++)
		if (!strcmp(requirements[i].name, name))
			return requirements[i].bit;
	return 0;
}

const char *requirement_list(unsigned int set, char *text)
{
	*text = '\0';
	for (size_t i = 0; i < REQUIREMENTS; i++) {
		if (!(set & requirements[i].bit))
			continue;
		if (*text)
			strcat(text, ", ");
		strcat(text, requirements[i].shown);
	}
	return text;
}

/* Leaf and bit of the two features, ECX both. */
#define CPUID_VMX_LEAF 0x00000001
#define CPUID_VMX (1u << 5)
#define CPUID_SVM_LEAF 0x80000001
#define CPUID_SVM (1u << 2)
#define CPUID_ENTRIES_MAX 1024

static unsigned int probe_nesting(int kvm)
{
	struct kvm_cpuid2 *cpuid;
	unsigned int provides = 0;
	uint32_t count = 64;

	for (;;) {
		cpuid = calloc(1, sizeof(*cpuid) + count * sizeof(*cpuid->entries));
		if (!cpuid)
			return 0;
		cpuid->nent = count;
		if (!ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid))
			break;
		free(cpuid);
		if (errno != E2BIG || count > CPUID_ENTRIES_MAX)
			return 0;
		count *= 2;
	}
	for (uint32_t i = 0; i < cpuid->nent && i < count; i++) {
		const struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];

		if (entry->function == CPUID_VMX_LEAF && entry->ecx & CPUID_VMX)
			provides |= REQUIRE_VMX;
		if (entry->function == CPUID_SVM_LEAF && entry->ecx & CPUID_SVM)
			provides |= REQUIRE_SVM;
	}
	free(cpuid);
	return provides;
}

static bool has_second_cpu(void)
{
	cpu_set_t set;

	return !sched_getaffinity(0, sizeof(set), &set) && CPU_COUNT(&set) > 1;
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

void probe_host(unsigned int wanted, struct probe *probe)
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
		probe->provides = REQUIRE_KVM;
		if (wanted & (REQUIRE_SVM | REQUIRE_VMX))
			probe->provides |= probe_nesting(kvm);
		if (has_second_cpu())
			probe->provides |= REQUIRE_SMP;
		if (wanted & REQUIRE_NATIVE && probe_native(kvm))
			probe->provides |= REQUIRE_NATIVE;
		if (wanted & REQUIRE_PAE && probe_pae(kvm))
			probe->provides |= REQUIRE_PAE;
	}
	close(kvm);
}
