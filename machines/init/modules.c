/* SPDX-License-Identifier: MIT */
/* Kernel modules, in the order and with the parameters that the list says. */
#include "machines/init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Where the list and the modules are. */
static char folder[256] = "/modules";

static char *module_path(const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		die("out of memory");
	return path;
}

/* Cuts a line of the list, "file.ko name=value name=value", at its parameters. */
static char *cut_parameters(char *line)
{
	char *parameters = strchr(line, ' ');

	if (!parameters)
		return line + strlen(line);
	*parameters = '\0';
	return parameters + 1;
}

static void load(char *line)
{
	char *parameters = cut_parameters(line);
	char *path = module_path(line);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("cannot open %s: %s", path, strerror(errno));
	/* Finding it loaded or built in already is as good. */
	if (syscall(SYS_finit_module, fd, parameters, 0) && errno != EEXIST)
		die("cannot load module %s (parameters \"%s\"): %s%s", line, parameters,
		    strerror(errno), fix_kernel("CONFIG_MODULES"));
	close(fd);
	free(path);
}

static void unload(const char *line)
{
	char name[256];
	size_t size = strcspn(line, ".");

	snprintf(name, sizeof(name), "%.*s", (int)size, line);
	if (syscall(SYS_delete_module, name, O_NONBLOCK))
		die("cannot unload module %s to load another in its place: %s; modules that depend "
		    "on it have to be replaced with it",
		    name, strerror(errno));
}

/* The lines of what the machine was told to load. */
static size_t read_list(char ***lines)
{
	char *path = module_path("list");
	FILE *list = fopen(path, "r");
	size_t count = 0, size = 0;
	char *line = NULL;

	if (!list)
		die("cannot open %s: %s", path, strerror(errno));
	*lines = NULL;
	while (getline(&line, &size, list) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (*line) {
			*lines = realloc(*lines, (count + 1) * sizeof(**lines));
			if (!*lines)
				die("out of memory");
			(*lines)[count++] = line;
			line = NULL;
			size = 0;
		}
	}
	free(line);
	fclose(list);
	free(path);
	return count;
}

void load_modules(void)
{
	char **lines;
	size_t count = read_list(&lines);

	for (size_t i = 0; i < count; i++)
		load(lines[i]);
	free(lines);
}

char *module_file(const char *module)
{
	char *name, *path;

	if (asprintf(&name, "%s.ko", module) < 0)
		die("out of memory");
	path = module_path(name);
	free(name);
	return path;
}

static bool is_named(const char *line, char *const *names, size_t count)
{
	size_t size = strcspn(line, " ");

	for (size_t i = 0; i < count; i++)
		if (strlen(names[i]) == size && !strncmp(names[i], line, size))
			return true;
	return false;
}

void replace_modules(char *const *names, size_t count)
{
	char **lines;
	size_t line_count;

	if (!count)
		return;
	line_count = read_list(&lines);
	for (size_t i = line_count; i-- > 0;)
		if (is_named(lines[i], names, count))
			unload(lines[i]);
	for (size_t i = 0; i < line_count; i++)
		if (is_named(lines[i], names, count))
			load(lines[i]);
	free(lines);
}

void offer_modules(const char *root)
{
	struct utsname kernel;
	char path[512];

	uname(&kernel);
	snprintf(path, sizeof(path), "%s/lib", root);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/lib/modules", root);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/lib/modules/%s", root, kernel.release);
	if (mkdir(path, 0755) || mount("/modules", path, NULL, MS_BIND, NULL))
		die("cannot have the modules at %s: %s", path, strerror(errno));
	/* As seen when @root has become the root. */
	snprintf(folder, sizeof(folder), "/lib/modules/%s", kernel.release);
}
