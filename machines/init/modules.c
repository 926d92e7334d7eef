/* SPDX-License-Identifier: MIT */
/* Kernel modules, in the order and with the parameters that the list says. */
#include "machines/init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* A line of the list: "file.ko name=value name=value". */
static void load(char *line)
{
	char path[256];
	char *parameters = strchr(line, ' ');
	int fd;

	if (parameters)
		*parameters++ = '\0';
	else
		parameters = line + strlen(line);
	snprintf(path, sizeof(path), "/modules/%s", line);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("cannot open %s: %s", path, strerror(errno));
	/* Finding it loaded or built in already is as good. */
	if (syscall(SYS_finit_module, fd, parameters, 0) && errno != EEXIST)
		die("cannot load module %s (parameters \"%s\"): %s%s", line, parameters,
		    strerror(errno), fix_kernel("CONFIG_MODULES"));
	close(fd);
}

void load_modules(void)
{
	char line[512];
	FILE *list = fopen("/modules/list", "r");

	if (!list)
		die("cannot open /modules/list: %s", strerror(errno));
	while (fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line)
			load(line);
	}
	fclose(list);
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
}
