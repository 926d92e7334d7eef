/* SPDX-License-Identifier: MIT */
/* Fixes by their commits' ids; see fixes.h. */
#include "machines/runner/fixes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "machines/runner/message.h"

static size_t id_size(const char *fix)
{
	return strcspn(fix, " ");
}

/* An id may be given with more digits or fewer. */
static bool is_same(const char *one, const char *other)
{
	size_t size = id_size(one);

	if (id_size(other) < size)
		size = id_size(other);
	return !strncmp(one, other, size);
}

static const char *find(char **fixes, size_t count, const char *fix)
{
	for (size_t i = 0; i < count; i++)
		if (is_same(fixes[i], fix))
			return fixes[i];
	return NULL;
}

/* Appends "ID" or "ID (WORDS)"; the words may stand on either side. */
static char *add(char *names, const char *fix, const char *other)
{
	const char *words = strchr(fix, ' ');
	char *longer;

	if (!words && other)
		words = strchr(other, ' ');
	longer = format_text("%s%s%.*s%s%s%s", names ? names : "", names ? " and " : "",
			     (int)id_size(fix), fix, words ? " (" : "", words ? words + 1 : "",
			     words ? ")" : "");
	free(names);
	return longer;
}

char *name_fixes(const struct test_description *test)
{
	char *names = NULL;

	for (size_t i = 0; i < test->fix_count; i++)
		names = add(names, test->fixes[i], NULL);
	return names;
}

char *name_lacking(const struct test_description *test, const struct machine_description *machine)
{
	char *names = NULL;

	for (size_t i = 0; i < test->fix_count; i++) {
		const char *lack = find(machine->lacks, machine->lack_count, test->fixes[i]);

		if (lack)
			names = add(names, test->fixes[i], lack);
	}
	return names;
}
