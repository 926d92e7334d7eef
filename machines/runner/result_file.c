/* SPDX-License-Identifier: MIT */
/* See result_file.h. */
#include "machines/runner/result_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machines/runner/message.h"
#include "report/properties.h"
#include "report/xml.h"

static const char head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
static const char end[] = "</testsuites>";

static const char *path_of_file(void)
{
	const char *path = getenv("XML_OUTPUT_FILE");

	return path && *path ? path : NULL;
}

static const char *target(void)
{
	const char *label = getenv("TEST_TARGET");

	return label ? label : "test";
}

static FILE *create(const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file)
		die("cannot create %s: %s", path, strerror(errno));
	return file;
}

static void finish(FILE *file, const char *path)
{
	fprintf(file, "</testsuite>\n%s\n", end);
	if (ferror(file) | fclose(file))
		die("cannot write %s: %s", path, strerror(errno));
}

static void begin_suite(FILE *file, const char *name, bool failed)
{
	fputs("<testsuite", file);
	xml_put_attribute(file, "name", name);
	fprintf(file, " tests=\"1\" failures=\"%d\" errors=\"0\" skipped=\"%d\">\n", failed,
		!failed);
}

/* From outside, no more is known of a machine than this. */
static void put_machine(FILE *file, const struct machine_description *machine)
{
	fputs("<properties>\n", file);
	property_put(file, "machine", machine->name);
	property_put(file, "kernel", machine->kernel);
	property_put(file, "kvm_modules", getenv(PROPERTY_MODULES_VARIABLE));
	fputs("</properties>\n", file);
}

int skip_test(const char *missing, const struct machine_description *machine)
{
	const char *path = path_of_file();
	FILE *file;

	if (!path)
		return 0;
	file = create(path);
	fprintf(file, "%s<testsuites tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\">\n",
		head);
	begin_suite(file, target(), false);
	if (machine)
		put_machine(file, machine);
	else
		property_put_all(file);
	fputs("<testcase", file);
	xml_put_attribute(file, "name", target());
	/* Our own text holds nothing that XML would take amiss. */
	fprintf(file,
		" status=\"notrun\" result=\"skipped\">\n"
		"<skipped message=\"the machine offers no %s\"/>\n</testcase>\n",
		missing);
	finish(file, path);
	return 0;
}

/* The report that there is, if it is a whole one, up to its end. */
static char *read_report(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL, *last = NULL;
	size_t size = 0;

	if (file && getdelim(&text, &size, '\0', file) >= 0)
		for (char *next = text; (next = strstr(next, end)); next++)
			last = next;
	if (file)
		fclose(file);
	if (last)
		*last = '\0';
	else
		free(text);
	return last ? text : NULL;
}

/* All but the counts of the whole, which are wrong now. */
static void put_report(FILE *file, const char *text)
{
	size_t size;

	for (; *text; text += size) {
		size = xml_part_size(text);
		if (xml_is_tag(text, "testsuites"))
			fputs("<testsuites>", file);
		else
			fwrite(text, 1, size, file);
	}
}

void add_failure(const struct machine_description *machine, const char *message)
{
	const char *path = path_of_file();
	char *text, *name;
	FILE *file;

	if (!path)
		return;
	text = read_report(path);
	name = format_text("machine %s", machine->name);
	file = create(path);
	if (text)
		put_report(file, text);
	else
		fprintf(file, "%s<testsuites>\n", head);
	begin_suite(file, name, true);
	put_machine(file, machine);
	fputs("<testcase", file);
	xml_put_attribute(file, "name", name);
	xml_put_attribute(file, "classname", target());
	fputs(" status=\"run\" result=\"completed\">\n<failure", file);
	xml_put_attribute(file, "message", message);
	fputs("/>\n</testcase>\n", file);
	finish(file, path);
	free(name);
	free(text);
}
