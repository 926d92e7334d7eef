/* SPDX-License-Identifier: MIT */
/* Asking Bazel for tests, and declaring others that run them; see cells.h. */
#include "machines/matrix/cells.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "machines/matrix/fill.h"
#include "machines/matrix/folder.h"
#include "machines/runner/message.h"

/* Names that a message lists. */
#define NAMES 3

/* What is behind kvm_test and its like: machines/machine_test.bzl. */
#define KIND "kind('machine_test rule', %s)"

static bool is_wildcard(const char *pattern)
{
	static const char *const ends[] = {"...", ":all", ":*", ":all-targets"};
	size_t size = strlen(pattern);

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (size >= strlen(ends[i]) && !strcmp(pattern + size - strlen(ends[i]), ends[i]))
			return true;
	return false;
}

/* The query for tests by patterns as "bazel test" takes them. */
static char *expression_of(const struct options *options)
{
	char *whole = format_text("set()");

	for (size_t i = 0; i < options->patterns.count; i++) {
		const char *pattern = options->patterns.list[i];
		bool takes_away = *pattern == '-';
		char *quoted = quote_pattern(pattern + takes_away), *longer;

		/* They pass over what is manual. */
		if (!takes_away && is_wildcard(pattern))
			longer = format_text(
				"%s + tests(%s except attr('tags', '[\\[ ]manual[,\\]]', %s))",
				whole, quoted, quoted);
		else
			longer = format_text("%s %c tests(%s)", whole, takes_away ? '-' : '+',
					     quoted);
		free(quoted);
		free(whole);
		whole = longer;
	}
	return whole;
}

/* What else the patterns name is no secret. */
static void name_others(const struct bazel *bazel, const char *expression)
{
	char *query = format_text("(%s) except " KIND, expression, expression);
	const struct words others = bazel_query(bazel, query);

	if (others.count)
		fprintf(stderr,
			"ringside: left out, as they are no tests of kvm_test and its like:");
	for (size_t i = 0; i < others.count && i < NAMES; i++)
		fprintf(stderr, " %s", others.list[i]);
	if (others.count > NAMES)
		fprintf(stderr, " and %zu more", others.count - NAMES);
	if (others.count)
		fputc('\n', stderr);
	free(query);
}

static struct words find_tests(const struct options *options, const struct bazel *bazel)
{
	char *expression = expression_of(options);
	char *query = format_text(KIND, expression);
	const char *const words[] = {"query", "--output=streamed_jsonproto", query, NULL};
	struct words tests = {0};
	const int status = ask_bazel(bazel, words, &tests);

	if (status) {
		fprintf(stderr, "ringside: Bazel finds no tests by these patterns\n");
		exit(status);
	}
	name_others(bazel, expression);
	if (!tests.count)
		refuse("the patterns name no test of kvm_test and its like; name some");
	free(query);
	free(expression);
	return tests;
}

/* Until we end, nobody else writes there. */
static void lock(const char *folder)
{
	char *path = format_text("%s/lock", folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		die("cannot create %s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB))
		refuse("another matrix runs in this workspace; start this one when it has ended");
	free(path);
}

/* Bazel's answer as it is: declare.bzl reads it. */
static void write_tests(const char *package, const struct words *tests)
{
	FILE *file = folder_create(package, "tests.bzl");

	fputs("TESTS = r\"\"\"\n", file);
	for (size_t i = 0; i < tests->count; i++)
		fprintf(file, "%s\n", tests->list[i]);
	fputs("\"\"\"\n", file);
	folder_close(file, "tests.bzl");
}

static void write_build(const char *package, const struct table *table)
{
	FILE *file = folder_create(package, "BUILD.bazel");

	fprintf(file, "load(\"%s\", \"declare_cells\")\n", setting("RINGSIDE_DECLARE"));
	fputs("load(\":tests.bzl\", \"TESTS\")\n\ndeclare_cells(TESTS, [\n", file);
	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];

		fprintf(file, "    (\"%s\", ", column->id);
		if (column->kernel)
			fprintf(file, "\"%s%s\", \"%s\"),\n",
				is_label(column->machine) ? "" : setting("RINGSIDE_MACHINE_PREFIX"),
				column->machine, column->kernel);
		else
			fputs("\"\", \"\"),\n", file);
	}
	fputs("])\n", file);
	folder_close(file, "BUILD.bazel");
}

char *cells_declare(const struct options *options, const struct table *table,
		    const struct bazel *bazel)
{
	const struct words tests = find_tests(options, bazel);
	char *base = bazel_info(bazel, "output_base"), *path = bazel_info(bazel, "package_path");
	char *root = format_text("%s/" CELLS_PACKAGE, base);
	char *package = format_text("%s/" CELLS_PACKAGE, root);
	char *paths = format_text("%s:%s", path, root);

	make_folder(root);
	lock(root);
	make_folder(package);
	write_tests(package, &tests);
	write_build(package, table);
	free(package);
	free(root);
	free(path);
	free(base);
	return paths;
}
