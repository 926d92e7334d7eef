/* SPDX-License-Identifier: MIT */
/* The score as one page without anything from elsewhere, for light and dark. */
#include <stdlib.h>
#include <string.h>

#include "kvm_lab/score/report.h"
#include "report/page.h"
#include "report/xml.h"

static void print_rate(FILE *file, const struct rate *rate)
{
	const double percent = rate->faults ? 100.0 * rate->caught / rate->faults : 0;
	double low, high;

	score_interval(rate, &low, &high);
	fprintf(file,
		"<td>%u, %.0f&nbsp;%% <small>(%.0f to %.0f)</small>"
		"<span class=\"bar\"><i class=\"passed\" style=\"flex:%u\"></i>"
		"<i style=\"flex:%u\"></i></span></td>",
		rate->caught, percent, low, high, rate->caught, rate->faults - rate->caught);
}

static void print_rate_row(FILE *file, const struct score *score, const char *area)
{
	const struct rate first = score_rate(score, 0, area);

	if (!first.faults)
		return;
	fputs("<tr><th scope=\"row\">", file);
	xml_put(file, area ? area : "all");
	fprintf(file, "</th><td>%u</td>", first.faults);
	for (size_t i = 0; i < score->suite_count; i++) {
		const struct rate rate = score_rate(score, i, area);

		print_rate(file, &rate);
	}
	fputs("</tr>\n", file);
}

static void print_suites(FILE *file, const struct score *score)
{
	for (size_t i = 0; i < score->suite_count; i++) {
		fputs("<th scope=\"col\">", file);
		xml_put(file, score->suites[i].name);
		fputs("</th>", file);
	}
	fputs("</tr></thead><tbody>\n", file);
}

static void print_rates(FILE *file, const struct score *score)
{
	struct words areas = report_areas(score);

	fputs("<div class=\"table\"><table><thead><tr><th scope=\"col\">Area</th><th scope=\"col\">Faults</th>",
	      file);
	print_suites(file, score);
	for (size_t i = 0; i < areas.count; i++)
		print_rate_row(file, score, areas.list[i]);
	print_rate_row(file, score, NULL);
	fputs("</tbody></table></div>\n", file);
	free(areas.list);
}

static const char *short_name(const char *label)
{
	const char *colon = strrchr(label, ':');

	return colon ? colon + 1 : label;
}

/* Each test that caught it, with a link to what it said. */
static void print_catches(FILE *file, const struct score *score, size_t fault, size_t suite)
{
	const char *name = short_name(score->faults[fault].label);

	for (size_t i = 0; i < score->test_count; i++) {
		const struct cell *cell = score_cell(score, fault, i);
		const char *test = short_name(score->tests[i].label);

		if (score->tests[i].suite != suite || !cell->has_run || cell->fails_anyway ||
		    !outcome_is_catch(cell->outcome))
			continue;
		fputs("<br><a href=\"logs/", file);
		xml_put(file, name);
		fputc('.', file);
		xml_put(file, test);
		fputs(".txt\">", file);
		xml_put(file, test);
		fprintf(file, "</a> <small>%s on %s, %.1f s</small>", outcome_names[cell->outcome],
			score->machines[cell->machine].name, cell->seconds);
	}
}

/* How many tests of a suite have met a fault. */
static unsigned int count_runs(const struct score *score, size_t fault, size_t suite)
{
	unsigned int count = 0;

	for (size_t i = 0; i < score->test_count; i++)
		count += score->tests[i].suite == suite && score_cell(score, fault, i)->has_run;
	return count;
}

static void print_fault(FILE *file, const struct score *score, size_t index)
{
	const struct fault *fault = &score->faults[index];
	bool fine = true;

	for (size_t i = 0; i < score->suite_count; i++)
		fine &= !!score_catch(score, index, i);
	fprintf(file, "<tr%s><th scope=\"row\">", fine ? " class=\"fine\"" : "");
	xml_put(file, short_name(fault->label));
	fputs("<br><small>", file);
	xml_put(file, fault->area);
	if (fault->line) {
		fputc(':', file);
		xml_put(file, fault->line);
	}
	fputs("</small></th><td class=\"text\">", file);
	if (fault->operation) {
		xml_put(file, fault->operation);
		fputs(" <small>in ", file);
		xml_put(file, fault->function);
		fputs("()</small><br><code>", file);
		xml_put(file, fault->from);
		fputs("</code> <span class=\"dim\">becomes</span> <code>", file);
		xml_put(file, fault->to);
		fputs("</code>", file);
	}
	fputs("</td>", file);
	for (size_t i = 0; i < score->suite_count; i++) {
		fprintf(file,
			"<td class=\"text\"><span class=\"chip %s\">%s</span> <small>%u tests</small>",
			score_catch(score, index, i) ? "passed" : "failed",
			report_verdict(score, index, i), count_runs(score, index, i));
		print_catches(file, score, index, i);
		fputs("</td>", file);
	}
	fputs("</tr>\n", file);
}

static void print_left_out(FILE *file, const struct score *score)
{
	static const char *const reasons[] = {
		[FAULT_NOT_COMPILED] = "does not compile",
		[FAULT_SAME_CODE] = "the compiler makes the same code of it",
		[FAULT_EQUIVALENT] = "changes nothing",
	};

	fputs("<h2>Left out</h2><ul>\n", file);
	for (size_t i = 0; i < score->fault_count; i++) {
		const struct fault *fault = &score->faults[i];

		if (fault->state < FAULT_NOT_COMPILED || fault->state > FAULT_EQUIVALENT)
			continue;
		fputs("<li>", file);
		xml_put(file, short_name(fault->label));
		fprintf(file, ": %s", reasons[fault->state]);
		if (fault->reason) {
			fputs(": ", file);
			xml_put(file, fault->reason);
		}
		fputs("</li>\n", file);
	}
	fputs("</ul>\n", file);
}

void report_html(FILE *file, const struct score *score)
{
	page_begin(file, "Ringside score");
	fputs("<h1>Ringside score</h1>\n<p class=\"dim\">", file);
	page_put_time(file, score->started);
	fprintf(file, ", %.0f s", score->seconds);
	if (score->is_sample)
		fprintf(file, ", seed %ju", (uintmax_t)score->seed);
	fputs("; intervals are of 95&nbsp;%.", file);
	if (score->is_over)
		fputs(" Time was over before each fault had met each test: rates are lower bounds.",
		      file);
	fputs("</p>\n", file);
	print_rates(file, score);
	page_put_filter(file, "only what was not caught");
	fputs("<div class=\"table\"><table><thead><tr><th scope=\"col\">Fault</th><th scope=\"col\">What is "
	      "wrong</th>",
	      file);
	print_suites(file, score);
	for (size_t i = 0; i < score->fault_count; i++)
		if (score->faults[i].state == FAULT_READY)
			print_fault(file, score, i);
	fputs("</tbody></table></div>\n", file);
	print_left_out(file, score);
	page_end(file);
}
