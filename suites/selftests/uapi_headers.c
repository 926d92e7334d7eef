/* SPDX-License-Identifier: MIT */
/*
 * Makes the kernel's headers for programs of its source, as `make headers_install`
 * does (Linux: Documentation/kbuild/headers_install.rst): without what only the
 * kernel's own code may see, and with the headers that are generated.
 *
 * usage: uapi_headers OUTPUT ROOT
 *
 * OUTPUT is a folder, ROOT that of the kernel's source. x86 only.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Conditions in conditions. */
#define NESTING_MAX 64

static const char *output, *root;

static void __attribute__((format(printf, 1, 2), noreturn)) die(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fputs("uapi_headers: ", stderr);
	vfprintf(stderr, format, list);
	fputc('\n', stderr);
	va_end(list);
	exit(1);
}

static char *__attribute__((format(printf, 1, 2))) text(const char *format, ...)
{
	va_list list;
	char *result;

	va_start(list, format);
	if (vasprintf(&result, format, list) < 0)
		die("out of memory");
	va_end(list);
	return result;
}

static FILE *open_source(const char *path)
{
	FILE *file = fopen(path, "re");

	if (!file)
		die("cannot open %s: %s. Fix: name a whole kernel source, with include/uapi, "
		    "arch/x86/include/uapi and arch/x86/entry/syscalls",
		    path, strerror(errno));
	return file;
}

/* A header below the output folder. */
static FILE *open_header(const char *name)
{
	char *path = text("%s/%s", output, name);
	FILE *file;

	for (char *slash = strchr(path + strlen(output) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			die("cannot make %s: %s", path, strerror(errno));
		*slash = '/';
	}
	file = fopen(path, "we");
	if (!file)
		die("cannot create %s: %s", path, strerror(errno));
	free(path);
	return file;
}

static void close_header(FILE *file)
{
	if (ferror(file) | fclose(file))
		die("cannot write a header: %s", strerror(errno));
}

static bool is_word(int c)
{
	return isalnum(c) || c == '_';
}

/* What a word becomes, or NULL if it stays. */
static const char *exported(const char *word, size_t size)
{
	static const char *const words[][2] = {
		{"__user", ""},
		{"__force", ""},
		{"__iomem", ""},
		{"__attribute_const__", ""},
		{"__packed", "__attribute__((packed))"},
		{"inline", "__inline__"},
		{"asm", "__asm__"},
		{"volatile", "__volatile__"},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i][0]) == size && !strncmp(words[i][0], word, size))
			return words[i][1];
	return NULL;
}

/* The words that only the kernel's compiler knows, in the words of any. */
static void put_line(FILE *header, const char *line)
{
	while (*line) {
		size_t size = 1;
		const char *word = NULL;

		if (is_word((unsigned char)*line)) {
			while (is_word((unsigned char)line[size]))
				size++;
			word = exported(line, size);
		}
		if (word)
			fputs(word, header);
		else
			fwrite(line, 1, size, header);
		line += size;
	}
}

/* "# ifdef X" as "ifdef" and "X". */
static bool directive(const char *line, char name[static 16], char argument[static 64])
{
	*argument = '\0';
	return sscanf(line, " # %15[a-z] %63s", name, argument) >= 1;
}

/* Whether __KERNEL__ or its like is defined: 1, 0, or -1 for any other name. */
static int is_defined(const char *name)
{
	return !strcmp(name, "__KERNEL__") ? 0 : !strcmp(name, "__EXPORTED_HEADERS__") ? 1 : -1;
}

/* Include guards lose what tells the kernel's own header from this. */
static bool put_guard(FILE *header, const char *line)
{
	const char *guard = strstr(line, "_UAPI");
	char name[16], argument[64];

	if (!guard || !directive(line, name, argument))
		return false;
	if (strcmp(name, "ifndef") && strcmp(name, "define"))
		return false;
	if (strncmp(argument, "_UAPI", 5))
		return false;
	fprintf(header, "#%s %s", name, guard + 5);
	return true;
}

static void export_header(const char *source, const char *name)
{
	/* Of each condition that is open: what it is known to be, as is_defined(). */
	int conditions[NESTING_MAX];
	size_t depth = 0;
	FILE *file = open_source(source), *header = open_header(name);
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, file) > 0) {
		char word[16], argument[64];
		bool hidden = false, is_known = false;

		if (directive(line, word, argument)) {
			if (!strncmp(word, "if", 2)) {
				int known = -1;

				if (depth == NESTING_MAX)
					die("%s: conditions are nested more than %d deep", source,
					    NESTING_MAX);
				if (!strcmp(word, "ifdef"))
					known = is_defined(argument);
				else if (!strcmp(word, "ifndef") && is_defined(argument) >= 0)
					known = !is_defined(argument);
				conditions[depth++] = known;
				is_known = known >= 0;
			} else if (!strcmp(word, "else") && depth) {
				is_known = conditions[depth - 1] >= 0;
				if (is_known)
					conditions[depth - 1] = !conditions[depth - 1];
			} else if (!strcmp(word, "endif")) {
				if (!depth)
					die("%s: an #endif without its #if", source);
				is_known = conditions[--depth] >= 0;
			}
		}
		for (size_t i = 0; i < depth; i++)
			hidden |= !conditions[i];
		if (hidden || is_known)
			continue;
		if (directive(line, word, argument) && !strcmp(word, "include")) {
			if (!strstr(line, "<linux/compiler.h>") &&
			    !strstr(line, "<linux/compiler_types.h>"))
				fputs(line, header);
		} else if (!put_guard(header, line)) {
			put_line(header, line);
		}
	}
	if (depth)
		die("%s: an #if without its #endif", source);
	free(line);
	fclose(file);
	close_header(header);
}

