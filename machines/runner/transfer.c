/* SPDX-License-Identifier: MIT */
/* A test on its way into a machine; see transfer.h. */
#include "machines/runner/transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machines/runner/command.h"
#include "machines/runner/drive.h"
#include "machines/runner/fuzz.h"
#include "machines/runner/message.h"
#include "machines/runner/output_paths.h"

/* Where the supervisor finds it (machines/supervisor/main.c). */
#define BUSYBOX_IN_MACHINE "/bin/busybox"

/* Bazel's runfiles manifest names files of the host. */
static const char *const dropped[] = {"RUNFILES_MANIFEST_FILE=", "RUNFILES_MANIFEST_ONLY="};

static void write_environment(struct job_stream *stream)
{
	for (char **variable = environ; *variable; variable++) {
		bool drop = false;

		for (size_t i = 0; i < sizeof(dropped) / sizeof(*dropped); i++)
			drop |= !strncmp(*variable, dropped[i], strlen(dropped[i]));
		if (!drop)
			drive_record(stream, JOB_ENVIRONMENT, *variable);
	}
}

/* The folders that Bazel has made for the test, and what to bring out. */
static void write_places(struct job_stream *stream)
{
	const char *temporary = getenv("TEST_TMPDIR");

	if (temporary && *temporary == '/')
		drive_record(stream, JOB_FOLDER, temporary);
	for (size_t i = 0; i < OUTPUT_PATHS; i++) {
		char *path = output_path(i);

		if (!path)
			continue;
		drive_record(stream, JOB_COLLECT, path);
		if (!output_is_folder(i))
			*strrchr(path, '/') = '\0';
		if (*path)
			drive_record(stream, JOB_FOLDER, path);
		free(path);
	}
}

void write_libraries(struct job_stream *stream, const struct test_description *test)
{
	for (size_t i = 0; i < test->library_count; i++) {
		char *path = runfile(test, test->libraries[i]);
		const char *name = strchr(test->libraries[i], '/');

		if (!name)
			die("library %s is in no repository; build the test anew", path);
		drive_tree(stream, path, name);
		free(path);
	}
}

void write_modules(struct job_stream *stream, const struct test_description *test,
		   const struct machine_description *machine)
{
	for (size_t i = 0; i < test->module_count; i++) {
		char *path = runfile(test, test->modules[i]);
		char *name = format_text("%s", strrchr(path, '/') + 1);
		char *place;

		/* The machine's spelling. */
		for (char *dash = strchr(name, '-'); dash; dash = strchr(dash, '-'))
			*dash = '_';
		place = format_text("/lib/modules/%s/%s", machine->kernel, name);
		drive_tree(stream, path, place);
		drive_record(stream, JOB_MODULE, name);
		free(place);
		free(name);
		free(path);
	}
}

/* Under the paths that they have on the host. */
static void write_runfile(struct job_stream *stream, const struct test_description *test,
			  const char *name)
{
	char *path = runfile(test, name);

	drive_tree(stream, path, path);
	free(path);
}

static void write_program(struct job_stream *stream, const struct test_description *test,
			  char **arguments)
{
	char **command = make_command(test, arguments);
	char here[4096], *corpus;

	if (!getcwd(here, sizeof(here)))
		die("cannot tell the current folder: %s", strerror(errno));
	drive_record(stream, JOB_FOLDER, here);
	drive_record(stream, JOB_DIRECTORY, here);
	for (; *command; command++)
		drive_record(stream, JOB_ARGUMENT, *command);
	write_runfile(stream, test, test->controller);
	if (test->supervisor)
		write_runfile(stream, test, test->supervisor);
	for (size_t i = 0; i < test->data_count; i++)
		write_runfile(stream, test, test->data[i]);
	corpus = kept_corpus();
	if (corpus)
		drive_tree(stream, corpus, corpus);
	free(corpus);
	if (test->shell) {
		char *path = runfile(test, test->shell);

		drive_tree(stream, path, BUSYBOX_IN_MACHINE);
		free(path);
	}
}

void write_job(int drive, const struct test_description *test,
	       const struct machine_description *machine, char **arguments)
{
	struct job_stream stream;

	drive_open(&stream, drive);
	write_environment(&stream);
	write_places(&stream);
	write_modules(&stream, test, machine);
	write_libraries(&stream, test);
	write_program(&stream, test, arguments);
	drive_close(&stream, drive);
}
