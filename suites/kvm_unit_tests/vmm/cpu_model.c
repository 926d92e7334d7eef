/* SPDX-License-Identifier: MIT */
/* See cpu_model.h. Features: SDM Vol. 2 "CPUID", APM Vol. 3 Appendix E. */
#include "suites/kvm_unit_tests/vmm/cpu_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "suites/kvm_unit_tests/vmm/verdict.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define LEAF_VENDOR 0x0
#define LEAF_FEATURES 0x1
#define LEAF_MORE_FEATURES 0x7
#define LEAF_XSAVE 0xd
#define LEAF_EXTENDED_VENDOR 0x80000000
#define LEAF_EXTENDED_FEATURES 0x80000001
#define LEAF_ADDRESS_SIZES 0x80000008
#define LEAF_SVM 0x8000000a

/* The hypervisors' leaves: KVM's, which move up for Hyper-V's. */
#define LEAF_HYPERVISOR 0x40000000
#define LEAF_HYPERVISOR_END 0x40000100
#define HYPERVISOR_LEAVES_MAX 32

#define VMX_PROCBASED_CTLS2 0x48b
#define VMX_PROCBASED_CTLS2_MBEC (1ull << (32 + 22)) /* may be 1 */

enum reg {
	EAX,
	EBX,
	ECX,
	EDX,
};

struct feature {
	const char *name;
	uint32_t leaf;
	enum reg reg;
	unsigned int bit;
};

static const struct feature features[] = {
	{"fsgsbase", LEAF_MORE_FEATURES, EBX, 0},
	{"hypervisor", LEAF_FEATURES, ECX, 31},
	{"hle", LEAF_MORE_FEATURES, EBX, 4},
	{"invpcid", LEAF_MORE_FEATURES, EBX, 10},
	{"la57", LEAF_MORE_FEATURES, ECX, 16},
	{"lam", LEAF_MORE_FEATURES, EAX, 26},
	{"nx", LEAF_EXTENDED_FEATURES, EDX, 20},
	{"npt", LEAF_SVM, EDX, 0},
	{"nrip-save", LEAF_SVM, EDX, 3},
	{"pcid", LEAF_FEATURES, ECX, 17},
	{"pdpe1gb", LEAF_EXTENDED_FEATURES, EDX, 26},
	{"pku", LEAF_MORE_FEATURES, ECX, 3},
	{"rdtscp", LEAF_EXTENDED_FEATURES, EDX, 27},
	{"rtm", LEAF_MORE_FEATURES, EBX, 11},
	{"skinit", LEAF_EXTENDED_FEATURES, ECX, 12},
	{"smap", LEAF_MORE_FEATURES, EBX, 20},
	{"smep", LEAF_MORE_FEATURES, EBX, 7},
	{"svm", LEAF_EXTENDED_FEATURES, ECX, 2},
	{"tsc-deadline", LEAF_FEATURES, ECX, 24},
	{"tsc_adjust", LEAF_MORE_FEATURES, EBX, 1},
	{"umip", LEAF_MORE_FEATURES, ECX, 2},
	{"vmx", LEAF_FEATURES, ECX, 5},
	{"x2apic", LEAF_FEATURES, ECX, 21},
	{"xsave", LEAF_FEATURES, ECX, 26},
};

/* What qemu64 has of those leaves; of others nothing. */
static const struct {
	uint32_t leaf;
	enum reg reg;
	uint32_t has;
} small_model[] = {
	/* SSE3, CX16, x2APIC, hypervisor */
	{LEAF_FEATURES, ECX, 1u << 0 | 1u << 13 | 1u << 21 | 1u << 31},
	/* FPU to CMPXCHG8, APIC, SYSENTER to CLFLUSH, MMX to SSE2 */
	{LEAF_FEATURES, EDX, 0x1ff | 1u << 9 | 0xff << 11 | 1u << 19 | 0xf << 23},
	{LEAF_MORE_FEATURES, EAX, 0},
	{LEAF_MORE_FEATURES, EBX, 0},
	{LEAF_MORE_FEATURES, ECX, 0},
	{LEAF_MORE_FEATURES, EDX, 0},
	{LEAF_XSAVE, EAX, 0},
	{LEAF_XSAVE, EBX, 0},
	{LEAF_XSAVE, ECX, 0},
	{LEAF_XSAVE, EDX, 0},
	/* LAHF in 64-bit mode */
	{LEAF_EXTENDED_FEATURES, ECX, 1u << 0},
	/* as leaf 1's without SYSENTER, with SYSCALL, NX, long mode */
	{LEAF_EXTENDED_FEATURES, EDX,
	 0x1ff | 1u << 9 | 1u << 11 | 0x3f << 12 | 1u << 20 | 3u << 23 | 1u << 29},
};

