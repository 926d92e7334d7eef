/* SPDX-License-Identifier: MIT */
/*
 * Makes faults of a source, one at a time.
 *
 * usage: generate list PREFIX FILE SOURCE OUTPUT [FUNCTION]...
 *        generate plant NUMBER FILE SOURCE OUTPUT [FUNCTION]...
 *
 * list: OUTPUT gets a line for each fault that can be made, with tabs between: PREFIX
 * and its number, FILE, line, operator, function, what is replaced, and by what.
 * plant: OUTPUT is the source with the fault of that number.
 * FILE is what messages call the source. FUNCTION limits both to these functions; a *
 * at its end stands for anything.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm_lab/generated/sites.h"

static char *read_text(const char *path)
{
	FILE *stream = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	/* A source has no NUL, so this is all of it. */
	if (!stream || getdelim(&text, &size, '\0', stream) < 0) {
		fprintf(stderr, "error: cannot read %s: %s\n", path, strerror(errno));
		exit(1);
	}
	fclose(stream);
	return text;
}

static FILE *create(const char *path)
{
	FILE *stream = fopen(path, "we");

	if (!stream) {
		fprintf(stderr, "error: cannot write %s: %s\n", path, strerror(errno));
		exit(1);
	}
	return stream;
}

static void close_written(FILE *stream, const char *path)
{
	const int failed = ferror(stream);

	if (fclose(stream) || failed) {
		fprintf(stderr, "error: cannot write %s: %s\n", path, strerror(errno));
		exit(1);
	}
}

/* On one line: blanks, tabs and line ends become one blank each. */
static void print_squeezed(FILE *stream, const char *text, size_t size)
{
	bool blank = false;

	for (size_t i = 0; i < size; i++) {
		if (strchr(" \t\n", text[i])) {
			blank = true;
			continue;
		}
		if (blank)
			fputc(' ', stream);
		blank = false;
		fputc(text[i], stream);
	}
}

static void list(FILE *stream, const char *prefix, const char *file, const char *source,
		 const struct sites *sites)
{
	for (size_t i = 0; i < sites->count; i++) {
		const struct site *site = &sites->list[i];

		fprintf(stream, "%s%zu\t%s\t%u\t%s\t%s\t", prefix, i, file, site->line,
			operator_names[site->kind], site->function);
		print_squeezed(stream, source + site->start, site->size);
		fputc('\t', stream);
		print_squeezed(stream, site->replacement, strlen(site->replacement));
		fputc('\n', stream);
	}
}

static void plant(FILE *stream, const char *number, const char *file, const char *source,
		  const struct sites *sites)
{
	const unsigned long index = strtoul(number, NULL, 10);
	const struct site *site = &sites->list[index];

	if (index >= sites->count) {
		fprintf(stderr,
			"error: %s has %zu places for faults, and number %s is none of them; they "
			"are counted from 0\n",
			file, sites->count, number);
		exit(1);
	}
	fprintf(stream, "%.*s%s%s", (int)site->start, source, site->replacement,
		source + site->start + site->size);
}

int main(int argc, char **argv)
{
	const bool is_list = argc > 1 && !strcmp(argv[1], "list");
	struct tokens tokens;
	struct sites sites;
	FILE *stream;
	char *source;

	if (argc < 6 || (!is_list && strcmp(argv[1], "plant"))) {
		fputs("usage: generate list PREFIX FILE SOURCE OUTPUT [FUNCTION]...\n"
		      "       generate plant NUMBER FILE SOURCE OUTPUT [FUNCTION]...\n",
		      stderr);
		return 2;
	}
	source = read_text(argv[4]);
	tokens_read(&tokens, source);
	sites_find(&sites, &tokens, (const char *const *)argv + 6);
	stream = create(argv[5]);
	if (is_list)
		list(stream, argv[2], argv[3], source, &sites);
	else
		plant(stream, argv[2], argv[3], source, &sites);
	close_written(stream, argv[5]);
	sites_free(&sites);
	tokens_free(&tokens);
	free(source);
	return 0;
}
