/* SPDX-License-Identifier: MIT */
/* A ring of a console's last lines; see console.h. */
#include "machines/emulator/console.h"

#include <string.h>

/* What init says where it can't say it to anybody else: machines/init/machine.c. */
static const char init_error[] = "ringside-init: error: ";

/* How many of the last lines a failure shows, or of those before a panic. */
#define SHOWN_LINES 20
#define SHOWN_BEFORE_PANIC 5

/* What Bochs says on the same line and nobody has to know: how such lines begin. */
static const char *const chatter[] = {
	"========",
	"Please wait.",
	"Waiting for the 'restore state' to finish.",
	"Depending on the size of your emulated disk images",
	"mailbox: the machine was reset",
};

/* Bochs' log: time in ticks, a letter for information, the device. */
static bool is_information(const char *line)
{
	const size_t digits = strspn(line, "0123456789");

	for (size_t i = 0; i < sizeof(chatter) / sizeof(*chatter); i++)
		if (!strncmp(line, chatter[i], strlen(chatter[i])))
			return true;
	return (digits && !strncmp(line + digits, "i[", 2)) || strstr(line, "Bochs x86 Emulator");
}

/* How the kernel's reports begin, behind the time. The worse come first. */
static const struct {
	const char *text;
	enum kernel_report report;
} reports[] = {
	{"BUG: workqueue lockup", KERNEL_WARNED},
	{"BUG: soft lockup", KERNEL_WARNED},
	{"watchdog: BUG: soft lockup", KERNEL_WARNED},
	{"BUG: ", KERNEL_OOPSED},
	{"UBSAN: ", KERNEL_OOPSED},
	{"Oops: ", KERNEL_OOPSED},
	{"Oops ", KERNEL_OOPSED},
	{"general protection fault", KERNEL_OOPSED},
	{"kernel BUG at ", KERNEL_OOPSED},
	{"WARNING: CPU: ", KERNEL_WARNED},
	{"rcu: INFO: ", KERNEL_WARNED},
	{"INFO: rcu_", KERNEL_WARNED},
	{"INFO: task ", KERNEL_WARNED},
};

/* A line of the kernel's without its time, "[   12.345678] ". */
static const char *without_time(const char *line)
{
	const char *end = *line == '[' ? strstr(line, "] ") : NULL;

	if (!end || strspn(line + 1, " .0123456789") != (size_t)(end - line - 1))
		return line;
	return end + 2;
}

static enum kernel_report report_of(const char *line)
{
	const char *text = without_time(line);

	for (size_t i = 0; i < sizeof(reports) / sizeof(*reports); i++)
		if (!strncmp(text, reports[i].text, strlen(reports[i].text)))
			return reports[i].report;
	return KERNEL_SILENT;
}

static void end_line(struct console *console)
{
	char *line = console->lines[console->count % CONSOLE_LINES];
	enum kernel_report report;
	const char *error;

	line[console->used] = '\0';
	if (!console->used)
		return;
	console->used = 0;
	if (is_information(line))
		return;
	report = report_of(line);
	if (report > console->report) {
		console->report = report;
		console->report_line = console->count;
	}
	console->count++;
	error = strstr(line, init_error);
	if (error && console->on_init_error)
		console->on_init_error(console->context, error + sizeof(init_error) - 1);
}

void console_add(struct console *console, const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		char *line = console->lines[console->count % CONSOLE_LINES];
		char c = data[i];

		if (c == '\n')
			end_line(console);
		else if (c == '\t')
			c = ' ';
		/* The guest's bytes end up on a terminal: no escape sequences. */
		if (c >= ' ' && c <= '~' && console->used < CONSOLE_LINE - 1)
			line[console->used++] = c;
	}
}

/* The first line that is kept; the line in progress takes a place of the ring. */
static size_t first_line(const struct console *console)
{
	return console->count < CONSOLE_LINES ? 0 : console->count - (CONSOLE_LINES - 1);
}

/* The first of the lines kept with the text in it; console->count if there is none. */
static size_t find_line(const struct console *console, const char *text)
{
	size_t i = first_line(console);

	while (i < console->count && !strstr(console->lines[i % CONSOLE_LINES], text))
		i++;
	return i;
}

bool console_contains(const struct console *console, const char *text)
{
	return find_line(console, text) < console->count;
}

/* Up to so many lines before the given one. */
static size_t before(const struct console *console, size_t line, size_t lines)
{
	const size_t first = first_line(console);

	return line < first + lines ? first : line - lines;
}

/* How the kernel's reports begin that lead to a panic. */
static const char *const reasons[] = {"BUG: ", "Oops: ", "general protection fault",
				      "kernel BUG at"};

/* Where the report of a panic begins: with its reason, if that is still there. */
static size_t find_report(const struct console *console, size_t panic)
{
	size_t report = panic;

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		const size_t line = find_line(console, reasons[i]);

		if (line < report)
			report = line;
	}
	return report;
}

void console_print_report(const struct console *console, FILE *file)
{
	const size_t first = first_line(console);
	size_t from = console->report_line > first ? console->report_line : first;

	for (size_t i = from; i < console->count && i < from + SHOWN_LINES; i++)
		fprintf(file, "    %s\n", console->lines[i % CONSOLE_LINES]);
}

void console_print_end(const struct console *console, FILE *file)
{
	const size_t panic = find_line(console, "Kernel panic");
	size_t from = before(console, console->count, SHOWN_LINES);

	if (panic < console->count)
		from = before(console, find_report(console, panic), SHOWN_BEFORE_PANIC);
	for (size_t i = from; i < console->count; i++)
		fprintf(file, "    %s\n", console->lines[i % CONSOLE_LINES]);
	if (console->used)
		fprintf(file, "    %.*s\n", (int)console->used,
			console->lines[console->count % CONSOLE_LINES]);
}
