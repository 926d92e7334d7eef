/* SPDX-License-Identifier: MIT */
/* A test on its way into a machine; see transfer.h. */
#include "machines/runner/transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machines/runner/command.h"
#include "machines/runner/fuzz.h"
#include "machines/runner/message.h"
#include "machines/runner/output_paths.h"

/* Where init finds it (machines/init/program.c), and has its tools beside it. */
#define BUSYBOX_IN_MACHINE "/bin/busybox"

/* Bazel's runfiles manifest names files of the host. */
static const char *const dropped[] = {"RUNFILES_MANIFEST_FILE=", "RUNFILES_MANIFEST_ONLY="};

static void write_environment(struct outbox *outbox)
{
	for (char **variable = environ; *variable; variable++) {
		bool drop = false;

		for (size_t i = 0; i < sizeof(dropped) / sizeof(*dropped); i++)
			drop |= !strncmp(*variable, dropped[i], strlen(dropped[i]));
		if (!drop)
			outbox_text(outbox, CHANNEL_ENVIRONMENT, *variable);
	}
}

/* The folders that Bazel has made for the test, and what to bring out. */
static void write_places(struct outbox *outbox)
{
	const char *temporary = getenv("TEST_TMPDIR");

	if (temporary && *temporary == '/')
		outbox_text(outbox, CHANNEL_FOLDER, temporary);
	for (size_t i = 0; i < OUTPUT_PATHS; i++) {
		char *path = output_path(i);

		if (!path)
			continue;
		outbox_text(outbox, CHANNEL_COLLECT, path);
		if (!output_is_folder(i))
			*strrchr(path, '/') = '\0';
		if (*path)
			outbox_text(outbox, CHANNEL_FOLDER, path);
		free(path);
	}
}

void write_libraries(struct outbox *outbox, const struct test_description *test)
{
	for (size_t i = 0; i < test->library_count; i++) {
		char *path = runfile(test, test->libraries[i]);
		const char *name = strchr(test->libraries[i], '/');

		if (!name)
			die("library %s is in no repository; build the test anew", path);
		outbox_tree(outbox, path, name);
		free(path);
	}
}

void write_modules(struct outbox *outbox, const struct test_description *test,
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
		outbox_tree(outbox, path, place);
		outbox_text(outbox, CHANNEL_MODULE, name);
		free(place);
		free(name);
		free(path);
	}
}

/* Under the paths that they have on the host. */
static void write_runfile(struct outbox *outbox, const struct test_description *test,
			  const char *name)
{
	char *path = runfile(test, name);

	outbox_tree(outbox, path, path);
	free(path);
}

static void write_program(struct outbox *outbox, const struct test_description *test,
			  char **arguments)
{
	char **command = make_command(test, arguments);
	char here[4096], *corpus;

	if (!getcwd(here, sizeof(here)))
		die("cannot tell the current folder: %s", strerror(errno));
	outbox_text(outbox, CHANNEL_FOLDER, here);
	outbox_text(outbox, CHANNEL_DIRECTORY, here);
	for (; *command; command++)
		outbox_text(outbox, CHANNEL_ARGUMENT, *command);
	write_runfile(outbox, test, test->controller);
	if (test->supervisor)
		write_runfile(outbox, test, test->supervisor);
	for (size_t i = 0; i < test->data_count; i++)
		write_runfile(outbox, test, test->data[i]);
	corpus = kept_corpus();
	if (corpus)
		outbox_tree(outbox, corpus, corpus);
	free(corpus);
	if (test->shell) {
		char *path = runfile(test, test->shell);

		outbox_tree(outbox, path, BUSYBOX_IN_MACHINE);
		free(path);
	}
}

void write_job(struct outbox *outbox, const struct test_description *test,
	       const struct machine_description *machine, char **arguments)
{
	const struct channel_connect connect = {.connection = CHANNEL_PLAIN};

	write_environment(outbox);
	write_places(outbox);
	write_modules(outbox, test, machine);
	write_libraries(outbox, test);
	write_program(outbox, test, arguments);
	outbox_put(outbox, CHANNEL_CONNECT, &connect, sizeof(connect));
}
