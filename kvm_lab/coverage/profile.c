/* SPDX-License-Identifier: MIT */
/*
 * The format is that of LLVM's docs/InstrProfileFormat.rst; its structures come from the
 * compiler's own header, so that they are those of the LLVM that has made the module.
 * See profile.h.
 */
#include "kvm_lab/coverage/profile.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machines/runner/message.h"

/*
 * The header defines what it is asked for by a macro, and undefines that. Numbers without
 * such a macro come when nothing is asked for.
 */
#include <profile/InstrProfData.inc>

typedef uint64_t IntPtrT;

enum {
#define VALUE_PROF_KIND(name, value, words) name = value,
#include <profile/InstrProfData.inc>
};

/* What stands in front of a raw profile. */
struct header {
#define INSTR_PROF_RAW_HEADER(type, name, value) type name;
#include <profile/InstrProfData.inc>
};

/* What is known of a function. */
struct record {
#define INSTR_PROF_DATA(type, llvm_type, name, value) type name;
#include <profile/InstrProfData.inc>
};

static char problem[1024];

static const char *wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

static const char *wrong(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(problem, sizeof(problem), format, list);
	va_end(list);
	return problem;
}

static const char *broken(const struct profile *profile)
{
	return wrong("%s is no object of x86-64, or a damaged one; build it anew", profile->path);
}

/* @count elements of @size bytes at @offset of the file; NULL if they are not all in it. */
static const void *part(const struct profile *profile, uint64_t offset, uint64_t count,
			uint64_t size)
{
	if (offset > profile->file_size || count > (profile->file_size - offset) / size ||
	    offset % 8)
		return NULL;
	return profile->file + offset;
}

struct object {
	const Elf64_Shdr *sections;
	unsigned int count;
	const char *names;
	size_t names_size;
};

static bool read_object(const struct profile *profile, struct object *object)
{
	const Elf64_Ehdr *header = part(profile, 0, 1, sizeof(*header));
	const Elf64_Shdr *names;

	if (!header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
	    header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_type != ET_REL ||
	    header->e_machine != EM_X86_64 || header->e_shstrndx >= header->e_shnum)
		return false;
	object->count = header->e_shnum;
	object->sections = part(profile, header->e_shoff, object->count, sizeof(Elf64_Shdr));
	if (!object->sections)
		return false;
	names = &object->sections[header->e_shstrndx];
	object->names_size = names->sh_size;
	if (names->sh_offset > profile->file_size ||
	    names->sh_size > profile->file_size - names->sh_offset || !names->sh_size)
		return false;
	object->names = (const char *)profile->file + names->sh_offset;
	return !object->names[names->sh_size - 1];
}

/* The index of the first section of a name; 0 if there is none. */
static unsigned int find(const struct object *object, const char *name)
{
	for (unsigned int i = 1; i < object->count; i++)
		if (object->sections[i].sh_name < object->names_size &&
		    !strcmp(object->names + object->sections[i].sh_name, name))
			return i;
	return 0;
}

/*
 * A record says where its counters are, as the distance from itself to them. In an object
 * that is yet to be loaded, this is left to a relocation.
 */
static bool relocate(struct profile *profile, const struct object *object, unsigned int data,
		     unsigned int counters)
{
	struct record *records = (struct record *)profile->records;
	size_t done = 0;

	for (unsigned int i = 1; i < object->count; i++) {
		const Elf64_Shdr *section = &object->sections[i], *table;
		const size_t count = section->sh_size / sizeof(Elf64_Rela);
		const Elf64_Rela *list;
		const Elf64_Sym *symbols;
		size_t symbol_count;

		if (section->sh_type != SHT_RELA || section->sh_info != data)
			continue;
		if (section->sh_link >= object->count)
			return false;
		table = &object->sections[section->sh_link];
		symbol_count = table->sh_size / sizeof(*symbols);
		list = part(profile, section->sh_offset, count, sizeof(*list));
		symbols = part(profile, table->sh_offset, symbol_count, sizeof(*symbols));
		if (!list || !symbols)
			return false;
		for (size_t j = 0; j < count; j++) {
			const size_t place = list[j].r_offset % sizeof(*records);
			const size_t record = list[j].r_offset / sizeof(*records);
			const size_t symbol = ELF64_R_SYM(list[j].r_info);
			uint64_t counter;

			if (place != offsetof(struct record, CounterPtr))
				continue;
			if (record >= profile->record_count || symbol >= symbol_count ||
			    symbols[symbol].st_shndx != counters ||
			    ELF64_R_TYPE(list[j].r_info) != R_X86_64_PC64)
				return false;
			counter = symbols[symbol].st_value + (uint64_t)list[j].r_addend - place;
			if (counter % sizeof(uint64_t) ||
			    counter / sizeof(uint64_t) > profile->counter_count ||
			    records[record].NumCounters >
				    profile->counter_count - counter / sizeof(uint64_t))
				return false;
			/* As if both sections began at the same address. */
			counter -= record * sizeof(*records);
			memcpy((void *)&records[record].CounterPtr, &counter, sizeof(counter));
			done++;
		}
	}
	return done == profile->record_count;
}

