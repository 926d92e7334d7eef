// SPDX-License-Identifier: MIT
/* The payload's ELF file: sections, and functions by address (ELF gABI). */
#include "host/diagnosis/symbols.h"

#include <elf.h>
#include <string.h>

/* A section header or symbol of either class, as far as it is used here. */
struct header {
	uint64_t address, offset, size, flags;
	uint32_t type, name, link;
};

struct symbol {
	uint64_t value, size;
	uint32_t name;
	unsigned char binding, type;
	uint16_t section;
};

bool diagnose_elf_open(struct diagnose_elf *elf, const struct engine_payload *payload)
{
	elf->start = payload->elf;
	elf->end = payload->elf_end;
	if (!elf->start || elf->end - elf->start < (ptrdiff_t)sizeof(Elf64_Ehdr) ||
	    memcmp(elf->start, ELFMAG, SELFMAG))
		return false;
	elf->is_64 = elf->start[EI_CLASS] == ELFCLASS64;
	return true;
}

static bool read_header(const struct diagnose_elf *elf, unsigned int index, struct header *header)
{
	const unsigned char *at = elf->start;

	if (elf->is_64) {
		const Elf64_Ehdr *file = (const Elf64_Ehdr *)elf->start;
		const Elf64_Shdr *section;

		at += file->e_shoff + index * sizeof(*section);
		if (index >= file->e_shnum || at + sizeof(*section) > elf->end)
			return false;
		section = (const Elf64_Shdr *)at;
		*header = (struct header){section->sh_addr,  section->sh_offset, section->sh_size,
					  section->sh_flags, section->sh_type,	 section->sh_name,
					  section->sh_link};
	} else {
		const Elf32_Ehdr *file = (const Elf32_Ehdr *)elf->start;
		const Elf32_Shdr *section;

		at += file->e_shoff + index * sizeof(*section);
		if (index >= file->e_shnum || at + sizeof(*section) > elf->end)
			return false;
		section = (const Elf32_Shdr *)at;
		*header = (struct header){section->sh_addr,  section->sh_offset, section->sh_size,
					  section->sh_flags, section->sh_type,	 section->sh_name,
					  section->sh_link};
	}
	return header->type == SHT_NOBITS ||
	       (header->offset <= (uint64_t)(elf->end - elf->start) &&
		header->size <= (uint64_t)(elf->end - elf->start) - header->offset);
}

static struct diagnose_section contents(const struct diagnose_elf *elf, const struct header *header)
{
	const unsigned char *start = elf->start + header->offset;

	return (struct diagnose_section){start, start + header->size};
}

/* A string of a string table, or "" beyond its end. */
static const char *string_at(const struct diagnose_section *table, uint32_t offset)
{
	const char *text = (const char *)table->start + offset;
	size_t room = table->end - table->start;

	if (offset >= room || !memchr(text, '\0', room - offset))
		return "";
	return text;
}

struct diagnose_section diagnose_elf_section(const struct diagnose_elf *elf, const char *name)
{
	struct diagnose_section none = {NULL, NULL}, names;
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

static bool read_symbol(const struct diagnose_elf *elf, const struct diagnose_section *table,
			size_t index, struct symbol *symbol)
{
	if (elf->is_64) {
		const Elf64_Sym *entry = (const Elf64_Sym *)table->start + index;

		if ((const unsigned char *)(entry + 1) > table->end)
			return false;
		*symbol = (struct symbol){entry->st_value,
					  entry->st_size,
					  entry->st_name,
					  ELF64_ST_BIND(entry->st_info),
					  ELF64_ST_TYPE(entry->st_info),
					  entry->st_shndx};
	} else {
		const Elf32_Sym *entry = (const Elf32_Sym *)table->start + index;

		if ((const unsigned char *)(entry + 1) > table->end)
			return false;
		*symbol = (struct symbol){entry->st_value,
					  entry->st_size,
					  entry->st_name,
					  ELF32_ST_BIND(entry->st_info),
					  ELF32_ST_TYPE(entry->st_info),
					  entry->st_shndx};
	}
	return true;
}

/* The function that @address is in: the nearest one before it, by its size if it has one. */
static void find_function(const struct diagnose_elf *elf, uint64_t address,
			  struct diagnose_place *place)
{
	struct diagnose_section symbols = diagnose_elf_section(elf, ".symtab");
	struct diagnose_section strings = diagnose_elf_section(elf, ".strtab");
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

/* Whether @address is in code: elsewhere, the nearest function would be an invention. */
static bool is_in_code(const struct diagnose_elf *elf, uint64_t address)
{
	struct header header;
	unsigned int i;

	for (i = 0; read_header(elf, i, &header); i++) {
		if ((header.flags & SHF_EXECINSTR) && address >= header.address &&
		    address - header.address < header.size)
			return true;
	}
	return false;
}

bool diagnose_find_place(const struct engine_payload *payload, uint64_t address,
			 struct diagnose_place *place)
{
	struct diagnose_elf elf;

	memset(place, 0, sizeof(*place));
	if (!diagnose_elf_open(&elf, payload) || !is_in_code(&elf, address))
		return false;
	find_function(&elf, address, place);
	return diagnose_find_line(&elf, address, place) || place->function;
}

bool diagnose_find_symbol(const struct engine_payload *payload, const char *name, uint64_t *address)
{
	struct diagnose_section symbols, strings;
	struct diagnose_elf elf;
	struct symbol symbol;
	bool found = false;
	size_t i;

	if (!diagnose_elf_open(&elf, payload))
		return false;
	symbols = diagnose_elf_section(&elf, ".symtab");
	strings = diagnose_elf_section(&elf, ".strtab");
	for (i = 0; symbols.start && read_symbol(&elf, &symbols, i, &symbol); i++) {
		if (symbol.section == SHN_UNDEF || symbol.type == STT_FILE ||
		    symbol.type == STT_SECTION || strcmp(string_at(&strings, symbol.name), name))
			continue;
		if (symbol.binding != STB_LOCAL || !found)
			*address = symbol.value;
		if (symbol.binding != STB_LOCAL)
			return true;
		found = true;
	}
	return found;
}
