/* SPDX-License-Identifier: MIT */
/* See load.h. */
#include "machines/supervisor/load.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *__attribute__((format(printf, 1, 2))) text(const char *format, ...)
{
	va_list list;
	char *result;

	va_start(list, format);
	if (vasprintf(&result, format, list) < 0) {
		fputs("ringside: out of memory\n", stderr);
		exit(125);
	}
	va_end(list);
	return result;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The folders of all libraries, with colons between. */
static char *library_path(char **libraries, size_t count)
{
	char *path = text("%s", "");

	for (size_t i = 0; i < count; i++) {
		size_t size = (size_t)(base_name(libraries[i]) - libraries[i]);
		char *longer;

		longer = text("%s%s%.*s", path, *path ? ":" : "", (int)size, libraries[i]);
		free(path);
		path = longer;
	}
	return path;
}

/* What a dynamic program is started with. */
static char *use_loader(const char *loader, char **arguments, char **libraries, size_t count,
			char ***command)
{
	size_t argument_count = 0;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(base_name(libraries[i]), base_name(loader)))
			continue;
		while (arguments[argument_count])
			argument_count++;
		*command = calloc(argument_count + 4, sizeof(**command));
		if (!*command)
			return text("out of memory");
		(*command)[0] = libraries[i];
		(*command)[1] = text("--library-path");
		(*command)[2] = library_path(libraries, count);
		memcpy(*command + 3, arguments, argument_count * sizeof(*arguments));
		return NULL;
	}
	if (!access(loader, X_OK))
		return NULL;
	return text(
		"%s is a dynamic program and wants %s, which this machine has not. Fix: link "
		"it statically (linkopts = [\"-static\"]), or name the loader and every library "
		"that it needs in data",
		arguments[0], loader);
}

static char *check_elf(const char *path, int fd, const Elf64_Ehdr *head, char *loader)
{
	if (head->e_ident[EI_CLASS] == ELFCLASS32)
		return NULL; /* the kernel knows whether it runs these; it has no loader here */
	if (head->e_machine != EM_X86_64)
		return text(
			"%s is a program for another CPU (ELF machine %u, not %u: x86-64). Fix: "
			"build it for x86-64",
			path, head->e_machine, EM_X86_64);
	if (head->e_type != ET_EXEC && head->e_type != ET_DYN)
		return text("%s is no program but an ELF file of type %u, as of an object file. "
			    "Fix: link it",
			    path, head->e_type);
	for (unsigned int i = 0; i < head->e_phnum; i++) {
		Elf64_Phdr part;

		if (pread(fd, &part, sizeof(part),
			  (off_t)(head->e_phoff + (uint64_t)i * head->e_phentsize)) != sizeof(part))
			return text("%s is damaged: it ends before its program headers do. Fix: "
				    "build it anew",
				    path);
		if (part.p_type != PT_INTERP)
			continue;
		if (part.p_filesz > PATH_MAX ||
		    pread(fd, loader, part.p_filesz, (off_t)part.p_offset) !=
			    (ssize_t)part.p_filesz)
			return text("%s is damaged: its loader's name can't be read. Fix: build it "
				    "anew",
				    path);
		loader[part.p_filesz] = '\0';
	}
	return NULL;
}

static char *check_script(const char *path, const char *head)
{
	char interpreter[256];

	if (sscanf(head, "#!%*[ \t]%255[^ \t\n]", interpreter) != 1 &&
	    sscanf(head, "#!%255[^ \t\n]", interpreter) != 1)
		return text(
			"%s is a script that names no interpreter. Fix: begin it with #!/bin/sh",
			path);
	if (!access(interpreter, X_OK))
		return NULL;
	return text("%s is a script for %s, which this machine has not. Fix: write it for /bin/sh, "
		    "which every machine has",
		    path, interpreter);
}

char *make_command(char **arguments, char **libraries, size_t library_count, char ***command)
{
	union {
		Elf64_Ehdr elf;
		char text[257];
	} head = {0};
	char loader[PATH_MAX + 1] = "";
	const char *path = arguments[0];
	char *problem;
	ssize_t size;
	int fd;

	*command = arguments;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return text("cannot open %s: %s. Fix: build the test anew", path, strerror(errno));
	size = read(fd, &head, sizeof(head) - 1);
	if (size >= (ssize_t)sizeof(head.elf) && !memcmp(head.elf.e_ident, ELFMAG, SELFMAG))
		problem = check_elf(path, fd, &head.elf, loader);
	else if (size >= 2 && !memcmp(head.text, "#!", 2))
		problem = check_script(path, head.text);
	else
		problem =
			text("%s is neither an ELF program nor a script that begins with #!. Fix: "
			     "name a program that Linux on x86-64 can execute",
			     path);
	close(fd);
	if (!problem && *loader)
		problem = use_loader(loader, arguments, libraries, library_count, command);
	return problem;
}
