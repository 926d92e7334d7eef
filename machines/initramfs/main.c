/* SPDX-License-Identifier: MIT */
/*
 * Makes the initramfs of an emulated machine: init and the kernel modules that
 * it loads, nothing else.
 *
 * usage: make_initramfs --init FILE --output FILE [--modules FILE|FOLDER]...
 *                       [--load "NAME PARAMETER=VALUE ..."]...
 *                       [--config FILE] [--builtin FILE]
 *
 * The last two are what tests may want to know of the kernel: its .config and
 * its modules.builtin.
 */
#include "machines/initramfs/initramfs.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

void die(const char *format, ...)
{
	va_list list;

	fputs("make_initramfs: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputs("\n", stderr);
	exit(1);
}

unsigned char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	struct stat status;
	unsigned char *data;

	if (!file || fstat(fileno(file), &status))
		die("cannot open %s: %s", path, strerror(errno));
	*size = (size_t)status.st_size;
	data = malloc(*size + 1);
	if (!data)
		die("out of memory for %s (%zu bytes)", path, *size);
	if (fread(data, 1, *size, file) != *size)
		die("cannot read %s: %s", path, strerror(errno));
	fclose(file);
	return data;
}

/* A file that init offers below /lib/modules. */
static void add_list(FILE *archive, const char *name, const char *path)
{
	unsigned char *data;
	size_t size;

	if (!path)
		return;
	data = read_file(path, &size);
	cpio_add(archive, name, S_IFREG | 0644, 0, data, size);
	free(data);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"init", required_argument, NULL, 'i'},
		{"output", required_argument, NULL, 'o'},
		{"modules", required_argument, NULL, 'm'},
		{"load", required_argument, NULL, 'l'},
		{"config", required_argument, NULL, 'c'},
		{"builtin", required_argument, NULL, 'b'},
		{0},
	};
	const char *init = NULL, *output = NULL, *config = NULL, *builtin = NULL;
	unsigned char *program;
	FILE *archive;
	size_t size;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'i')
			init = optarg;
		else if (option == 'o')
			output = optarg;
		else if (option == 'm')
			module_add_path(optarg);
		else if (option == 'c')
			config = optarg;
		else if (option == 'b')
			builtin = optarg;
		else if (option != 'l')
			return 1;
	}
	if (!init || !output || optind != argc)
		die("usage: make_initramfs --init FILE --output FILE [--modules FILE|FOLDER]... "
		    "[--load \"NAME PARAMETER=VALUE ...\"]... [--config FILE] [--builtin FILE]");
	/* Only now are all modules known. */
	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		char *parameters = option == 'l' ? strchr(optarg, ' ') : NULL;

		if (parameters)
			*parameters++ = '\0';
		if (option == 'l')
			module_want(optarg, parameters ? parameters : "");
	}

	archive = fopen(output, "we");
	if (!archive)
		die("cannot create %s: %s", output, strerror(errno));
	program = read_file(init, &size);
	cpio_add(archive, "dev", S_IFDIR | 0755, 0, NULL, 0);
	cpio_add(archive, "dev/console", S_IFCHR | 0600, makedev(5, 1), NULL, 0);
	cpio_add(archive, "root", S_IFDIR | 0755, 0, NULL, 0);
	cpio_add(archive, "init", S_IFREG | 0755, 0, program, size);
	module_pack(archive);
	add_list(archive, "modules/config", config);
	add_list(archive, "modules/modules.builtin", builtin);
	cpio_end(archive);
	free(program);
	if (ferror(archive) || fclose(archive))
		die("cannot write %s: %s", output, strerror(errno));
	return 0;
}
