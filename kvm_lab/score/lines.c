/* SPDX-License-Identifier: MIT */
/* See lines.h. */
#include "kvm_lab/score/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool lines_read(const char *path, void (*take)(void *context, char *line), void *context)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (!file)
		return false;
	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		take(context, line);
	}
	free(line);
	fclose(file);
	return true;
}

char *line_value(char *line)
{
	char *blank = strchr(line, ' ');

	if (!blank)
		return line + strlen(line);
	*blank = '\0';
	return blank + 1;
}

void line_columns(char *line, char **columns, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *tab = i + 1 < count ? strchr(line, '\t') : NULL;

		columns[i] = line;
		if (tab) {
			*tab = '\0';
			line = tab + 1;
		} else {
			line += strlen(line);
		}
	}
}