static void *copy_of(const void *data, size_t size)
{
	void *copy = malloc(size);

	if (!copy)
		die("out of memory");
	return memcpy(copy, data, size);
}

static bool map_file(struct profile *profile)
{
	const int fd = open(profile->path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *file = MAP_FAILED;

	if (fd < 0)
		return false;
	if (!fstat(fd, &status) && status.st_size > 0)
		file = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (file == MAP_FAILED)
		return false;
	profile->file = file;
	profile->file_size = (size_t)status.st_size;
	return true;
}

const char *profile_open(struct profile *profile, const char *path)
{
	unsigned int data, counters, names;
	const void *records, *text;
	struct object object;

	*profile = (struct profile){.path = format_text("%s", path)};
	if (!map_file(profile))
		return wrong("cannot read %s: %s", path, strerror(errno));
	if (!read_object(profile, &object))
		return broken(profile);
	data = find(&object, "__llvm_prf_data");
	counters = find(&object, "__llvm_prf_cnts");
	names = find(&object, "__llvm_prf_names");
	if (!data || !counters || !names)
		return wrong("%s has no counters; name kvm_modules(coverage = True)", path);

	profile->record_count = object.sections[data].sh_size / sizeof(struct record);
	profile->counter_count = object.sections[counters].sh_size / sizeof(uint64_t);
	profile->names_size = object.sections[names].sh_size;
	records = part(profile, object.sections[data].sh_offset, profile->record_count,
		       sizeof(struct record));
	/* Names are text, at any offset. */
	text = object.sections[names].sh_offset <= profile->file_size &&
			       profile->names_size <=
				       profile->file_size - object.sections[names].sh_offset
		       ? profile->file + object.sections[names].sh_offset
		       : NULL;
	if (!records || !text || !profile->record_count ||
	    profile->counter_count > profile->file_size / sizeof(uint64_t))
		return broken(profile);
	profile->records = copy_of(records, profile->record_count * sizeof(struct record));
	profile->names = text;
	profile->counters = calloc(profile->counter_count + 1, sizeof(*profile->counters));
	if (!profile->counters)
		die("out of memory");
	if (!relocate(profile, &object, data, counters))
		return broken(profile);
	return NULL;
}

const char *profile_add(struct profile *profile, const char *path)
{
	const size_t size = profile->counter_count * sizeof(uint64_t);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	uint64_t *values;

	if (fd < 0 || fstat(fd, &status)) {
		const char *why = strerror(errno);

		if (fd >= 0)
			close(fd);
		return wrong("cannot read %s: %s", path, why);
	}
	if ((size_t)status.st_size != size) {
		close(fd);
		return wrong("%s holds %jd bytes of counters, and %s has %zu: they are of "
			     "different modules",
			     path, (intmax_t)status.st_size, profile->path, size);
	}
	values = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (values == MAP_FAILED)
		return wrong("cannot read %s: %s", path, strerror(errno));
	for (size_t i = 0; i < profile->counter_count; i++)
		if (__builtin_add_overflow(profile->counters[i], values[i], &profile->counters[i]))
			profile->counters[i] = UINT64_MAX;
	munmap(values, size);
	return NULL;
}

bool profile_is_empty(const struct profile *profile)
{
	for (size_t i = 0; i < profile->counter_count; i++)
		if (profile->counters[i])
			return false;
	return true;
}

bool profile_write(const struct profile *profile, const char *path)
{
	const size_t padding = -profile->names_size % 8;
	const struct header header = {
		.Magic = INSTR_PROF_RAW_MAGIC_64,
		.Version = INSTR_PROF_RAW_VERSION,
		.NumData = profile->record_count,
		.NumCounters = profile->counter_count,
		.NamesSize = profile->names_size,
		.ValueKindLast = IPVK_Last,
	};
	FILE *file = fopen(path, "we");
	bool good;

	if (!file)
		return false;
	good = fwrite(&header, sizeof(header), 1, file) == 1 &&
	       fwrite(profile->records, sizeof(struct record), profile->record_count, file) ==
		       profile->record_count &&
	       fwrite(profile->counters, sizeof(uint64_t), profile->counter_count, file) ==
		       profile->counter_count &&
	       fwrite(profile->names, 1, profile->names_size, file) == profile->names_size &&
	       fwrite("\0\0\0\0\0\0\0", 1, padding, file) == padding;
	return !fclose(file) && good;
}

void profile_clear(struct profile *profile)
{
	memset(profile->counters, 0, profile->counter_count * sizeof(*profile->counters));
}

void profile_close(struct profile *profile)
{
	if (profile->file)
		munmap(profile->file, profile->file_size);
	free(profile->path);
	free(profile->records);
	free(profile->counters);
	*profile = (struct profile){0};
}
