/* SPDX-License-Identifier: MIT */
/* Kernel modules: found by name, put in the order of their dependencies. */
#include "machines/initramfs/initramfs.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct module {
	struct module *next;
	char *path;
	char name[NAME_MAX + 1]; /* with '_' for '-' */
	const char *parameters;
	struct module **needs; /* those that it names itself */
	size_t need_count;
	bool entered; /* its dependencies are being looked at */
	bool listed;
	const struct module *written_for; /* the last one whose dependencies it was among */
};

static struct module *known;

/* What will be loaded, in this order. */
static struct module **wanted;
static size_t wanted_count;

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Copies a module's name up to its first dot or @size, in its one spelling. */
static void spell(char *name, const char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size && i < NAME_MAX && text[i] && text[i] != '.'; i++)
		name[i] = text[i] == '-' ? '_' : text[i];
	name[i] = '\0';
}

static bool ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), end_size = strlen(end);

	return size >= end_size && !strcmp(text + size - end_size, end);
}

static void add_file(const char *path)
{
	struct module *module = calloc(1, sizeof(*module));

	if (!module || !(module->path = strdup(path)))
		die("out of memory");
	spell(module->name, base_name(path), NAME_MAX);
	module->parameters = "";
	module->next = known;
	known = module;
}

void module_add_path(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	if (!folder) {
		if (errno != ENOTDIR)
			die("cannot open %s: %s", path, strerror(errno));
		if (ends_with(path, ".ko"))
			add_file(path);
		else if (ends_with(path, ".ko.xz") || ends_with(path, ".ko.zst") ||
			 ends_with(path, ".ko.gz"))
			die("%s is compressed; give the module uncompressed, as .ko", path);
		return;
	}
	while ((entry = readdir(folder))) {
		char below[PATH_MAX];

		if (entry->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) >=
		    sizeof(below))
			die("the path of %s in %s is too long", entry->d_name, path);
		module_add_path(below);
	}
	closedir(folder);
}

static struct module *find(const char *text, size_t size)
{
	char name[NAME_MAX + 1];

	spell(name, text, size);
	for (struct module *module = known; module; module = module->next)
		if (!strcmp(module->name, name))
			return module;
	return NULL;
}

/* The part of a module's ELF file that holds "key=value" strings. */
static const char *modinfo(const unsigned char *file, size_t size, const char *path,
			   size_t *info_size)
{
	const Elf64_Ehdr *head = (const void *)file;
	const Elf64_Shdr *sections, *names;

	if (size < sizeof(*head) || memcmp(head->e_ident, ELFMAG, SELFMAG) ||
	    head->e_ident[EI_CLASS] != ELFCLASS64)
		die("%s is no 64-bit ELF file, so no kernel module", path);
	if (head->e_shoff > size || head->e_shentsize != sizeof(*sections) ||
	    head->e_shnum > (size - head->e_shoff) / sizeof(*sections) ||
	    head->e_shstrndx >= head->e_shnum || head->e_shoff % _Alignof(Elf64_Shdr))
		die("%s: its section table lies outside the file", path);
	sections = (const void *)(file + head->e_shoff);
	names = &sections[head->e_shstrndx];
	for (size_t i = 0; i < head->e_shnum; i++) {
		const Elf64_Shdr *section = &sections[i];
		static const char wanted_name[] = ".modinfo";

		if (names->sh_offset > size || names->sh_size > size - names->sh_offset ||
		    section->sh_name > names->sh_size ||
		    names->sh_size - section->sh_name < sizeof(wanted_name))
			continue;
		if (memcmp(file + names->sh_offset + section->sh_name, wanted_name,
			   sizeof(wanted_name)))
			continue;
		if (section->sh_offset > size || section->sh_size > size - section->sh_offset)
			break;
		*info_size = section->sh_size;
		return (const char *)file + section->sh_offset;
	}
	die("%s has no .modinfo section, so it is no kernel module", path);
}

static void append(struct module ***list, size_t *count, struct module *module)
{
	struct module **longer = realloc(*list, (*count + 1) * sizeof(*longer));

	if (!longer)
		die("out of memory");
	longer[(*count)++] = module;
	*list = longer;
}

static void want(struct module *module);

