/* SPDX-License-Identifier: MIT */
/*
 * Edits a source: replaces pieces of text, each of which stands there exactly once.
 *
 * usage: plant WHO FILE SOURCE OUTPUT FIND REPLACE [FIND REPLACE]...
 *
 * WHO and FILE are what messages call the edit and the source.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *who, *file;

static char *read_text(const char *path)
{
	FILE *stream = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	/* A source has no NUL, so this is all of it. */
	if (!stream || getdelim(&text, &size, '\0', stream) < 0) {
		fprintf(stderr, "error: %s: cannot read %s: %s\n", who, path, strerror(errno));
		exit(1);
	}
	fclose(stream);
	return text;
}

static unsigned int line_of(const char *text, const char *place)
{
	unsigned int line = 1;

	while (text < place)
		line += *text++ == '\n';
	return line;
}

/* Says where @find stands, if not exactly once. */
static void complain(const char *text, const char *find)
{
	const char *place = strstr(text, find);
	unsigned int count = 0;

	if (!place) {
		fprintf(stderr,
			"error: %s: 'find' does not stand in %s (0 times, it has to be once); copy it "
			"from the source with its tabs:\n%s\n",
			who, file, find);
		return;
	}
	for (const char *next = place; next; next = strstr(next + 1, find))
		count++;
	fprintf(stderr, "error: %s: 'find' stands %u times in %s, it has to be once: lines", who,
		count, file);
	for (; place; place = strstr(place + 1, find))
		fprintf(stderr, " %u", line_of(text, place));
	fprintf(stderr, "; add text around it until only one is meant:\n%s\n", find);
}

static char *replace_once(char *text, const char *find, const char *replace)
{
	char *place = *find ? strstr(text, find) : NULL;
	char *result;

	if (!*find) {
		fprintf(stderr, "error: %s: 'find' is empty; give it text of %s\n", who, file);
		exit(1);
	}
	if (!place || strstr(place + 1, find)) {
		complain(text, find);
		exit(1);
	}
	if (!strcmp(find, replace)) {
		fprintf(stderr,
			"error: %s: 'find' and 'replace' are the same, so nothing changes\n", who);
		exit(1);
	}
	if (asprintf(&result, "%.*s%s%s", (int)(place - text), text, replace,
		     place + strlen(find)) < 0) {
		fprintf(stderr, "error: %s: out of memory\n", who);
		exit(1);
	}
	free(text);
	return result;
}

int main(int argc, char **argv)
{
	char *text;
	FILE *output;

	if (argc < 7 || argc % 2 != 1) {
		fprintf(stderr,
			"usage: plant WHO FILE SOURCE OUTPUT FIND REPLACE [FIND REPLACE]...\n");
		return 2;
	}
	who = argv[1];
	file = argv[2];
	text = read_text(argv[3]);
	for (int i = 5; i < argc; i += 2)
		text = replace_once(text, argv[i], argv[i + 1]);
	output = fopen(argv[4], "we");
	if (!output || fputs(text, output) < 0 || fclose(output)) {
		fprintf(stderr, "error: %s: cannot write %s: %s\n", who, argv[4], strerror(errno));
		return 1;
	}
	return 0;
}
