/* SPDX-License-Identifier: MIT */
/* See build.h. */
#include "kvm_lab/score/build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machines/runner/message.h"

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
	status = call_bazel(bazel, &arguments, NULL);
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
