/* SPDX-License-Identifier: MIT */
/*
 * Where a section of a module lies in memory says sysfs, how large it is the
 * module's file; /proc/kcore, an ELF file, offers that memory. See counters.h.
 */
#include "machines/counters/counters.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KERNEL_MEMORY "/proc/kcore"

static char problem[512];

static const char *wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

static const char *wrong(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(problem, sizeof(problem), format, list);
	va_end(list);
	return problem;
}

static void section_path(char *path, size_t size, const char *module, const char *section)
{
	snprintf(path, size, "/sys/module/%s/sections/%s", module, section);
}

bool counters_present(const char *module, const char *section)
{
	char path[256];

	section_path(path, sizeof(path), module, section);
	return !access(path, F_OK);
}

static bool read_at(int fd, void *data, size_t size, off_t offset)
{
	for (char *next = data; size;) {
		ssize_t got = pread(fd, next, size, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			errno = got ? errno : EIO;
			return false;
		}
		next += got;
		offset += got;
		size -= (size_t)got;
	}
	return true;
}

static uint64_t section_address(const char *module, const char *section)
{
	unsigned long long address = 0;
	char path[256];
	FILE *file;

	section_path(path, sizeof(path), module, section);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%llx", &address) != 1)
		address = 0;
	fclose(file);
	return address;
}

/* The size of a file's section of that name; 0 if there is none. */
static size_t section_size(int fd, const char *wanted)
{
	const size_t length = strlen(wanted) + 1;
	Elf64_Shdr section, names;
	Elf64_Ehdr header;

	if (!read_at(fd, &header, sizeof(header), 0) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_shentsize != sizeof(section) ||
	    header.e_shstrndx >= header.e_shnum ||
	    !read_at(fd, &names, sizeof(names),
		     (off_t)(header.e_shoff + header.e_shstrndx * sizeof(names))))
		return 0;
	for (unsigned int i = 0; i < header.e_shnum; i++) {
		char name[32];

		if (!read_at(fd, &section, sizeof(section),
			     (off_t)(header.e_shoff + i * sizeof(section))))
			return 0;
		if (length <= sizeof(name) &&
		    read_at(fd, name, length, (off_t)(names.sh_offset + section.sh_name)) &&
		    !memcmp(name, wanted, length))
			return section.sh_size;
	}
	return 0;
}

/* Where an address is in /proc/kcore; -1 if it is not there. */
static off_t memory_offset(int memory, uint64_t address, size_t size)
{
	Elf64_Ehdr header;
	Elf64_Phdr part;

	if (!read_at(memory, &header, sizeof(header), 0) || header.e_phentsize != sizeof(part))
		return -1;
	for (unsigned int i = 0; i < header.e_phnum; i++) {
		if (!read_at(memory, &part, sizeof(part),
			     (off_t)(header.e_phoff + i * sizeof(part))))
			return -1;
		if (part.p_type == PT_LOAD && address >= part.p_vaddr &&
		    address - part.p_vaddr < part.p_memsz &&
		    size <= part.p_memsz - (address - part.p_vaddr))
			return (off_t)(part.p_offset + (address - part.p_vaddr));
	}
	return -1;
}

const char *counters_open(struct counters *counters, const char *module, const char *section,
			  const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const uint64_t address = section_address(module, section);

	*counters = (struct counters){.memory = -1, .size = fd < 0 ? 0 : section_size(fd, section)};
	if (fd >= 0)
		close(fd);
	if (!counters->size)
		return wrong(
			"%s has no section %s; it has to be the file that module %s was loaded "
			"from",
			path, section, module);
	if (!address)
		return wrong("the kernel does not tell where the counters of module %s are; it "
			     "needs CONFIG_KALLSYMS",
			     module);
	counters->memory = open(KERNEL_MEMORY, O_RDONLY | O_CLOEXEC);
	if (counters->memory < 0)
		return wrong("cannot open " KERNEL_MEMORY ": %s; the kernel needs "
			     "CONFIG_PROC_KCORE",
			     strerror(errno));
	counters->offset = memory_offset(counters->memory, address, counters->size);
	if (counters->offset < 0) {
		counters_close(counters);
		return wrong(KERNEL_MEMORY " does not show the %zu bytes of counters at %#llx",
			     counters->size, (unsigned long long)address);
	}
	return NULL;
}

bool counters_read(const struct counters *counters, void *values)
{
	return read_at(counters->memory, values, counters->size, counters->offset);
}

void counters_close(struct counters *counters)
{
	if (counters->memory >= 0)
		close(counters->memory);
	counters->memory = -1;
}