/* All headers below a folder. */
static void export_folder(const char *folder, const char *name)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;

	if (!entries)
		die("cannot open %s: %s. Fix: name a whole kernel source", folder, strerror(errno));
	while ((entry = readdir(entries))) {
		char *path = text("%s/%s", folder, entry->d_name);
		char *below = text("%s%s%s", name, *name ? "/" : "", entry->d_name);
		size_t size = strlen(below);
		struct stat status;

		/* Links are followed: that is what Bazel makes of files. */
		if (*entry->d_name == '.' || stat(path, &status))
			size = 0;
		else if (S_ISDIR(status.st_mode))
			export_folder(path, below);
		else if (size > 2 && !strcmp(below + size - 2, ".h"))
			export_header(path, below);
		free(below);
		free(path);
	}
	closedir(entries);
}

/* asm/NAME.h for what an architecture has not of its own. */
static void add_generic_headers(void)
{
	char *path = text("%s/include/uapi/asm-generic/Kbuild", root);
	FILE *file = open_source(path);
	char line[256], name[128];

	free(path);
	while (fgets(line, sizeof(line), file)) {
		char *own, *header_name;
		FILE *header;

		if (sscanf(line, "mandatory-y += %127s", name) != 1)
			continue;
		own = text("%s/arch/x86/include/uapi/asm/%s", root, name);
		if (access(own, F_OK)) {
			header_name = text("asm/%s", name);
			header = open_header(header_name);
			fprintf(header, "#include <asm-generic/%s>\n", name);
			close_header(header);
			free(header_name);
		}
		free(own);
	}
	fclose(file);
}

/* Numbers of system calls, from lines "NUMBER ABI NAME ...". */
static void add_system_calls(const char *table, const char *const abis[2], const char *offset,
			     const char *name)
{
	char *path = text("%s/arch/x86/entry/syscalls/%s", root, table);
	FILE *file = open_source(path), *header = open_header(name);
	char line[512], abi[16], call[64];
	unsigned int number;

	fprintf(header, "#pragma once\n\n");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%u %15s %63s", &number, abi, call) != 3 ||
		    (strcmp(abi, abis[0]) && strcmp(abi, abis[1])))
			continue;
		fprintf(header, "#define __NR_%s (%s%u)\n", call, offset, number);
	}
	free(path);
	fclose(file);
	close_header(header);
}

static unsigned int version_part(const char *makefile, const char *name)
{
	FILE *file = open_source(makefile);
	char *format = text("%s = %%u", name);
	unsigned int value = 0;
	char line[256];
	bool found = false;

	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, format, &value) == 1;
	if (!found)
		die("%s has no %s. Fix: name the kernel's own Makefile", makefile, name);
	free(format);
	fclose(file);
	return value;
}

static void add_version(void)
{
	char *makefile = text("%s/Makefile", root);
	unsigned int major = version_part(makefile, "VERSION");
	unsigned int minor = version_part(makefile, "PATCHLEVEL");
	unsigned int patch = version_part(makefile, "SUBLEVEL");
	FILE *header = open_header("linux/version.h");

	fprintf(header,
		"#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + "
		"((c) > 255 ? 255 : (c)))\n"
		"#define LINUX_VERSION_CODE KERNEL_VERSION(%u, %u, %u)\n"
		"#define LINUX_VERSION_MAJOR %u\n"
		"#define LINUX_VERSION_PATCHLEVEL %u\n"
		"#define LINUX_VERSION_SUBLEVEL %u\n",
		major, minor, patch, major, minor, patch);
	close_header(header);
	free(makefile);
}

int main(int argc, char **argv)
{
	char *generic, *x86;

	if (argc != 3)
		die("usage: uapi_headers OUTPUT ROOT");
	output = argv[1];
	root = argv[2];
	generic = text("%s/include/uapi", root);
	x86 = text("%s/arch/x86/include/uapi", root);
	export_folder(generic, "");
	export_folder(x86, "");
	free(x86);
	free(generic);
	add_generic_headers();
	add_system_calls("syscall_32.tbl", (const char *const[]){"i386", "i386"}, "",
			 "asm/unistd_32.h");
	add_system_calls("syscall_64.tbl", (const char *const[]){"common", "64"}, "",
			 "asm/unistd_64.h");
	add_system_calls("syscall_64.tbl", (const char *const[]){"common", "x32"},
			 "__X32_SYSCALL_BIT + ", "asm/unistd_x32.h");
	add_version();
	return 0;
}