static uint32_t *get(struct kvm_cpuid_entry2 *entry, enum reg reg)
{
	switch (reg) {
	case EAX:
		return &entry->eax;
	case EBX:
		return &entry->ebx;
	case ECX:
		return &entry->ecx;
	case EDX:
		return &entry->edx;
	}
	abort();
}

static struct kvm_cpuid_entry2 *find(struct kvm_cpuid2 *cpuid, uint32_t leaf)
{
	for (uint32_t i = 0; i < cpuid->nent; i++)
		if (cpuid->entries[i].function == leaf && !cpuid->entries[i].index)
			return &cpuid->entries[i];
	return NULL;
}

static void make_small(struct kvm_cpuid2 *cpuid)
{
	for (uint32_t i = 0; i < cpuid->nent; i++)
		for (size_t k = 0; k < ARRAY_SIZE(small_model); k++)
			if (cpuid->entries[i].function == small_model[k].leaf)
				*get(&cpuid->entries[i], small_model[k].reg) &= small_model[k].has;
}

static void set_vendor(struct kvm_cpuid2 *cpuid, const char *vendor)
{
	struct kvm_cpuid_entry2 *entries[] = {
		find(cpuid, LEAF_VENDOR),
		find(cpuid, LEAF_EXTENDED_VENDOR),
	};

	if (strlen(vendor) != 12)
		give_up("the CPU's vendor '%s' has not 12 letters. Fix: GenuineIntel or "
			"AuthenticAMD",
			vendor);
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		if (!entries[i])
			continue;
		/* As text in this order: ebx, edx, ecx. Intel leaves 0x80000000's at 0. */
		if (i && !memcmp(vendor, "GenuineIntel", 12)) {
			entries[i]->ebx = entries[i]->ecx = entries[i]->edx = 0;
			continue;
		}
		memcpy(&entries[i]->ebx, vendor, 4);
		memcpy(&entries[i]->edx, vendor + 4, 4);
		memcpy(&entries[i]->ecx, vendor + 8, 4);
	}
}

static void set_address_bits(struct kvm_cpuid2 *cpuid, const char *text)
{
	struct kvm_cpuid_entry2 *entry = find(cpuid, LEAF_ADDRESS_SIZES);
	char *end;
	unsigned long bits = strtoul(text, &end, 10);

	if (*end || bits < 32 || bits > 52)
		give_up("the CPU's phys-bits=%s is not a number from 32 to 52", text);
	if (!entry)
		give_up("phys-bits=%s is asked for, and KVM says nothing of address sizes", text);
	/* Zeros in what guests may have in place of it: APM Vol. 3, E.4.7. */
	entry->eax = (entry->eax & 0xff00) | (uint32_t)bits;
}

/* A control of nested VMX, which stands in an MSR. */
static void remove_mbec(struct engine_vcpu *vcpu)
{
	struct kvm_msrs *msrs = calloc(1, sizeof(*msrs) + sizeof(msrs->entries[0]));

	if (!msrs)
		give_up("out of memory");
	msrs->nmsrs = 1;
	msrs->entries[0].index = VMX_PROCBASED_CTLS2;
	if (engine_ioctl(vcpu->fd, KVM_GET_MSRS, msrs) == 1 &&
	    msrs->entries[0].data & VMX_PROCBASED_CTLS2_MBEC) {
		msrs->entries[0].data &= ~VMX_PROCBASED_CTLS2_MBEC;
		if (engine_ioctl(vcpu->fd, KVM_SET_MSRS, msrs) != 1)
			give_up("KVM refuses nested VMX without mode-based execution control");
	}
	free(msrs);
}

/* Hyper-V's leaves in the place of KVM's; and its interrupt controller. */
static struct kvm_cpuid2 *add_hyperv(struct engine_vcpu *vcpu, struct kvm_cpuid2 *cpuid)
{
	const size_t room = HYPERVISOR_LEAVES_MAX;
	struct kvm_enable_cap synic = {.cap = KVM_CAP_HYPERV_SYNIC2};
	struct kvm_cpuid2 *hyperv, *all;

	hyperv = calloc(1, sizeof(*hyperv) + room * sizeof(hyperv->entries[0]));
	all = calloc(1, sizeof(*all) + (room + cpuid->nent) * sizeof(all->entries[0]));
	if (!hyperv || !all)
		give_up("out of memory");
	hyperv->nent = room;
	if (engine_ioctl(vcpu->fd, KVM_ENABLE_CAP, &synic) ||
	    engine_ioctl(vcpu->fd, KVM_GET_SUPPORTED_HV_CPUID, hyperv))
		skip("the test wants Hyper-V's features, and this KVM has not all of them: %s",
		     strerror(errno));
	memcpy(all->entries, hyperv->entries, hyperv->nent * sizeof(all->entries[0]));
	all->nent = hyperv->nent;
	for (uint32_t i = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 entry = cpuid->entries[i];

		if (entry.function >= LEAF_HYPERVISOR && entry.function < LEAF_HYPERVISOR_END)
			entry.function += LEAF_HYPERVISOR_END - LEAF_HYPERVISOR;
		all->entries[all->nent++] = entry;
	}
	free(hyperv);
	free(cpuid);
	return all;
}

