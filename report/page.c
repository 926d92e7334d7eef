/* SPDX-License-Identifier: MIT */
/* See page.h. */
#include "report/page.h"

#include "report/xml.h"

/* clang-format off */
static const char style[] =
":root {\n"
"	color-scheme: light dark;\n"
"	--ground: #f6f7f9; --card: #fff; --text: #1b1f24; --dim: #5d6672; --line: #e1e4e9;\n"
"	--good: #137a3a; --good-ground: #dff5e6; --bad: #b3171f; --bad-ground: #fde3e4;\n"
"	--warn: #8a5200; --warn-ground: #fdeecb; --mute-ground: #eceff3;\n"
"}\n"
"@media (prefers-color-scheme: dark) { :root {\n"
"	--ground: #101317; --card: #181c22; --text: #e7eaee; --dim: #98a2af; --line: #2a3038;\n"
"	--good: #6fdc95; --good-ground: #12351f; --bad: #ff9a9e; --bad-ground: #47171b;\n"
"	--warn: #ffce73; --warn-ground: #3f2d0b; --mute-ground: #242a32;\n"
"} }\n"
"* { box-sizing: border-box; }\n"
"body { margin: 0; background: var(--ground); color: var(--text);\n"
"	font: 15px/1.5 system-ui, sans-serif; }\n"
"main { max-width: max-content; min-width: min(100%, 46rem); margin: 0 auto; padding: 2rem 1.5rem 4rem; }\n"
"header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1.25rem; margin-bottom: 1.25rem; }\n"
"h1 { font-size: 1.5rem; margin: 0; letter-spacing: -.01em; }\n"
"header p { margin: 0; }\n"
".when, .dim { color: var(--dim); }\n"
"header .totals { flex-basis: 100%; margin-top: .5rem; }\n"
".filter { color: var(--dim); cursor: pointer; }\n"
"body:has(#filter:checked) .fine { display: none; }\n"
".table { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }\n"
"table { border-collapse: separate; border-spacing: 0; min-width: 100%; font-variant-numeric: tabular-nums; }\n"
"th, td { text-align: left; padding: .4rem .9rem; border-bottom: 1px solid var(--line); white-space: nowrap; font-weight: 400; }\n"
"thead th { vertical-align: bottom; padding-top: .8rem; font-weight: 600; }\n"
"thead small { font-weight: 400; }\n"
"tbody tr:last-child > * { border-bottom: 0; }\n"
"th:first-child { position: sticky; left: 0; background: var(--card); z-index: 1; }\n"
"tbody th[scope=row] { padding-left: 1.6rem; }\n"
".package th { color: var(--dim); padding-top: .9rem; font-size: .87rem; }\n"
"small { display: block; color: var(--dim); font-size: .8rem; }\n"
"td small { display: inline; margin-left: .55rem; }\n"
"a { color: inherit; text-decoration: none; }\n"
"a:hover, a:focus-visible { text-decoration: underline; }\n"
".bar { display: flex; gap: 2px; height: 5px; margin-top: .45rem; border-radius: 3px; overflow: hidden; }\n"
".bar i { background: var(--dim); opacity: .35; }\n"
".bar i.passed { background: var(--good); opacity: 1; }\n"
".bar i.flaky { background: var(--warn); opacity: 1; }\n"
".bar i.failed, .bar i.timeout, .bar i.failed_to_build, .bar i.no_status { background: var(--bad); opacity: 1; }\n"
".chip { display: inline-block; padding: .05rem .55rem; border-radius: 99px; font-size: .8rem; font-weight: 600;\n"
"	background: var(--mute-ground); color: var(--dim); }\n"
".chip.passed { background: var(--good-ground); color: var(--good); }\n"
".chip.flaky { background: var(--warn-ground); color: var(--warn); }\n"
".chip.failed, .chip.timeout, .chip.failed_to_build, .chip.no_status { background: var(--bad-ground); color: var(--bad); }\n"
".totals .chip { font-size: .9rem; font-weight: 400; padding: .15rem .75rem; }\n"
".problem { background: var(--bad-ground); border-radius: 10px; padding: .75rem 1rem; margin-bottom: 1rem; }\n"
".problem h2 { font-size: 1rem; margin: 0 0 .25rem; color: var(--bad); }\n"
".problem pre { margin: 0; font-size: .8rem; white-space: pre-wrap; max-height: 20rem; overflow: auto; }\n"
"td.text { white-space: normal; }\n"
"td.text a { text-decoration: underline; }\n"
"code { font-size: .85rem; overflow-wrap: anywhere; }\n"
"h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }\n"
"* + .table { margin-top: 1.25rem; }\n";
/* clang-format on */

void page_begin(FILE *file, const char *title)
{
	fputs("<!DOCTYPE html>\n"
	      "<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<title>",
	      file);
	xml_put(file, title);
	fprintf(file, "</title>\n<style>\n%s</style></head><body><main>\n", style);
}

void page_put_time(FILE *file, time_t when)
{
	char text[64];
	struct tm local;

	localtime_r(&when, &local);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", &local);
	xml_put(file, text);
}

void page_put_filter(FILE *file, const char *text)
{
	fputs("<label class=\"filter\"><input type=\"checkbox\" id=\"filter\"> ", file);
	xml_put(file, text);
	fputs("</label>\n", file);
}

void page_end(FILE *file)
{
	fputs("</main></body></html>\n", file);
}