/* Wants each name of a comma-separated list. */
static void want_each(struct module *module, const char *names, size_t size)
{
	while (size) {
		const char *comma = memchr(names, ',', size);
		size_t part = comma ? (size_t)(comma - names) : size;
		struct module *other = find(names, part);

		if (part && !other)
			die("module %s needs %.*s, which is not among the modules given",
			    module->name, (int)part, names);
		if (part) {
			append(&module->needs, &module->need_count, other);
			want(other);
		}
		part += comma != NULL;
		names += part;
		size -= part;
	}
}

static void want(struct module *module)
{
	static const char key[] = "depends=";
	unsigned char *file;
	const char *info;
	size_t size, info_size;

	if (module->listed)
		return;
	if (module->entered)
		die("module %s depends on itself", module->name);
	module->entered = true;
	file = read_file(module->path, &size);
	info = modinfo(file, size, module->path, &info_size);
	while (info_size) {
		size_t length = strnlen(info, info_size);

		if (length >= sizeof(key) - 1 && !memcmp(info, key, sizeof(key) - 1))
			want_each(module, info + sizeof(key) - 1, length - (sizeof(key) - 1));
		length += length < info_size; /* the NUL */
		info += length;
		info_size -= length;
	}
	free(file);
	append(&wanted, &wanted_count, module);
	module->listed = true;
}

void module_want(const char *name, const char *parameters)
{
	struct module *module = find(name, strlen(name));

	if (!module)
		return;
	if (*parameters)
		module->parameters = parameters;
	want(module);
}

/* Writes what @module depends on, itself and through others, each once. */
static void write_needs(FILE *text, const struct module *module, const struct module *whose)
{
	for (size_t i = 0; i < module->need_count; i++) {
		struct module *other = module->needs[i];

		if (other->written_for == whose)
			continue;
		other->written_for = whose;
		fprintf(text, " %s.ko", other->name);
		write_needs(text, other, whose);
	}
}

/* Adds depmod's list, which tells whoever reloads a module where its file is. */
static void pack_dependencies(FILE *archive)
{
	char *list;
	size_t list_size;
	FILE *text = open_memstream(&list, &list_size);

	if (!text)
		die("out of memory");
	for (size_t i = 0; i < wanted_count; i++) {
		fprintf(text, "%s.ko:", wanted[i]->name);
		write_needs(text, wanted[i], wanted[i]);
		fputc('\n', text);
	}
	if (fclose(text))
		die("out of memory");
	cpio_add(archive, "modules/modules.dep", S_IFREG | 0644, 0, list, list_size);
	free(list);
}

/* Whether a module's strings tell the type of a parameter, so that it has one. */
static bool has_parameter(const char *info, size_t info_size, const char *name, size_t name_size)
{
	static const char key[] = "parmtype=";
	const size_t key_size = sizeof(key) - 1;

	while (info_size) {
		size_t length = strnlen(info, info_size);

		if (length > key_size + name_size && !memcmp(info, key, key_size) &&
		    !memcmp(info + key_size, name, name_size) && info[key_size + name_size] == ':')
			return true;
		length += length < info_size; /* the NUL */
		info += length;
		info_size -= length;
	}
	return false;
}

/* The kernel passes silently over a parameter that a module doesn't know. */
static void check_parameters(const struct module *module, const char *info, size_t info_size)
{
	const char *word = module->parameters;

	while (*word) {
		size_t size = strcspn(word, "= ");

		if (size && !has_parameter(info, info_size, word, size))
			die("module %s has no parameter '%.*s'", module->name, (int)size, word);
		word += strcspn(word, " ");
		word += *word == ' ';
	}
}

void module_pack(FILE *archive)
{
	char *list;
	size_t list_size;
	FILE *text = open_memstream(&list, &list_size);

	if (!text)
		die("out of memory");
	cpio_add(archive, "modules", S_IFDIR | 0755, 0, NULL, 0);
	for (size_t i = 0; i < wanted_count; i++) {
		const struct module *module = wanted[i];
		char name[PATH_MAX];
		size_t size;
		unsigned char *file = read_file(module->path, &size);
		size_t info_size;
		const char *info = modinfo(file, size, module->path, &info_size);

		check_parameters(module, info, info_size);
		fprintf(text, "%s.ko%s%s\n", module->name, *module->parameters ? " " : "",
			module->parameters);
		snprintf(name, sizeof(name), "modules/%s.ko", module->name);
		cpio_add(archive, name, S_IFREG | 0644, 0, file, size);
		free(file);
	}
	if (fclose(text))
		die("out of memory");
	cpio_add(archive, "modules/list", S_IFREG | 0644, 0, list, list_size);
	free(list);
	pack_dependencies(archive);
}
