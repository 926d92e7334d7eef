/* SPDX-License-Identifier: MIT */
/* Reading the names that declare.bzl gives; see place.h. */
#include "machines/matrix/place.h"

#include <string.h>

#include "machines/runner/message.h"

/* "a/b=c" is "//a/b:c", "@r/a=c" is "@r//a:c". */
static char *label_of(const char *name)
{
	int repository = *name == '@' ? (int)strcspn(name, "/") : 0;
	const char *package = name + repository + (repository ? 1 : 0);
	int size = (int)strcspn(package, "=");

	return package[size] ? format_text("%.*s//%.*s:%s", repository, name, size, package,
					   package + size + 1)
			     : NULL;
}

char *place_cell(const struct table *table, const char *label, struct column **column)
{
	static const char package[] = "//" CELLS_PACKAGE ":";
	const char *name = label + strspn(label, "@");
	size_t size;

	if (strncmp(name, package, sizeof(package) - 1))
		return NULL;
	name += sizeof(package) - 1;
	size = strcspn(name, "/");
	for (size_t i = 0; name[size] && i < table->column_count; i++) {
		*column = &table->columns[i];
		if (strlen((*column)->id) == size && !strncmp((*column)->id, name, size))
			return label_of(name + size + 1);
	}
	return NULL;
}
