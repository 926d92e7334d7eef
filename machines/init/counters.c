/* SPDX-License-Identifier: MIT */
/* Modules that count which of their code runs: their counters go among the job's outputs. */
#include "machines/counters/counters.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machines/init/init.h"

/* The folder below that which TEST_UNDECLARED_OUTPUTS_DIR names. */
#define FOLDER "kvm_counters"

static const char *outputs_of(const struct job *job)
{
	static const char name[] = "TEST_UNDECLARED_OUTPUTS_DIR=";

	for (size_t i = 0; i < job->environment_count; i++)
		if (!strncmp(job->environment[i], name, sizeof(name) - 1))
			return job->environment[i] + sizeof(name) - 1;
	return NULL;
}

static void keep(const char *folder, const char *module)
{
	struct counters counters;
	char path[PATH_MAX], *file = module_file(module);
	const char *problem = counters_open(&counters, module, COUNTERS_OF_LINES, file);
	void *values;
	int fd;

	if (problem)
		die("%s", problem);
	values = malloc(counters.size);
	if (!values)
		die("out of memory");
	if (!counters_read(&counters, values))
		die("cannot read the counters of module %s: %s", module, strerror(errno));
	snprintf(path, sizeof(path), "%s/%s", folder, module);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, values, counters.size) != (ssize_t)counters.size || close(fd))
		die("cannot write %s: %s", path, strerror(errno));
	free(values);
	free(file);
	counters_close(&counters);
}

void keep_counters(const struct job *job)
{
	const char *outputs = outputs_of(job);
	char folder[PATH_MAX];

	for (size_t i = 0; outputs && i < job->module_count; i++) {
		char module[NAME_MAX];

		snprintf(module, sizeof(module), "%.*s", (int)strcspn(job->modules[i], "."),
			 job->modules[i]);
		if (!counters_present(module, COUNTERS_OF_LINES))
			continue;
		snprintf(folder, sizeof(folder), "%s%s%s/" FOLDER,
			 *outputs != '/' && job->directory ? job->directory : "",
			 *outputs != '/' ? "/" : "", outputs);
		if (mkdir(folder, 0755) && errno != EEXIST)
			die("cannot make %s: %s", folder, strerror(errno));
		keep(folder, module);
	}
}
