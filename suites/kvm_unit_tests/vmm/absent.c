/* SPDX-License-Identifier: MIT */
/* See absent.h. */
#include "suites/kvm_unit_tests/vmm/absent.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "suites/kvm_unit_tests/vmm/verdict.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Who asks at more places than that probably tests just this. */
#define KINDS_MAX 16

struct kind {
	bool is_port, is_write;
	uint64_t address;
	unsigned int size;
};

/* What usually is there in a PC. */
static const struct {
	bool is_port;
	uint64_t first, last;
	const char *name;
} usual[] = {
	{true, 0x0, 0x1f, "DMA controller"},
	{true, 0x60, 0x60, "keyboard controller"},
	{true, 0x64, 0x64, "keyboard controller"},
	{true, 0x81, 0x8f, "DMA page registers"},
	{true, 0x92, 0x92, "system control port A"},
	{true, 0xc0, 0xdf, "second DMA controller"},
	{true, 0x170, 0x177, "second IDE controller"},
	{true, 0x1f0, 0x1f7, "IDE controller"},
	{true, 0x2e8, 0x2ef, "fourth serial port"},
	{true, 0x2f8, 0x2ff, "second serial port"},
	{true, 0x378, 0x37f, "parallel port"},
	{true, 0x3b0, 0x3df, "VGA"},
	{true, 0x3e8, 0x3ef, "third serial port"},
	{true, 0x402, 0x402, "firmware's debug port"},
	{true, 0x5659, 0x5659, "VMware's second backdoor"},
	{true, 0x8900, 0x8900, "Bochs' shutdown port"},
	{false, 0xa0000, 0xbffff, "VGA's memory"},
	{false, 0xfec00000, 0xfec00fff, "I/O APIC"},
	{false, 0xfed00000, 0xfed003ff, "HPET"},
	{false, 0xfed40000, 0xfed44fff, "TPM"},
	{false, 0xfed90000, 0xfed90fff, "Intel IOMMU"},
	{false, 0xfee00000, 0xfeefffff, "local APIC"},
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kind kinds[KINDS_MAX];
static size_t kind_count, others;

static const char *name_of(const struct kind *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (usual[i].is_port == kind->is_port && kind->address >= usual[i].first &&
		    kind->address <= usual[i].last)
			return usual[i].name;
	return NULL;
}

static char *describe(const struct kind *kind)
{
	const char *name = name_of(kind);

	return format_text("%s %#" PRIx64 "%s%s%s, %s of %u byte%s",
			   kind->is_port ? "port" : "address", kind->address, name ? " (" : "",
			   name ? name : "", name ? ")" : "", kind->is_write ? "write" : "read",
			   kind->size, kind->size == 1 ? "" : "s");
}

void note_absent(const struct access *access)
{
	const struct kind kind = {access->is_port, access->is_write, access->address, access->size};
	bool is_new = true;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < kind_count && is_new; i++)
		is_new = kinds[i].is_port != kind.is_port || kinds[i].is_write != kind.is_write ||
			 kinds[i].address != kind.address || kinds[i].size != kind.size;
	if (is_new && kind_count < KINDS_MAX) {
		char *text = describe(&kind);

		kinds[kind_count++] = kind;
		say("CPU %u asks for a device that is not there: %s", access->vcpu->index, text);
		free(text);
	} else if (is_new) {
		others++;
	}
	pthread_mutex_unlock(&lock);
}

void say_absent_devices(void)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < kind_count; i++) {
		char *text = describe(&kinds[i]);

		say("the image asked in vain for: %s", text);
		free(text);
	}
	if (others)
		say("the image asked in vain %zu times more, elsewhere", others);
	pthread_mutex_unlock(&lock);
}
