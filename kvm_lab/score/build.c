/* SPDX-License-Identifier: MIT */
/* See build.h. */
#include "kvm_lab/score/build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvm_lab/score/options.h"
#include "machines/runner/message.h"

static int call(const struct bazel *bazel, struct arguments *arguments, FILE *answer)
{
	const pid_t pid = bazel_start(bazel, arguments, answer ? fileno(answer) : -1, -1, false);

	if (pid < 0)
		die("cannot start Bazel: %s", strerror(errno));
	free_arguments(arguments);
	return bazel_wait(pid);
}

/* Bazel's answer, line by line; ends the program with its status if it fails. */
static struct words ask(const struct bazel *bazel, const char *command, const char *word)
{
	struct arguments arguments = {0};
	FILE *answer = tmpfile();
	struct words words = {0};
	char *line = NULL;
	size_t size = 0;
	int status;

	if (!answer)
		die("cannot make a temporary file: %s", strerror(errno));
	add_argument(&arguments, "%s", bazel->program);
	add_argument(&arguments, "%s", command);
	add_argument(&arguments, "--noshow_progress");
	add_argument(&arguments, "--ui_event_filters=-info");
	add_argument(&arguments, "%s", word);
	status = call(bazel, &arguments, answer);
	if (status)
		exit(status);
	if (fseek(answer, 0, SEEK_SET))
		die("cannot read a temporary file: %s", strerror(errno));
	while (getline(&line, &size, answer) > 0) {
		line[strcspn(line, "\n")] = '\0';
		add_word(&words, format_text("%s", line));
	}
	free(line);
	fclose(answer);
	return words;
}

char *build_info(const struct bazel *bazel, const char *key)
{
	const struct words words = ask(bazel, "info", key);

	if (words.count != 1)
		die("Bazel does not tell its %s", key);
	return words.list[0];
}

struct words build_query(const struct bazel *bazel, const char *expression)
{
	return ask(bazel, "query", expression);
}

int build_described(const struct bazel *bazel, const struct words *labels)
{
	struct arguments arguments = {0};
	char path[] = "/tmp/ringside-score-XXXXXX";
	const int fd = mkstemp(path);
	int status;

	if (fd < 0)
		die("cannot make a temporary file: %s", strerror(errno));
	for (size_t i = 0; i < labels->count; i++)
		dprintf(fd, "%s\n", labels->list[i]);
	close(fd);
	add_argument(&arguments, "%s", bazel->program);
	add_argument(&arguments, "build");
	add_argument(&arguments, "--keep_going");
	add_argument(&arguments, "--show_result=0");
	add_argument(&arguments, "--ui_event_filters=-info");
	add_argument(&arguments, "--aspects=%s", setting("RINGSIDE_SCORE_ASPECT"));
	add_argument(&arguments, "--output_groups=ringside_score");
	add_argument(&arguments, "--target_pattern_file=%s", path);
	status = call(bazel, &arguments, NULL);
	unlink(path);
	return status;
}

char *description_path(const struct score *score, const char *label)
{
	const char *package = strstr(label, "//");
	const char *name = strrchr(label, ':');

	if (!package || !name || name < package)
		die("Bazel names a target '%s', which is no label", label);
	/* "@ringside//package:name" lies in external/ringside. */
	label += strspn(label, "@");
	return format_text("%s/%s%.*s%s%.*s/%s.score", score->bin,
			   label < package ? "external/" : "", (int)(package - label), label,
			   label < package ? "/" : "", (int)(name - package - 2), package + 2,
			   name + 1);
}
