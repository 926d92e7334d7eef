/* SPDX-License-Identifier: MIT */
/* See modules.h. */
#include "kvm_lab/coverage/modules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machines/runner/memory.h"
#include "machines/runner/message.h"

/* Where init leaves them below a test's folder (machines/init/counters.c). */
#define COUNTERS "test.outputs/kvm_counters"

void modules_open(struct modules *modules)
{
	char *list = format_text("%s", setting("RINGSIDE_COVERAGE_FILES"));

	*modules = (struct modules){.label = setting("RINGSIDE_COVERAGE_MODULES")};
	for (char *file = strtok(list, ","); file; file = strtok(NULL, ",")) {
		char *path = realpath(file, NULL);
		const char *problem;

		if (!path || modules->count == MODULES_MAX)
			refuse("cannot use the module %s; start this with 'bazel run'", file);
		problem = profile_open(&modules->profiles[modules->count++], path);
		if (problem)
			refuse("%s", problem);
		free(path);
	}
	free(list);
}

/* "kvm_amd", of ".../kvm-amd.ko", as the kernel calls it */
static char *module_name(const struct profile *profile)
{
	char *name = format_text("%s", strrchr(profile->path, '/') + 1);

	name[strcspn(name, ".")] = '\0';
	for (char *dash = strchr(name, '-'); dash; dash = strchr(dash, '-'))
		*dash = '_';
	return name;
}

bool modules_add(struct modules *modules, const char *folder)
{
	bool found = false;

	for (size_t i = 0; i < modules->count; i++) {
		char *name = module_name(&modules->profiles[i]);
		char *path = format_text("%s/" COUNTERS "/%s", folder, name);

		if (!access(path, F_OK)) {
			const char *problem = profile_add(&modules->profiles[i], path);

			if (problem)
				die("%s", problem);
			found = true;
		}
		free(path);
		free(name);
	}
	return found;
}

struct words modules_write(const struct modules *modules, const char *prefix)
{
	struct words paths = {0};

	for (size_t i = 0; i < modules->count; i++) {
		char *name = module_name(&modules->profiles[i]);
		char *path = format_text("%s-%s.profraw", prefix, name);

		if (!profile_write(&modules->profiles[i], path))
			die("cannot write %s: %s", path, strerror(errno));
		add_word(&paths, path);
		free(name);
	}
	return paths;
}

void modules_clear(struct modules *modules)
{
	for (size_t i = 0; i < modules->count; i++)
		profile_clear(&modules->profiles[i]);
}
