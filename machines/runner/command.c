/* SPDX-License-Identifier: MIT */
/* See command.h. */
#include "machines/runner/command.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "machines/runner/memory.h"
#include "machines/runner/message.h"

struct command {
	char **list;
	size_t count;
};

static void append(struct command *command, char *argument)
{
	command->list = grow(command->list, command->count + 1, sizeof(*command->list));
	command->list[command->count++] = argument;
}

/* "libc.so.6", "libm.so", "ld-linux-x86-64.so.2" */
static bool is_library(const char *path)
{
	const char *name = strrchr(path, '/');
	const char *suffix = name ? strstr(name, ".so") : NULL;

	return suffix && (!suffix[3] || suffix[3] == '.');
}

/* See machines/supervisor/main.c. */
static void append_supervisor(struct command *command, const struct test_description *test)
{
	append(command, runfile(test, test->supervisor));
	for (size_t i = 0; i < test->data_count; i++)
		if (is_library(test->data[i]))
			append(command,
			       format_text("--library=%s/%s", test->runfiles, test->data[i]));
	for (size_t i = 0; i < test->option_count; i++)
		append(command, test->options[i]);
	append(command, format_text("--"));
}

char **make_command(const struct test_description *test, char **arguments)
{
	struct command command = {0};

	if (test->supervisor)
		append_supervisor(&command, test);
	append(&command, runfile(test, test->controller));
	for (size_t i = 0; i < test->argument_count; i++)
		append(&command, test->arguments[i]);
	for (size_t i = 1; arguments[0] && arguments[i]; i++)
		append(&command, arguments[i]);
	append(&command, NULL);
	return command.list;
}
