/* SPDX-License-Identifier: MIT */
/* The table as one page without anything from elsewhere, for light and dark. */
#include <string.h>

#include "machines/matrix/report.h"
#include "report/page.h"
#include "report/xml.h"

/* Where a test's name ends its package. */
static size_t package_size(const char *test)
{
	return strcspn(test, ":");
}

/* A path in the output folder, as a link: all that is special in a URL's path is encoded. */
static void print_link(FILE *file, const char *path)
{
	for (; *path; path++) {
		if (strchr("%?#\"<>& ", *path))
			fprintf(file, "%%%02X", (unsigned char)*path);
		else
			fputc(*path, file);
	}
}

static bool row_failed(const struct table *table, size_t row)
{
	for (size_t i = 0; i < table->column_count; i++)
		if (verdict_is_failure(table->columns[i].cells[row].verdict) ||
		    table->columns[i].cells[row].verdict == FLAKY)
			return true;
	return false;
}

static void print_seconds(FILE *file, double seconds)
{
	if (seconds < 60)
		fprintf(file, "%.1f s", seconds);
	else
		fprintf(file, "%d min %02d s", (int)seconds / 60, (int)seconds % 60);
}

static void print_summary(FILE *file, const struct table *table)
{
	bool failed = false;

	fputs("<header>\n<h1>Ringside matrix</h1>\n<p class=\"when\">", file);
	page_put_time(file, table->started);
	fputs(", ", file);
	print_seconds(file, table->seconds);
	fprintf(file, ", %zu tests, %zu configurations</p>\n<p class=\"totals\">",
		table->test_count, table->column_count);
	for (enum verdict verdict = VERDICTS; verdict-- > 0;) {
		size_t count = 0;

		for (size_t i = 0; i < table->column_count; i++)
			count += table_count(table, &table->columns[i], verdict);
		if (!count)
			continue;
		failed |= verdict_is_failure(verdict);
		fprintf(file, "<span class=\"chip %s\"><b>%zu</b> %s</span> ",
			verdict_keys[verdict], count, verdict_words[verdict]);
	}
	fputs("</p>\n", file);
	if (failed)
		page_put_filter(file, "only what failed");
	fputs("</header>\n", file);
}

static void print_problems(FILE *file, const struct table *table)
{
	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];

		if (!column->problem)
			continue;
		fputs("<section class=\"problem\"><h2>", file);
		xml_put(file, column->title);
		fputs(" is incomplete</h2><pre>", file);
		xml_put(file, column->problem);
		fputs("</pre></section>\n", file);
	}
}

/* A bar whose parts are as long as there are verdicts. */
static void print_bar(FILE *file, const struct table *table, const struct column *column)
{
	fputs("<span class=\"bar\">", file);
	for (enum verdict verdict = VERDICTS; verdict-- > 0;) {
		size_t count = table_count(table, column, verdict);

		if (count)
			fprintf(file, "<i class=\"%s\" style=\"flex:%zu\" title=\"%zu %s\"></i>",
				verdict_keys[verdict], count, count, verdict_words[verdict]);
	}
	fputs("</span>", file);
}

static void print_heads(FILE *file, const struct table *table)
{
	fputs("<thead><tr><th scope=\"col\">Test</th>", file);
	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];

		fputs("<th scope=\"col\">", file);
		xml_put(file, column->title);
		fputs("<small>", file);
		if (column->release) {
			fputs("Linux ", file);
			xml_put(file, column->release);
		} else {
			fputs("&nbsp;", file);
		}
		fputs("</small><small>", file);
		print_seconds(file, table_seconds(table, column));
		if (table_interrupted(table, column))
			fputs(", interrupted", file);
		fputs("</small>", file);
		print_bar(file, table, column);
		fputs("</th>", file);
	}
	fputs("</tr></thead>\n", file);
}

static void print_cell(FILE *file, const struct cell *cell)
{
	const char *element = cell->log ? "a" : "span";

	fputs("<td>", file);
	fprintf(file, "<%s class=\"chip %s\"", element, verdict_keys[cell->verdict]);
	if (cell->log) {
		fputs(" href=\"", file);
		print_link(file, cell->log);
		fputc('"', file);
	}
	if (cell->message)
		xml_put_attribute(file, "title", cell->message);
	fprintf(file, ">%s</%s>", verdict_words[cell->verdict], element);
	if (cell->runs && cell->verdict != SKIPPED) {
		fputs("<small>", file);
		print_seconds(file, cell->seconds);
		if (cell->cached == cell->runs)
			fputs(", cached", file);
		if (cell->runs > 1)
			fprintf(file, ", %zu runs", cell->runs);
		fputs("</small>", file);
	}
	fputs("</td>", file);
}

static void print_package(FILE *file, const struct table *table, size_t first)
{
	size_t size = package_size(table->tests[first]);
	bool failed = false;

	for (size_t i = first; i < table->test_count && package_size(table->tests[i]) == size &&
			       !strncmp(table->tests[i], table->tests[first], size);
	     i++)
		failed |= row_failed(table, i);
	fprintf(file, "<tr class=\"package%s\"><th scope=\"rowgroup\" colspan=\"%zu\">",
		failed ? "" : " fine", table->column_count + 1);
	xml_put_part(file, table->tests[first], size);
	fputs("</th></tr>\n", file);
}

static void print_table(FILE *file, const struct table *table)
{
	fputs("<div class=\"table\"><table>\n", file);
	print_heads(file, table);
	fputs("<tbody>\n", file);
	for (size_t i = 0; i < table->test_count; i++) {
		const char *test = table->tests[i];
		size_t size = package_size(test);

		if (!i || package_size(table->tests[i - 1]) != size ||
		    strncmp(table->tests[i - 1], test, size))
			print_package(file, table, i);
		fprintf(file, "<tr%s><th scope=\"row\" title=\"",
			row_failed(table, i) ? "" : " class=\"fine\"");
		xml_put(file, test);
		fputs("\">", file);
		xml_put(file, test[size] ? test + size + 1 : test);
		fputs("</th>", file);
		for (size_t j = 0; j < table->column_count; j++)
			print_cell(file, &table->columns[j].cells[i]);
		fputs("</tr>\n", file);
	}
	fputs("</tbody></table></div>\n", file);
}

void report_html(FILE *file, const struct table *table)
{
	page_begin(file, "Ringside matrix");
	print_summary(file, table);
	print_problems(file, table);
	if (table->test_count)
		print_table(file, table);
	else
		fputs("<p>No test has run.</p>\n", file);
	page_end(file);
}
