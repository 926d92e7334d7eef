/* SPDX-License-Identifier: MIT */
/* Reading the two descriptions; see description.h. */
#include "machines/runner/description.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machines/runner/message.h"

static char *copy(const char *text)
{
	char *result = strdup(text);

	if (!result)
		die("out of memory");
	return result;
}

/* Where Bazel, or whoever started us, put the files. */
static char *find_runfiles(const char *program)
{
	static const char *const names[] = {"RUNFILES_DIR", "TEST_SRCDIR"};
	char here[4096];
	char *path;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value == '/' && !access(value, X_OK))
			return copy(value);
	}
	if (!getcwd(here, sizeof(here)))
		die("cannot tell the current folder: %s", strerror(errno));
	path = *program == '/' ? format_text("%s.runfiles", program)
			       : format_text("%s/%s.runfiles", here, program);
	if (access(path, X_OK))
		die("no runfiles folder %s (%s); start the test with 'bazel test' or 'bazel run'",
		    path, strerror(errno));
	return path;
}

char *runfile(const struct test_description *test, const char *path)
{
	if (*path == '/')
		return format_text("%s", path);
	return format_text("%s/%s", test->runfiles, path);
}

/* Calls @take for each line's key and value. */
static void read_lines(const char *path, void (*take)(void *, const char *, const char *),
		       void *context)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (!file)
		die("cannot open %s: %s; build the test anew with Bazel", path, strerror(errno));
	while (getline(&line, &size, file) > 0) {
		char *value;

		line[strcspn(line, "\n")] = '\0';
		value = strchr(line, ' ');
		if (!value)
			die("%s: no value in line '%s'", path, line);
		*value++ = '\0';
		take(context, line, value);
	}
	free(line);
	fclose(file);
}

static capability_set capability(const char *name)
{
	capability_set bit = capability_parse(name);

	if (!bit)
		die("unknown capability '%s' in a description; build the test anew", name);
	return bit;
}

static void append(char ***list, size_t *count, const char *value)
{
	*list = realloc(*list, (*count + 1) * sizeof(**list));
	if (!*list)
		die("out of memory");
	(*list)[(*count)++] = copy(value);
}

static void take_test_line(void *context, const char *key, const char *value)
{
	struct test_description *test = context;

	if (!strcmp(key, "controller")) {
		test->controller = copy(value);
	} else if (!strcmp(key, "machine")) {
		test->machine = copy(value);
	} else if (!strcmp(key, "emulated")) {
		test->emulated = copy(value);
	} else if (!strcmp(key, "requires")) {
		test->required |= capability(value);
	} else if (!strcmp(key, "fixed_by")) {
		append(&test->fixes, &test->fix_count, value);
	} else if (!strcmp(key, "data")) {
		append(&test->data, &test->data_count, value);
	} else if (!strcmp(key, "module")) {
		append(&test->modules, &test->module_count, value);
	} else if (!strcmp(key, "library")) {
		append(&test->libraries, &test->library_count, value);
	} else if (!strcmp(key, "argument")) {
		append(&test->arguments, &test->argument_count, value);
	} else if (!strcmp(key, "supervisor")) {
		test->supervisor = copy(value);
	} else if (!strcmp(key, "option")) {
		append(&test->options, &test->option_count, value);
	} else if (!strcmp(key, "shell")) {
		test->shell = copy(value);
	} else {
		die("unknown key '%s' in a test's description; build the test anew", key);
	}
}

void read_test_description(const char *program, struct test_description *test)
{
	char *path = format_text("%s.test", program);

	*test = (struct test_description){.required = CAPABILITY_KVM};
	read_lines(path, take_test_line, test);
	if (!test->controller || !test->machine)
		die("%s names no controller or no machine; build the test anew", path);
	test->runfiles = find_runfiles(program);
	free(path);
}

static unsigned int number(const char *key, const char *value)
{
	char *end;
	unsigned long result = strtoul(value, &end, 10);

	if (!*value || *end || !result || result > 1u << 20)
		die("'%s %s' in a machine's description is out of range", key, value);
	return (unsigned int)result;
}

static void take_machine_line(void *context, const char *key, const char *value)
{
	struct machine_description *machine = context;

	if (!strcmp(key, "name"))
		machine->name = copy(value);
	else if (!strcmp(key, "emulator"))
		machine->emulator = copy(value);
	else if (!strcmp(key, "root"))
		machine->root = copy(value);
	else if (!strcmp(key, "snapshot"))
		machine->snapshot = copy(value);
	else if (!strcmp(key, "cpu"))
		machine->cpu = copy(value);
	else if (!strcmp(key, "cpus"))
		machine->cpus = number(key, value);
	else if (!strcmp(key, "memory"))
		machine->memory_mb = number(key, value);
	else if (!strcmp(key, "provides"))
		machine->provides |= capability(value);
	else if (!strcmp(key, "modules"))
		machine->modules = copy(value);
	else if (!strcmp(key, "lacks"))
		append(&machine->lacks, &machine->lack_count, value);
	else
		die("unknown key '%s' in a machine's description; build the test anew", key);
}

static void read_release(struct machine_description *machine)
{
	char line[128] = "";
	char *path = format_text("%s/release", machine->snapshot);
	FILE *file = fopen(path, "re");

	if (!file || !fgets(line, sizeof(line), file))
		die("machine %s: cannot read %s: %s; the snapshot is damaged, remove it and build anew",
		    machine->name, path, file ? "it is empty" : strerror(errno));
	line[strcspn(line, "\n")] = '\0';
	machine->kernel = copy(line);
	fclose(file);
	free(path);
}

static void make_absolute(const struct test_description *test, char **path)
{
	char *absolute = runfile(test, *path);

	free(*path);
	*path = absolute;
}

void read_machine_description(const struct test_description *test,
			      struct machine_description *machine)
{
	char *path = runfile(test, test->emulated);

	*machine = (struct machine_description){.provides = CAPABILITY_KVM};
	read_lines(path, take_machine_line, machine);
	if (!machine->name || !machine->emulator || !machine->root || !machine->snapshot ||
	    !machine->modules)
		die("%s is incomplete; build the test anew", path);
	free(path);
	make_absolute(test, &machine->root);
	make_absolute(test, &machine->snapshot);
	read_release(machine);
}
