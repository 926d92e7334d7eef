/* SPDX-License-Identifier: MIT */
/* See test_files.h. */
#include "machines/bazel/test_files.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machines/runner/memory.h"
#include "machines/runner/message.h"
#include "report/xml.h"

/* More of a test.xml is not read: it holds the test's output, too. */
#define XML_SIZE (4u << 20)

char *uri_path(const char *uri)
{
	static const char scheme[] = "file://";
	char *path, *end;

	if (!uri || strncmp(uri, scheme, sizeof(scheme) - 1))
		return NULL;
	path = end = format_text("%s", uri + sizeof(scheme) - 1);
	for (const char *c = path; *c; c++) {
		char digits[3] = {0};

		if (*c == '%' && isxdigit((unsigned char)c[1]) && isxdigit((unsigned char)c[2])) {
			memcpy(digits, c + 1, 2);
			*end++ = (char)strtol(digits, NULL, 16);
			c += 2;
		} else {
			*end++ = *c;
		}
	}
	*end = '\0';
	return path;
}

char *file_text(const char *path, size_t size)
{
	FILE *file = path ? fopen(path, "re") : NULL;
	char *text;

	if (!file)
		return NULL;
	text = grow(NULL, size + 1, 1);
	text[fread(text, 1, size, file)] = '\0';
	fclose(file);
	return text;
}

char *skip_reason(const char *path)
{
	char *xml = file_text(path, XML_SIZE), *reason = NULL;
	size_t cases = 0, skips = 0;

	for (const char *part = xml; part && *part; part += xml_part_size(part)) {
		cases += xml_is_tag(part, "testcase");
		if (!xml_is_tag(part, "skipped"))
			continue;
		skips++;
		if (!reason)
			reason = xml_attribute(part, "message");
	}
	free(xml);
	if (cases && skips >= cases)
		return reason ? reason : format_text("no reason given");
	free(reason);
	return NULL;
}
