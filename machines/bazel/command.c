/* SPDX-License-Identifier: MIT */
/* See command.h. */
#include "machines/bazel/command.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machines/runner/memory.h"
#include "machines/runner/message.h"

void add_word(struct words *words, char *word)
{
	words->list = grow(words->list, words->count + 1, sizeof(*words->list));
	words->list[words->count++] = word;
}

void refuse(const char *format, ...)
{
	va_list list;

	fputs("ringside: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	exit(BAZEL_COMMAND_LINE);
}

const char *setting(const char *name)
{
	const char *value = getenv(name);

	if (!value || !*value)
		refuse("%s is not set; start this with 'bazel run'", name);
	return value;
}

const char *option_value(const char *word, const char *option)
{
	return strncmp(word, option, strlen(option)) ? NULL : word + strlen(option);
}

char *quote_pattern(const char *pattern)
{
	if (strpbrk(pattern, "'\" ()"))
		refuse("'%s' is no label: it holds a quote, a blank or a parenthesis", pattern);
	return format_text("'%s'", pattern);
}

int call_bazel(const struct bazel *bazel, struct arguments *arguments, FILE *answer)
{
	const pid_t pid = bazel_start(bazel, arguments, answer ? fileno(answer) : -1, -1, false);

	if (pid < 0)
		die("cannot start Bazel: %s", strerror(errno));
	free_arguments(arguments);
	return bazel_wait(pid);
}

int ask_bazel(const struct bazel *bazel, const char *const *words, struct words *lines)
{
	struct arguments arguments = {0};
	FILE *answer = tmpfile();
	char *line = NULL;
	size_t size = 0;
	int status;

	if (!answer)
		die("cannot make a temporary file: %s", strerror(errno));
	add_argument(&arguments, "%s", bazel->program);
	add_argument(&arguments, "%s", *words);
	add_argument(&arguments, "--noshow_progress");
	add_argument(&arguments, "--ui_event_filters=-info");
	while (*++words)
		add_argument(&arguments, "%s", *words);
	status = call_bazel(bazel, &arguments, answer);
	if (fseek(answer, 0, SEEK_SET))
		die("cannot read a temporary file: %s", strerror(errno));
	while (getline(&line, &size, answer) > 0) {
		line[strcspn(line, "\n")] = '\0';
		add_word(lines, format_text("%s", line));
	}
	free(line);
	fclose(answer);
	return status;
}

char *bazel_info(const struct bazel *bazel, const char *key)
{
	const char *const words[] = {"info", key, NULL};
	struct words lines = {0};
	const int status = ask_bazel(bazel, words, &lines);

	if (status)
		exit(status);
	if (lines.count != 1)
		die("Bazel does not tell its %s", key);
	return lines.list[0];
}

struct words bazel_query(const struct bazel *bazel, const char *expression)
{
	const char *const words[] = {"query", expression, NULL};
	struct words lines = {0};
	const int status = ask_bazel(bazel, words, &lines);

	if (status)
		exit(status);
	return lines;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status, (void)type, (void)place;
	return remove(path);
}

void remove_folder(const char *path)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
		die("cannot remove %s: %s", path, strerror(errno));
}

void make_folder(const char *path)
{
	if (mkdir(path, 0755) && errno != EEXIST)
		refuse("cannot make %s: %s", path, strerror(errno));
}
