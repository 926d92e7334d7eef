// SPDX-License-Identifier: MIT
/*
 * The line table: a program per compilation unit, for a machine whose registers
 * are an address, a file and a line (DWARF 5, "Line Number Information").
 */
#include <stdio.h>
#include <string.h>

#include "host/diagnosis/symbols.h"

/* Standard and extended opcodes. */
enum {
	DW_LNS_EXTENDED = 0,
	DW_LNS_COPY = 1,
	DW_LNS_ADVANCE_PC = 2,
	DW_LNS_ADVANCE_LINE = 3,
	DW_LNS_SET_FILE = 4,
	DW_LNS_CONST_ADD_PC = 8,
	DW_LNS_FIXED_ADVANCE_PC = 9,
	DW_LNE_END_SEQUENCE = 1,
	DW_LNE_SET_ADDRESS = 2,
};

/* What an entry of the tables of folders and files is made of. */
enum {
	DW_LNCT_PATH = 1,
	DW_LNCT_DIRECTORY_INDEX = 2,
	DW_FORM_DATA2 = 0x05,
	DW_FORM_STRING = 0x08,
	DW_FORM_DATA1 = 0x0b,
	DW_FORM_STRP = 0x0e,
	DW_FORM_UDATA = 0x0f,
	DW_FORM_DATA16 = 0x1e,
	DW_FORM_LINE_STRP = 0x1f,
};

/* The version that the payload's toolchain writes. */
#define SUPPORTED_VERSION 5
#define MAX_FORMATS 8

/* Bytes that are read one after another; reading beyond the end gives zeros. */
struct reader {
	const unsigned char *at, *end;
};

struct format {
	uint64_t content, form;
};

/* A table of folders or files: where its entries begin and what they consist of. */
struct table {
	struct format formats[MAX_FORMATS];
	unsigned int format_count;
	uint64_t count;
	struct reader entries;
};

struct unit {
	const struct diagnose_elf *elf;
	struct reader program;
	struct table folders, files;
	const unsigned char *operand_counts;
	uint8_t min_instruction, line_range, opcode_base;
	int8_t line_base;
};

static uint64_t read_fixed(struct reader *r, unsigned int size)
{
	uint64_t value = 0;
	unsigned int i;

	if ((size_t)(r->end - r->at) < size) {
		r->at = r->end;
		return 0;
	}
	for (i = 0; i < size; i++)
		value |= (uint64_t)*r->at++ << (8 * i);
	return value;
}

