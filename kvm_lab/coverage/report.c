/* SPDX-License-Identifier: MIT */
/* See report.h. */
#include "kvm_lab/coverage/report.h"

#include <string.h>

static void add(struct share *sum, const struct share *share)
{
	sum->count += share->count;
	sum->reached += share->reached;
}

struct source report_total(const struct coverage *coverage)
{
	struct source total = {0};

	for (size_t i = 0; i < coverage->source_count; i++) {
		add(&total.lines, &coverage->sources[i].lines);
		add(&total.branches, &coverage->sources[i].branches);
		add(&total.functions, &coverage->sources[i].functions);
	}
	return total;
}

/* A path without what most have in common. */
static const char *short_path(const char *path)
{
	static const char common[] = "arch/x86/kvm/";
	const size_t size = sizeof(common) - 1;

	return strncmp(path, common, size) ? path : path + size;
}

static void print_share(FILE *file, const struct share *share)
{
	if (share->count)
		fprintf(file, " %.1f %% |", 100.0 * share->reached / share->count);
	else
		fputs(" |", file);
}

static void print_row(FILE *file, const char *name, const struct source *first,
		      const struct suite *suites, size_t count, const char *path)
{
	fprintf(file, "| %s | %u | %u |", name, first->lines.count, first->branches.count);
	for (size_t i = 0; i < count; i++) {
		const struct source total = report_total(&suites[i].coverage);
		const struct source *source = path ? lcov_find(&suites[i].coverage, path) : &total;

		if (!source)
			source = &(const struct source){0};
		print_share(file, &source->lines);
		print_share(file, &source->branches);
	}
	fputc('\n', file);
}

void report_table(FILE *file, const struct suite *suites, size_t count)
{
	const struct coverage *all = &suites[count - 1].coverage;
	const struct source total = report_total(all);

	fputs("| file | lines | branches |", file);
	for (size_t i = 0; i < count; i++)
		fprintf(file, " %s: lines | branches |", suites[i].name);
	fputs("\n| --- | ---: | ---: |", file);
	for (size_t i = 0; i < count; i++)
		fputs(" ---: | ---: |", file);
	fputc('\n', file);
	for (size_t i = 0; i < all->source_count; i++)
		print_row(file, short_path(all->sources[i].path), &all->sources[i], suites, count,
			  all->sources[i].path);
	print_row(file, "all", &total, suites, count, NULL);
}

void report_unreached(FILE *file, const struct coverage *coverage)
{
	for (size_t i = 0; i < coverage->source_count; i++) {
		const struct source *source = &coverage->sources[i];

		for (size_t j = 0; j < source->list_count; j++)
			if (!source->list[j].is_reached)
				fprintf(file, "%s:%u %s\n", source->path, source->list[j].line,
					source->list[j].name);
	}
}
