/* SPDX-License-Identifier: MIT */
/* See boot.h. The structure: "Multiboot Specification version 0.6.96", 3.3. */
#include "suites/kvm_unit_tests/vmm/boot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "suites/kvm_unit_tests/vmm/verdict.h"

#define INFO BOOT_INFORMATION
#define MEMORY_MAP (BOOT_INFORMATION + 0x100)
#define MODULE (BOOT_INFORMATION + 0x200)
#define LOADER_NAME (BOOT_INFORMATION + 0x300)
#define COMMAND_LINE (BOOT_INFORMATION + 0x400)
#define COMMAND_LINE_END (BOOT_INFORMATION + 0x4000)

#define LOW_MEMORY_END 0x9fc00u /* of a PC's lower 640 KiB, without firmware's data area */
#define MIB 0x100000u
#define ABOVE 0x100000000ull

#define PAGE_SIZE 4096u

#define HAS_MEMORY (1u << 0)
#define HAS_COMMAND_LINE (1u << 2)
#define HAS_MODULES (1u << 3)
#define HAS_MEMORY_MAP (1u << 6)
#define HAS_LOADER_NAME (1u << 9)

#define MEMORY_AVAILABLE 1u
#define MEMORY_RESERVED 2u

struct info {
	uint32_t flags;
	uint32_t lower_kib, upper_kib; /* from 0 on, and from 1 MiB on */
	uint32_t boot_device;
	uint32_t command_line;
	uint32_t module_count, modules;
	uint32_t symbols[4];
	uint32_t map_size, map;
	uint32_t drives_size, drives;
	uint32_t configuration;
	uint32_t loader_name;
};

struct module {
	uint32_t start, end, string, reserved;
};

struct map_entry {
	uint32_t size; /* of what follows */
	uint64_t base, length;
	uint32_t type;
} __attribute__((packed));

/* The one that a list of tests has: a shell would put the time there. */
#define DATE "`date +%s`"

static char *expand(const char *text)
{
	const char *place = strstr(text, DATE);
	char *expanded;

	expanded = place ? format_text("%.*s%lld%s", (int)(place - text), text,
				       (long long)time(NULL), place + strlen(DATE))
			 : format_text("%s", text);
	if (strchr(expanded, '`'))
		give_up("the image's arguments have a command between ` and ` that is not %s; no "
			"shell reads them here. Fix: write what it would print: %s",
			DATE, text);
	return expanded;
}

/* As QEMU has it: the image's name is the first word. */
static void write_command_line(struct machine *machine)
{
	const char *name = strrchr(machine->image.path, '/');
	char *arguments = expand(machine->options->append), *line;

	line = format_text("%s%s%s", name ? name + 1 : machine->image.path, *arguments ? " " : "",
			   arguments);
	if (strlen(line) >= COMMAND_LINE_END - COMMAND_LINE)
		give_up("the image's arguments have %zu bytes; %u are the most", strlen(line),
			COMMAND_LINE_END - COMMAND_LINE - 1);
	strcpy((char *)machine->ram + COMMAND_LINE, line);
	free(line);
	free(arguments);
}

/* Lines behind the image; whether there are any. */
static bool write_environment(struct machine *machine, struct module *module)
{
	const struct option_list *list = &machine->options->environment;
	uint64_t at = ((uint64_t)machine->image.end + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;

	module->start = (uint32_t)at;
	for (size_t i = 0; i < list->count; i++) {
		size_t size = strlen(list->values[i]);

		if (at + size + 1 > machine->vm->low_ram_end)
			give_up("memory has no room for the image's environment. Fix: give it more "
				"(memory_mb)");
		memcpy(machine->ram + at, list->values[i], size);
		machine->ram[at + size] = '\n';
		at += size + 1;
	}
	module->end = (uint32_t)at;
	return list->count;
}

static uint32_t write_map(struct machine *machine)
{
	const uint64_t low = machine->vm->low_ram_end, all = machine->vm->ram_size;
	const struct map_entry map[] = {
		{.base = 0, .length = LOW_MEMORY_END, .type = MEMORY_AVAILABLE},
		{.base = FIRMWARE_START, .length = MIB - FIRMWARE_START, .type = MEMORY_RESERVED},
		{.base = MIB, .length = low - MIB, .type = MEMORY_AVAILABLE},
		{.base = ABOVE, .length = all - low, .type = MEMORY_AVAILABLE},
	};
	size_t count = sizeof(map) / sizeof(*map) - (all == low);

	for (size_t i = 0; i < count; i++) {
		struct map_entry entry = map[i];

		entry.size = sizeof(entry) - sizeof(entry.size);
		memcpy(machine->ram + MEMORY_MAP + i * sizeof(entry), &entry, sizeof(entry));
	}
	return (uint32_t)(count * sizeof(*map));
}

uint32_t write_boot_information(struct machine *machine)
{
	struct module module = {0};
	struct info info = {
		.flags = HAS_MEMORY | HAS_COMMAND_LINE | HAS_MEMORY_MAP | HAS_LOADER_NAME,
		.lower_kib = LOW_MEMORY_END / 1024,
		.upper_kib = (uint32_t)((machine->vm->low_ram_end - MIB) / 1024),
		.command_line = COMMAND_LINE,
		.map = MEMORY_MAP,
		.loader_name = LOADER_NAME,
	};

	write_command_line(machine);
	info.map_size = write_map(machine);
	strcpy((char *)machine->ram + LOADER_NAME, "Ringside");
	if (write_environment(machine, &module)) {
		info.flags |= HAS_MODULES;
		info.module_count = 1;
		info.modules = MODULE;
		memcpy(machine->ram + MODULE, &module, sizeof(module));
	}
	memcpy(machine->ram + INFO, &info, sizeof(info));
	write_acpi_tables(machine->ram);
	return INFO;
}
