/* SPDX-License-Identifier: MIT */
/* The environment variables that name a test's outputs. */
#include "machines/runner/output_paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machines/runner/message.h"

static const struct {
	const char *variable;
	bool is_folder;
} outputs[OUTPUT_PATHS] = {
	{"XML_OUTPUT_FILE", false},
	{"TEST_UNDECLARED_OUTPUTS_DIR", true},
	{"TEST_UNDECLARED_OUTPUTS_ANNOTATIONS_DIR", true},
	{"TEST_SHARD_STATUS_FILE", false},
	{"TEST_PREMATURE_EXIT_FILE", false},
	{"TEST_WARNINGS_OUTPUT_FILE", false},
	{"TEST_INFRASTRUCTURE_FAILURE_FILE", false},
	{"COVERAGE_DIR", true},
};

char *output_path(size_t i)
{
	const char *value = getenv(outputs[i].variable);
	char here[4096];

	if (!value || !*value)
		return NULL;
	if (*value == '/')
		return format_text("%s", value);
	if (!getcwd(here, sizeof(here)))
		die("cannot tell the current folder: %s", strerror(errno));
	return format_text("%s/%s", here, value);
}

bool output_is_folder(size_t i)
{
	return outputs[i].is_folder;
}
