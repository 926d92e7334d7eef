/* SPDX-License-Identifier: MIT */
/* A skip, in Bazel's test.xml; see skip.h. */
#include "machines/runner/skip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machines/runner/message.h"

int skip_test(const char *missing)
{
	const char *path = getenv("XML_OUTPUT_FILE");
	const char *target = getenv("TEST_TARGET");
	FILE *file;

	if (!path)
		return 0;
	if (!target)
		target = "test";
	file = fopen(path, "we");
	if (!file)
		die("cannot create %s: %s", path, strerror(errno));
	/* Labels hold no character that XML would take amiss, nor does our own text. */
	fprintf(file,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\">\n"
		"<testsuite name=\"%s\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\">\n"
		"<testcase name=\"%s\" status=\"notrun\" result=\"skipped\">\n"
		"<skipped message=\"the machine offers no %s\"/>\n"
		"</testcase>\n</testsuite>\n</testsuites>\n",
		target, target, missing);
	if (ferror(file) | fclose(file))
		die("cannot write %s: %s", path, strerror(errno));
	return 0;
}
