/* SPDX-License-Identifier: MIT */
/* A ring of a console's last lines; see console.h. */
#include "machines/emulator/console.h"

#include <string.h>

static const char init_prefix[] = "ringside-init: ";

static void end_line(struct console *console)
{
	char *line = console->lines[console->count % CONSOLE_LINES];
	const char *init;

	line[console->used] = '\0';
	if (!console->used)
		return;
	console->used = 0;
	console->count++;
	init = strstr(line, init_prefix);
	if (init && console->on_init)
		console->on_init(console->context, init + sizeof(init_prefix) - 1);
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

bool console_contains(const struct console *console, const char *text)
{
	size_t kept = console->count < CONSOLE_LINES ? console->count : CONSOLE_LINES;

	for (size_t i = console->count - kept; i < console->count; i++)
		if (strstr(console->lines[i % CONSOLE_LINES], text))
			return true;
	return false;
}

void console_print(const struct console *console, FILE *file, size_t lines)
{
	/* The line in progress takes a place of the ring. */
	size_t kept = console->count < CONSOLE_LINES - 1 ? console->count : CONSOLE_LINES - 1;

	if (kept > lines)
		kept = lines;
	for (size_t i = console->count - kept; i < console->count; i++)
		fprintf(file, "    %s\n", console->lines[i % CONSOLE_LINES]);
	if (console->used)
		fprintf(file, "    %.*s\n", (int)console->used,
			console->lines[console->count % CONSOLE_LINES]);
}
