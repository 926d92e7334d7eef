/* SPDX-License-Identifier: MIT */
/* See xml.h. */
#include "report/xml.h"

#include <stdint.h>
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

/* How to write a character that can't stand for itself, or NULL. */
static const char *reference(char c, bool in_attribute)
{
	static const struct {
		char c;
		bool in_text;
		const char *reference;
	} references[] = {
		{'&', true, "&amp;"},  {'<', true, "&lt;"},	{'>', true, "&gt;"},
		{'"', true, "&quot;"}, {'\n', false, "&#x0A;"}, {'\t', false, "&#x09;"},
	};

	for (size_t i = 0; i < sizeof(references) / sizeof(*references); i++)
		if (c == references[i].c && (references[i].in_text || in_attribute))
			return references[i].reference;
	return NULL;
}

static void put(FILE *file, const char *text, size_t left, bool in_attribute)
{
	while (left && *text) {
		const char *escaped = reference(*text, in_attribute);
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
		put(file, text, strlen(text), false);
}

void xml_put_part(FILE *file, const char *text, size_t size)
{
	put(file, text, size, false);
}

void xml_put_attribute(FILE *file, const char *name, const char *value)
{
	fprintf(file, " %s=\"", name);
	put(file, value, strlen(value), true);
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