static bool is_supported(const struct feature *feature)
{
	struct engine_error error;
	const struct engine_host *host = engine_host(&error);
	struct kvm_cpuid_entry2 *entry = host ? find(host->cpuid, feature->leaf) : NULL;

	return entry && *get(entry, feature->reg) & 1u << feature->bit;
}

static void set_feature(struct engine_vcpu *vcpu, struct kvm_cpuid2 *cpuid, const char *name,
			bool on)
{
	const struct feature *feature = NULL;
	struct kvm_cpuid_entry2 *entry;
	uint32_t *value;

	if (!strcmp(name, "vmx-mbec")) {
		if (!on)
			remove_mbec(vcpu);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(features) && !feature; i++)
		if (!strcmp(features[i].name, name))
			feature = &features[i];
	if (!feature)
		give_up("the CPU's feature '%s' is not known. Fix: name it in features[] of "
			"suites/kvm_unit_tests/vmm/cpu_model.c",
			name);
	entry = find(cpuid, feature->leaf);
	value = entry ? get(entry, feature->reg) : NULL;
	if (!on) {
		if (value)
			*value &= ~(1u << feature->bit);
		return;
	}
	/*
	 * KVM has the timer where it has an APIC (KVM API, KVM_GET_SUPPORTED_CPUID); and
	 * whether it is told of a hypervisor means nothing to it.
	 */
	if (value &&
	    (!strcmp(name, "tsc-deadline") || !strcmp(name, "hypervisor") || is_supported(feature)))
		*value |= 1u << feature->bit;
	else if (!vcpu->index)
		say("this KVM has no CPU with %s", name);
}

static void apply_word(struct engine_vcpu *vcpu, struct kvm_cpuid2 **cpuid, const char *word)
{
	static const char *const ignored[] = {
		"host-phys-bits", "host-phys-bits=on", "host-phys-bits=off",
		"migratable=no",  "migratable=off",    "migratable=on",
	};

	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		if (!strcmp(word, ignored[i]))
			return;
	if (*word == '+' || *word == '-')
		set_feature(vcpu, *cpuid, word + 1, *word == '+');
	else if (!strncmp(word, "vendor=", 7))
		set_vendor(*cpuid, word + 7);
	else if (!strncmp(word, "phys-bits=", 10))
		set_address_bits(*cpuid, word + 10);
	else if (!strcmp(word, "hv_passthrough") || !strcmp(word, "hv-passthrough"))
		*cpuid = add_hyperv(vcpu, *cpuid);
	else
		give_up("of the CPU '%s' is asked for, which is not known. Fix: +FEATURE, "
			"-FEATURE, vendor=NAME, phys-bits=NUMBER or hv_passthrough",
			word);
}

static struct kvm_cpuid2 *get_cpuid(struct engine_vcpu *vcpu)
{
	struct engine_error error;
	const struct engine_host *host = engine_host(&error);
	struct kvm_cpuid2 *cpuid;

	if (!host)
		give_up("%s", error.text);
	if (!host->cpuid)
		give_up("this KVM does not tell what CPUs it supports");
	cpuid = calloc(1, sizeof(*cpuid) + host->cpuid->nent * sizeof(cpuid->entries[0]));
	if (!cpuid)
		give_up("out of memory");
	cpuid->nent = host->cpuid->nent;
	if (engine_ioctl(vcpu->fd, KVM_GET_CPUID2, cpuid))
		give_up("ioctl(KVM_GET_CPUID2): %s", strerror(errno));
	return cpuid;
}

void apply_cpu_model(struct engine_vcpu *vcpu, const char *model)
{
	struct kvm_cpuid2 *cpuid = get_cpuid(vcpu);
	char *words = format_text("%s", model), *rest = words;
	const char *name = strsep(&rest, ","), *word;

	set_feature(vcpu, cpuid, "hypervisor", true);
	if (!strcmp(name, "qemu64"))
		make_small(cpuid);
	while ((word = strsep(&rest, ",")))
		apply_word(vcpu, &cpuid, word);
	if (engine_ioctl(vcpu->fd, KVM_SET_CPUID2, cpuid))
		give_up("KVM refuses a CPU '%s': ioctl(KVM_SET_CPUID2): %s", model,
			strerror(errno));
	free(words);
	free(cpuid);
}