static uint64_t read_uleb(struct reader *r)
{
	uint64_t value = 0;
	unsigned int shift = 0;
	uint8_t byte;

	do {
		byte = read_fixed(r, 1);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while ((byte & 0x80) && r->at < r->end);
	return value;
}

static int64_t read_sleb(struct reader *r)
{
	uint64_t value = 0;
	unsigned int shift = 0;
	uint8_t byte;

	do {
		byte = read_fixed(r, 1);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while ((byte & 0x80) && r->at < r->end);
	if (shift < 64 && (byte & 0x40))
		value |= ~0ULL << shift;
	return value;
}

static const char *read_string(struct reader *r)
{
	const unsigned char *start = r->at, *nul = memchr(start, '\0', r->end - start);

	r->at = nul ? nul + 1 : r->end;
	return nul ? (const char *)start : "";
}

static const char *string_in(const struct diagnose_elf *elf, const char *section, uint64_t offset)
{
	struct diagnose_section strings = diagnose_elf_section(elf, section);
	struct reader r = {strings.start, strings.end};

	if (!strings.start || offset >= (uint64_t)(strings.end - strings.start))
		return "";
	r.at += offset;
	return read_string(&r);
}

/* One field of an entry: its text for a path, its number otherwise. False: unknown form. */
static bool read_field(const struct diagnose_elf *elf, struct reader *r, uint64_t form,
		       const char **text, uint64_t *number)
{
	switch (form) {
	case DW_FORM_STRING:
		*text = read_string(r);
		return true;
	case DW_FORM_LINE_STRP:
		*text = string_in(elf, ".debug_line_str", read_fixed(r, 4));
		return true;
	case DW_FORM_STRP:
		*text = string_in(elf, ".debug_str", read_fixed(r, 4));
		return true;
	case DW_FORM_UDATA:
		*number = read_uleb(r);
		return true;
	case DW_FORM_DATA1:
		*number = read_fixed(r, 1);
		return true;
	case DW_FORM_DATA2:
		*number = read_fixed(r, 2);
		return true;
	case DW_FORM_DATA16:
		read_fixed(r, 8);
		read_fixed(r, 8);
		return true;
	}
	return false;
}

/* An entry's path and folder. */
static bool read_entry(const struct diagnose_elf *elf, const struct table *table, struct reader *r,
		       const char **path, uint64_t *folder)
{
	unsigned int i;

	*path = "";
	*folder = 0;
	for (i = 0; i < table->format_count; i++) {
		const char *text = "";
		uint64_t number = 0;

		if (!read_field(elf, r, table->formats[i].form, &text, &number))
			return false;
		if (table->formats[i].content == DW_LNCT_PATH)
			*path = text;
		else if (table->formats[i].content == DW_LNCT_DIRECTORY_INDEX)
			*folder = number;
	}
	return true;
}

static bool read_table(const struct diagnose_elf *elf, struct reader *r, struct table *table)
{
	const char *path;
	uint64_t folder, i;

	table->format_count = read_fixed(r, 1);
	if (table->format_count > MAX_FORMATS)
		return false;
	for (i = 0; i < table->format_count; i++) {
		table->formats[i].content = read_uleb(r);
		table->formats[i].form = read_uleb(r);
	}
	table->count = read_uleb(r);
	table->entries = *r;
	for (i = 0; i < table->count && r->at < r->end; i++) {
		if (!read_entry(elf, table, r, &path, &folder))
			return false;
	}
	return i == table->count;
}

static bool find_entry(const struct diagnose_elf *elf, const struct table *table, uint64_t index,
		       const char **path, uint64_t *folder)
{
	struct reader r = table->entries;
	uint64_t i;

	if (index >= table->count)
		return false;
	for (i = 0; i <= index; i++) {
		if (!read_entry(elf, table, &r, path, folder))
			return false;
	}
	return true;
}

/* A unit's header; @r moves on to the next unit. False: a unit to leave out. */
static bool read_unit(struct reader *r, struct unit *unit)
{
	uint64_t length = read_fixed(r, 4), header_length, version;
	struct reader header;

	if (length > (uint64_t)(r->end - r->at))
		length = r->end - r->at;
	header = (struct reader){r->at, r->at + length};
	r->at += length;

	version = read_fixed(&header, 2);
	if (version != SUPPORTED_VERSION)
		return false;
	read_fixed(&header, 2); /* sizes of addresses and segment selectors */
	header_length = read_fixed(&header, 4);
	if (header_length > (uint64_t)(header.end - header.at))
		return false;
	unit->program = (struct reader){header.at + header_length, header.end};
	unit->min_instruction = read_fixed(&header, 1);
	read_fixed(&header, 1); /* operations per instruction: 1 but for VLIW */
	read_fixed(&header, 1); /* whether rows are statements at first */
	unit->line_base = read_fixed(&header, 1);
	unit->line_range = read_fixed(&header, 1);
	unit->opcode_base = read_fixed(&header, 1);
	unit->operand_counts = header.at;
	if (!unit->line_range || unit->opcode_base < DW_LNS_FIXED_ADVANCE_PC + 1 ||
	    unit->opcode_base > header.end - header.at)
		return false;
	header.at += unit->opcode_base - 1;
	return read_table(unit->elf, &header, &unit->folders) &&
	       read_table(unit->elf, &header, &unit->files);
}

struct row {
	uint64_t address, file;
	int64_t line;
};

/*
 * The machine of one unit: runs until the row after the wanted address turns
 * up, and then has the wanted row in "found".
 */
struct machine {
	struct row row, previous, found;
	uint64_t wanted;
	bool in_sequence, done;
};

static void start_sequence(struct machine *m)
{
	m->row = (struct row){0, 1, 1};
	m->in_sequence = false;
}

static void emit_row(struct machine *m)
{
	/* A sequence at 0 is of a function that the linker has dropped. */
	if (m->in_sequence && m->previous.address && m->previous.address <= m->wanted &&
	    m->wanted < m->row.address) {
		m->found = m->previous;
		m->done = true;
	}
	m->previous = m->row;
	m->in_sequence = true;
}

static void run_extended(struct machine *m, struct reader *r)
{
	uint64_t size = read_uleb(r);
	struct reader operands = {r->at, r->end};

	if (size > (uint64_t)(r->end - r->at))
		size = r->end - r->at;
	operands.end = r->at + size;
	r->at += size;
	switch (read_fixed(&operands, 1)) {
	case DW_LNE_END_SEQUENCE:
		emit_row(m);
		start_sequence(m);
		break;
	case DW_LNE_SET_ADDRESS:
		m->row.address = read_fixed(&operands, size - 1);
		break;
	}
}

static void run_opcode(struct machine *m, const struct unit *unit, struct reader *r)
{
	uint8_t opcode = read_fixed(r, 1), operands;

	if (opcode >= unit->opcode_base) {
		opcode -= unit->opcode_base;
		m->row.address += opcode / unit->line_range * unit->min_instruction;
		m->row.line += unit->line_base + opcode % unit->line_range;
		emit_row(m);
		return;
	}
	switch (opcode) {
	case DW_LNS_EXTENDED:
		run_extended(m, r);
		break;
	case DW_LNS_COPY:
		emit_row(m);
		break;
	case DW_LNS_ADVANCE_PC:
		m->row.address += read_uleb(r) * unit->min_instruction;
		break;
	case DW_LNS_ADVANCE_LINE:
		m->row.line += read_sleb(r);
		break;
	case DW_LNS_SET_FILE:
		m->row.file = read_uleb(r);
		break;
	case DW_LNS_CONST_ADD_PC:
		opcode = 255 - unit->opcode_base;
		m->row.address += opcode / unit->line_range * unit->min_instruction;
		break;
	case DW_LNS_FIXED_ADVANCE_PC:
		m->row.address += read_fixed(r, 2);
		break;
	default: /* changes nothing that is of use here */
		for (operands = unit->operand_counts[opcode - 1]; operands; operands--)
			read_uleb(r);
	}
}

static void store_place(const struct unit *unit, const struct row *row,
			struct diagnose_place *place)
{
	const char *path, *folder = "";
	uint64_t index, unused;

	place->line = row->line;
	if (!find_entry(unit->elf, &unit->files, row->file, &path, &index))
		return;
	if (path[0] != '/' && find_entry(unit->elf, &unit->folders, index, &folder, &unused) &&
	    strcmp(folder, ".") && folder[0])
		snprintf(place->file, sizeof(place->file), "%s/%s", folder, path);
	else
		snprintf(place->file, sizeof(place->file), "%s", path);
}

bool diagnose_find_line(const struct diagnose_elf *elf, uint64_t address,
			struct diagnose_place *place)
{
	struct diagnose_section table = diagnose_elf_section(elf, ".debug_line");
	struct reader r = {table.start, table.end};

	while (r.at < r.end) {
		struct unit unit = {.elf = elf};
		struct machine machine = {.wanted = address};

		if (!read_unit(&r, &unit))
			continue;
		start_sequence(&machine);
		while (unit.program.at < unit.program.end && !machine.done)
			run_opcode(&machine, &unit, &unit.program);
		if (machine.done) {
			store_place(&unit, &machine.found, place);
			return true;
		}
	}
	return false;
}
