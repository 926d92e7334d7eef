// SPDX-License-Identifier: MIT
/* The payload's ELF file: sections, and functions by address (ELF gABI). */
#include "host/diagnosis/symbols.h"

#include <elf.h>
#include <string.h>

/* Absent from a controller that was built without kvm_test. */
extern const unsigned char kvm_payload_elf_start[] __attribute__((weak));
extern const unsigned char kvm_payload_elf_end[] __attribute__((weak));

/* A section header or symbol of either class, as far as it is used here. */
struct header {
	uint64_t offset, size;
	uint32_t type, name, link;
};

struct symbol {
	uint64_t value, size;
	uint32_t name;
	unsigned char type;
};

bool tst_elf_open(struct tst_elf *elf)
{
	elf->start = kvm_payload_elf_start;
	elf->end = kvm_payload_elf_end;
	if (!elf->start || elf->end - elf->start < (ptrdiff_t)sizeof(Elf64_Ehdr) ||
	    memcmp(elf->start, ELFMAG, SELFMAG))
		return false;
	elf->is_64 = elf->start[EI_CLASS] == ELFCLASS64;
	return true;
}

static bool read_header(const struct tst_elf *elf, unsigned int index, struct header *header)
{
	const unsigned char *at = elf->start;

	if (elf->is_64) {
		const Elf64_Ehdr *file = (const Elf64_Ehdr *)elf->start;
		const Elf64_Shdr *section;

		at += file->e_shoff + index * sizeof(*section);
		if (index >= file->e_shnum || at + sizeof(*section) > elf->end)
			return false;
		section = (const Elf64_Shdr *)at;
		*header = (struct header){section->sh_offset, section->sh_size, section->sh_type,
					  section->sh_name, section->sh_link};
	} else {
		const Elf32_Ehdr *file = (const Elf32_Ehdr *)elf->start;
		const Elf32_Shdr *section;

		at += file->e_shoff + index * sizeof(*section);
		if (index >= file->e_shnum || at + sizeof(*section) > elf->end)
			return false;
		section = (const Elf32_Shdr *)at;
		*header = (struct header){section->sh_offset, section->sh_size, section->sh_type,
					  section->sh_name, section->sh_link};
	}
	return header->type == SHT_NOBITS ||
	       (header->offset <= (uint64_t)(elf->end - elf->start) &&
		header->size <= (uint64_t)(elf->end - elf->start) - header->offset);
}

static struct tst_section contents(const struct tst_elf *elf, const struct header *header)
{
	const unsigned char *start = elf->start + header->offset;

	return (struct tst_section){start, start + header->size};
}

/* A string of a string table, or "" beyond its end. */
static const char *string_at(const struct tst_section *table, uint32_t offset)
{
	const char *text = (const char *)table->start + offset;
	size_t room = table->end - table->start;

	if (offset >= room || !memchr(text, '\0', room - offset))
		return "";
	return text;
}

struct tst_section tst_elf_section(const struct tst_elf *elf, const char *name)
{
	struct tst_section none = {NULL, NULL}, names;
	unsigned int names_index, i;
	struct header header;

	names_index = elf->is_64 ? ((const Elf64_Ehdr *)elf->start)->e_shstrndx
				 : ((const Elf32_Ehdr *)elf->start)->e_shstrndx;
	if (!read_header(elf, names_index, &header))
		return none;
	names = contents(elf, &header);
	for (i = 0; read_header(elf, i, &header); i++) {
		if (header.type != SHT_NOBITS && !strcmp(string_at(&names, header.name), name))
			return contents(elf, &header);
	}
	return none;
}

static bool read_symbol(const struct tst_elf *elf, const struct tst_section *table, size_t index,
			struct symbol *symbol)
{
	if (elf->is_64) {
		const Elf64_Sym *entry = (const Elf64_Sym *)table->start + index;

		if ((const unsigned char *)(entry + 1) > table->end)
			return false;
		*symbol = (struct symbol){entry->st_value, entry->st_size, entry->st_name,
					  ELF64_ST_TYPE(entry->st_info)};
	} else {
		const Elf32_Sym *entry = (const Elf32_Sym *)table->start + index;

		if ((const unsigned char *)(entry + 1) > table->end)
			return false;
		*symbol = (struct symbol){entry->st_value, entry->st_size, entry->st_name,
					  ELF32_ST_TYPE(entry->st_info)};
	}
	return true;
}

/* The function that @address is in: the nearest one before it, by its size if it has one. */
static void find_function(const struct tst_elf *elf, uint64_t address, struct tst_place *place)
{
	struct tst_section symbols = tst_elf_section(elf, ".symtab");
	struct tst_section strings = tst_elf_section(elf, ".strtab");
	struct symbol symbol;
	size_t i;

	for (i = 0; symbols.start && read_symbol(elf, &symbols, i, &symbol); i++) {
		uint64_t offset = address - symbol.value;

		if (symbol.type != STT_FUNC || address < symbol.value ||
		    (symbol.size && offset >= symbol.size))
			continue;
		if (!place->function || offset < place->offset) {
			place->function = string_at(&strings, symbol.name);
			place->offset = offset;
		}
	}
}

bool tst_find_place(uint64_t address, struct tst_place *place)
{
	struct tst_elf elf;

	memset(place, 0, sizeof(*place));
	if (!tst_elf_open(&elf))
		return false;
	find_function(&elf, address, place);
	return tst_find_line(&elf, address, place) || place->function;
}
