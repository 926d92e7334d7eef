/* SPDX-License-Identifier: MIT */
/* The runner's own lines; see message.h. */
#include "machines/runner/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static int print_line(FILE *stream, const char *format, va_list list)
{
	fputs("ringside: ", stream);
	vfprintf(stream, format, list);
	putc('\n', stream);
	return fflush(stream);
}

static void say_list(const char *format, va_list list)
{
	va_list again;

	va_copy(again, list);
	/* Somebody has to hear of a disk that is full, or of a pipe that is closed. */
	if (print_line(stdout, format, list))
		print_line(stderr, format, again);
	va_end(again);
}

void say(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say_list(format, list);
	va_end(list);
}

void die(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say_list(format, list);
	va_end(list);
	exit(STATUS_MACHINE_FAILED);
}

char *format_text(const char *format, ...)
{
	va_list list;
	char *text;
	int size;

	va_start(list, format);
	size = vasprintf(&text, format, list);
	va_end(list);
	if (size < 0)
		die("out of memory");
	return text;
}

char *make_printable(char *text)
{
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return text;
}
