/* SPDX-License-Identifier: MIT */
/* See xml.h. */
#include "report/xml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* Bytes of the UTF-8 character at @text that XML 1.0 may hold, or 0. */
static size_t character(const unsigned char *text, size_t left)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t size = 1;
	uint32_t code = *text;

	if (*text >= 0x80) {
		/* As many bytes as there are ones in front. */
		for (size = 0; *text & 0x80u >> size; size++)
			if (size == 4)
				return 0;
		code = *text & (0x7fu >> size);
	}
	if (size > left)
		return 0;
	for (size_t i = 1; i < size; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	if ((size == 1 && *text >= 0x80) || code < smallest[size] || code > 0x10ffff ||
	    (code >= 0xd800 && code < 0xe000) || code == 0xfffe || code == 0xffff)
		return 0;
	return size == 1 && code < ' ' && code != '\t' && code != '\n' ? 0 : size;
}

/* Where a character can't stand for itself. */
enum place {
	NOWHERE, /* but others write it so */
	IN_ATTRIBUTES,
	EVERYWHERE,
};

static const struct {
	char c;
	enum place place;
	const char *reference;
} references[] = {
	{'&', EVERYWHERE, "&amp;"},	 {'<', EVERYWHERE, "&lt;"},
	{'>', EVERYWHERE, "&gt;"},	 {'"', EVERYWHERE, "&quot;"},
	{'\n', IN_ATTRIBUTES, "&#x0A;"}, {'\t', IN_ATTRIBUTES, "&#x09;"},
	{'\'', NOWHERE, "&apos;"},
};

#define REFERENCES (sizeof(references) / sizeof(*references))

/* How to write a character, or NULL: as it is. */
static const char *reference(char c, enum place place)
{
	for (size_t i = 0; i < REFERENCES; i++)
		if (c == references[i].c && references[i].place >= place)
			return references[i].reference;
	return NULL;
}

static void put(FILE *file, const char *text, size_t left, enum place place)
{
	while (left && *text) {
		const char *escaped = reference(*text, place);
		size_t size = character((const unsigned char *)text, left);

		if (escaped)
			fputs(escaped, file);
		else if (size)
			fwrite(text, 1, size, file);
		else
			fputs(REPLACEMENT, file);
		size = size ? size : 1;
		text += size;
		left -= size;
	}
}

void xml_put(FILE *file, const char *text)
{
	if (text)
		put(file, text, strlen(text), EVERYWHERE);
}

void xml_put_part(FILE *file, const char *text, size_t size)
{
	put(file, text, size, EVERYWHERE);
}

void xml_put_attribute(FILE *file, const char *name, const char *value)
{
	fprintf(file, " %s=\"", name);
	put(file, value, strlen(value), IN_ATTRIBUTES);
	fputc('"', file);
}

size_t xml_part_size(const char *text)
{
	static const char cdata[] = "<![CDATA[";
	bool is_cdata = !strncmp(text, cdata, strlen(cdata));
	const char *end;

	if (*text != '<')
		return strcspn(text, "<");
	end = strstr(text, is_cdata ? "]]>" : ">");
	if (!end)
		return strlen(text);
	return (size_t)(end - text) + (is_cdata ? 3 : 1);
}

bool xml_is_tag(const char *text, const char *name)
{
	size_t size = strlen(name);

	return *text == '<' && !strncmp(text + 1, name, size) && text[1 + size] &&
	       strchr(" />\n", text[1 + size]);
}

bool xml_is_empty(const char *tag, size_t size)
{
	return size >= 2 && tag[size - 2] == '/';
}

/* The character that a text begins with, and how many bytes it takes. */
static char referenced(const char *text, size_t *size)
{
	for (size_t i = 0; i < REFERENCES; i++) {
		*size = strlen(references[i].reference);
		if (!strncmp(text, references[i].reference, *size))
			return references[i].c;
	}
	*size = 1;
	return *text;
}

char *xml_attribute(const char *tag, const char *name)
{
	const char *end = tag + xml_part_size(tag);
	size_t name_size = strlen(name), size;
	char *value, *to;

	for (; tag < end; tag++)
		if (*tag == ' ' && !strncmp(tag + 1, name, name_size) &&
		    !strncmp(tag + 1 + name_size, "=\"", 2))
			break;
	if (tag >= end)
		return NULL;
	tag += 1 + name_size + 2;
	value = to = malloc((size_t)(end - tag) + 1);
	if (!value)
		return NULL;
	for (; tag < end && *tag != '"'; tag += size)
		*to++ = referenced(tag, &size);
	*to = '\0';
	return value;
}
