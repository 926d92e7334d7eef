/* SPDX-License-Identifier: MIT */
/* See slot.h. */
#include "kvm_lab/score/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm_lab/score/options.h"
#include "machines/runner/message.h"

static char *inside(const struct slot *slot, const char *name)
{
	return format_text("%s/%s", slot->folder, name);
}

char *slot_log(const struct slot *slot)
{
	return inside(slot, "log");
}

/* What the runner reads beside its program: machines/runner/description.h. */
static void write_description(const struct score *score, const struct slot *slot)
{
	const struct test *test = &score->tests[slot->test];
	const struct machine *machine = &score->machines[slot->machine];
	const struct fault *fault = &score->faults[slot->fault];
	const bool unedited = slot->step == STEP_UNEDITED;
	char *const *modules = unedited ? score->unedited : fault->modules;
	const size_t count = unedited ? score->unedited_count : fault->module_count;
	char *path = inside(slot, "test.test");
	FILE *file = fopen(path, "we");

	if (!file)
		die("cannot write %s: %s", path, strerror(errno));
	for (size_t i = 0; i < test->lines.count; i++)
		fprintf(file, "%s\n", test->lines.list[i]);
	fprintf(file, "machine %s\nemulated %s\n", machine->name, machine->description);
	for (size_t i = 0; i < count; i++)
		fprintf(file, "module %s\n", modules[i]);
	if (fclose(file))
		die("cannot write %s: %s", path, strerror(errno));
	free(path);
}

static void set(const char *name, const char *value)
{
	if (setenv(name, value, 1))
		die("out of memory");
}

static void become(const struct score *score, const struct slot *slot, const char *runfiles)
{
	const struct test *test = &score->tests[slot->test];
	char *program = inside(slot, "test"), *log = slot_log(slot), *xml = inside(slot, "xml");
	char *temporary = inside(slot, "tmp");
	char *here = format_text("%s/%s", runfiles, setting("RINGSIDE_SCORE_WORKSPACE"));
	const int output = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char **arguments = calloc(test->arguments.count + 2, sizeof(*arguments));
	const unsigned int limit = slot->step == STEP_UNEDITED ? test->limit : score_patience(test);
	char *seconds = format_text("%u", limit);
	sigset_t none;

	if (!arguments || output < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0)
		_exit(STATUS_MACHINE_FAILED);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* Ctrl-C is for the score, which ends tests by itself. */
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	arguments[0] = program;
	for (size_t i = 0; i < test->arguments.count; i++)
		arguments[i + 1] = test->arguments.list[i];
	for (size_t i = 0; i < test->environment.count; i++)
		putenv(test->environment.list[i]);
	set("RUNFILES_DIR", runfiles);
	set("TEST_SRCDIR", runfiles);
	set("TEST_TMPDIR", temporary);
	set("XML_OUTPUT_FILE", xml);
	set("TEST_TIMEOUT", seconds);
	if (chdir(here))
		die("cannot enter %s: %s", here, strerror(errno));
	execv(program, arguments);
	die("cannot run %s: %s", program, strerror(errno));
}

void slot_start(const struct score *score, struct slot *slot, const char *runfiles)
{
	char *xml = inside(slot, "xml");
	struct timespec now;

	unlink(xml);
	free(xml);
	write_description(score, slot);
	clock_gettime(CLOCK_MONOTONIC, &now);
	slot->began = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	slot->pid = fork();
	if (slot->pid < 0)
		die("cannot fork: %s", strerror(errno));
	if (!slot->pid)
		become(score, slot, runfiles);
}

struct verdict slot_finish(const struct slot *slot, int status)
{
	char *xml = inside(slot, "xml"), *log = slot_log(slot);
	const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	const struct verdict verdict = verdict_read(code, xml, log);

	free(xml);
	free(log);
	return verdict;
}
