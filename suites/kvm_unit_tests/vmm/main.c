/* SPDX-License-Identifier: MIT */
/*
 * Runs an x86 image of kvm-unit-tests on Ringside's engine.
 *
 * usage: vmm --image=FILE [--append=TEXT] [--cpu=MODEL] [--cpus=COUNT] [--memory=MIB]
 *            [--timeout=SECONDS] [--cpu-pm] [--check=FILE=VALUE]... [--device=NAME]...
 *            [--env=NAME=VALUE]...
 *
 * Exit status 0: the image says that it has passed; 4: skipped; 1: anything else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suites/kvm_unit_tests/vmm/devices.h"
#include "suites/kvm_unit_tests/vmm/machine.h"
#include "suites/kvm_unit_tests/vmm/verdict.h"

/* What the list of tests wants to read in files of the host, a parameter of KVM's mostly. */
static void check_files(const struct options *options)
{
	for (size_t i = 0; i < options->checks.count; i++) {
		const char *check = options->checks.values[i], *wanted = strchr(check, '=') + 1;
		char *path = format_text("%.*s", (int)(wanted - 1 - check), check);
		char value[256] = "";
		FILE *file = fopen(path, "re");

		if (!file)
			skip("the test wants %s to say '%s', and there is no such file", path,
			     wanted);
		if (!fgets(value, sizeof(value), file))
			value[0] = '\0';
		fclose(file);
		value[strcspn(value, "\n")] = '\0';
		if (strcmp(value, wanted))
			skip("the test wants %s to say '%s', and it says '%s'", path, wanted,
			     value);
		free(path);
	}
}

int main(int argc, char **argv)
{
	struct options options;
	struct machine machine = {.options = &options};
	char *problem;

	if (!argc)
		return STATUS_FAILED;
	problem = read_options(argv + 1, &options);
	if (problem)
		give_up("%s", problem);
	check_files(&options);
	check_devices(&options);
	problem = read_image(options.image, options.memory, &machine.image);
	if (problem)
		give_up("%s", problem);
	make_machine(&machine);
	run_machine(&machine);
}
