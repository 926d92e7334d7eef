/* SPDX-License-Identifier: MIT */
/* Looks whether a matrix runs it where, and as, it is to be run. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static int failures;

static void expect(bool is_true, const char *what)
{
	printf("%s: %s\n", is_true ? "true" : "FALSE", what);
	failures += !is_true;
}

int main(int argc, char **argv)
{
	const char *target = getenv("TEST_TARGET"), *word = getenv("CELL_WORD");
	struct utsname system;

	expect(argc == 4, "there are three arguments");
	if (argc == 4) {
		expect(!strcmp(argv[1], "one"), "the first is one word");
		expect(!strcmp(argv[2], "two words"), "the second is two");
		expect(!access(argv[3], R_OK), "the third is a file that can be read");
	}
	expect(word && !strcmp(word, "a word"), "the environment is the test's");
	expect(target && !uname(&system), "there is a target");
	if (failures)
		return 1;
	/* Machines have it: docs/machines.md. */
	if (strstr(target, "/host/"))
		expect(!getenv("RINGSIDE_RELOAD_MODULES"), "this is the host");
	else if (strstr(target, "/amd/"))
		expect(getenv("RINGSIDE_RELOAD_MODULES"), "this is an emulated machine");
	if (strstr(target, "/amd/linux/"))
		expect(strstr(system.release, "-cloud-amd64"), "this is the cloud kernel");
	if (strstr(target, "/amd/linux_generic/"))
		expect(!strstr(system.release, "cloud"), "this is the generic kernel");
	return failures ? 1 : 0;
}
