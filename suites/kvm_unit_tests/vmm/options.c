/* SPDX-License-Identifier: MIT */
/* See options.h. */
#include "suites/kvm_unit_tests/vmm/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kvm_abi.h"
#include "suites/kvm_unit_tests/vmm/verdict.h"

/* QEMU's machine has as much, and the images count on that. */
#define DEFAULT_MEMORY_MB 128
#define LARGEST_MEMORY_MB (64 << 10)
#define SMALLEST_MEMORY_MB 16

#define DEFAULT_TIMEOUT_S 90

/* Behind @option in @argument, or NULL if that is another option. */
static const char *behind(const char *argument, const char *option)
{
	size_t size = strlen(option);

	return strncmp(argument, option, size) ? NULL : argument + size;
}

static bool number(const char *text, uint64_t smallest, uint64_t largest, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *value >= smallest &&
	       *value <= largest;
}

static char *append(struct option_list *list, const char *argument, const char *value)
{
	if (list->count == OPTION_LIST_MAX)
		return format_text("'%s' is one more than %d of its kind", argument,
				   OPTION_LIST_MAX);
	list->values[list->count++] = value;
	return NULL;
}

static char *read_number(const char *argument, const char *text, uint64_t smallest,
			 uint64_t largest, uint64_t *value)
{
	if (number(text, smallest, largest, value))
		return NULL;
	return format_text("'%s': a whole number from %llu to %llu is wanted", argument,
			   (unsigned long long)smallest, (unsigned long long)largest);
}

static char *read_option(const char *argument, struct options *options)
{
	const char *value;
	char *problem;
	uint64_t parsed;

	if ((value = behind(argument, "--image="))) {
		options->image = value;
	} else if ((value = behind(argument, "--append="))) {
		options->append = value;
	} else if ((value = behind(argument, "--cpu="))) {
		options->cpu = value;
	} else if ((value = behind(argument, "--cpus="))) {
		problem = read_number(argument, value, 1, KVM_MAX_CPUS, &parsed);
		options->cpus = (unsigned int)parsed;
		return problem;
	} else if ((value = behind(argument, "--memory="))) {
		problem = read_number(argument, value, SMALLEST_MEMORY_MB, LARGEST_MEMORY_MB,
				      &parsed);
		options->memory = parsed << 20;
		return problem;
	} else if ((value = behind(argument, "--timeout="))) {
		problem = read_number(argument, value, 1, 86400, &parsed);
		options->timeout = (double)parsed;
		return problem;
	} else if (!strcmp(argument, "--cpu-pm")) {
		options->cpu_pm = true;
	} else if ((value = behind(argument, "--check="))) {
		if (*value != '/' || !strchr(value, '='))
			return format_text("'%s': FILE=VALUE is wanted", argument);
		return append(&options->checks, argument, value);
	} else if ((value = behind(argument, "--device="))) {
		return append(&options->devices, argument, value);
	} else if ((value = behind(argument, "--env="))) {
		if (!strchr(value, '=') || *value == '=')
			return format_text("'%s': NAME=VALUE is wanted", argument);
		return append(&options->environment, argument, value);
	} else {
		return format_text("unknown option '%s'", argument);
	}
	return NULL;
}

char *read_options(char **arguments, struct options *options)
{
	char *problem = NULL;

	*options = (struct options){
		.append = "",
		.cpu = "max",
		.cpus = 1,
		.memory = (uint64_t)DEFAULT_MEMORY_MB << 20,
		.timeout = DEFAULT_TIMEOUT_S,
	};
	for (; *arguments && !problem; arguments++)
		problem = read_option(*arguments, options);
	if (!problem && !options->image)
		problem = format_text("there is no --image=FILE, the image to boot");
	return problem;
}
