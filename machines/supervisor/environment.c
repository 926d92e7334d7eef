/* SPDX-License-Identifier: MIT */
/* See environment.h. */
#include "machines/supervisor/environment.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

static const char *const modules[] = {"kvm", "kvm_amd", "kvm_intel"};

static int by_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void parameter(const char *module, const char *name,
		      void (*take)(void *context, const char *name, const char *value),
		      void *context)
{
	char path[512], label[320], value[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, name);
	/* Some are for root alone, or can't be read at all. */
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(value, sizeof(value), file)) {
		value[strcspn(value, "\n")] = '\0';
		snprintf(label, sizeof(label), "%s.%s", module, name);
		take(context, label, value);
	}
	fclose(file);
}

void each_property(void (*take)(void *context, const char *name, const char *value), void *context)
{
	const char *machine = getenv("RINGSIDE_MACHINE");
	struct utsname system;

	uname(&system);
	take(context, "machine", machine ? machine : "host");
	take(context, "kernel", system.release);
	for (size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++) {
		struct dirent **names = NULL;
		char path[64];
		int count;

		snprintf(path, sizeof(path), "/sys/module/%s/parameters", modules[i]);
		count = scandir(path, &names, by_name, alphasort);
		for (int k = 0; k < count; k++) {
			parameter(modules[i], names[k]->d_name, take, context);
			free(names[k]);
		}
		free(names);
	}
}
