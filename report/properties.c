/* SPDX-License-Identifier: MIT */
/* See properties.h. */
#include "report/properties.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "report/xml.h"

typedef void (*take_function)(void *context, const char *name, const char *value);

static const char *const modules[] = {"kvm", "kvm_amd", "kvm_intel"};

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void take_parameter(const char *module, const char *name, take_function take, void *context)
{
	char path[512], label[320], value[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, name);
	/* Some are for root alone, or can't be read at all. */
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(value, sizeof(value), file)) {
		value[strcspn(value, "\n")] = '\0';
		snprintf(label, sizeof(label), "%s.%s", module, name);
		take(context, label, value);
	}
	fclose(file);
}

static void take_module(const char *module, take_function take, void *context)
{
	struct dirent **names = NULL;
	char path[64];
	int count;

	snprintf(path, sizeof(path), "/sys/module/%s/parameters", module);
	count = scandir(path, &names, is_visible, alphasort);
	for (int i = 0; i < count; i++) {
		take_parameter(module, names[i]->d_name, take, context);
		free(names[i]);
	}
	free(names);
}

void property_each(take_function take, void *context)
{
	const char *machine = getenv(PROPERTY_MACHINE_VARIABLE);
	const char *origin = getenv(PROPERTY_MODULES_VARIABLE);
	struct utsname system;

	uname(&system);
	take(context, "machine", machine ? machine : "host");
	take(context, "kernel", system.release);
	take(context, "kvm_modules", origin ? origin : MODULES_HOST);
	for (size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++)
		take_module(modules[i], take, context);
}

void property_put(FILE *file, const char *name, const char *value)
{
	fputs("<property", file);
	xml_put_attribute(file, "name", name);
	xml_put_attribute(file, "value", value);
	fputs("/>\n", file);
}

static void put_one(void *context, const char *name, const char *value)
{
	property_put(context, name, value);
}

void property_put_all(FILE *file)
{
	fputs("<properties>\n", file);
	property_each(put_one, file);
	fputs("</properties>\n", file);
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

int property_add(const char *path)
{
	struct stat status;
	size_t size;
	FILE *file;
	char *text;
	int error;

	if (stat(path, &status) || !S_ISREG(status.st_mode))
		return 0;
	text = read_file(path);
	if (!text)
		return 0;
	file = fopen(path, "we");
	for (const char *part = text; file && *part; part += size) {
		size = xml_part_size(part);
		fwrite(part, 1, size, file);
		if (xml_is_tag(part, "testsuite") && !xml_is_empty(part, size)) {
			fputc('\n', file);
			property_put_all(file);
		}
	}
	error = !file || ferror(file);
	if (file && fclose(file))
		error = 1;
	free(text);
	return error ? -1 : 0;
}
