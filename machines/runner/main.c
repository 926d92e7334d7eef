/* SPDX-License-Identifier: MIT */
/*
 * The program behind every kvm_test and kvm_program_test: decides where it runs, on
 * this machine or on an emulated one, and runs it there.
 *
 * What to run, what it requires and which machine there is, the build has
 * written beside the program (description.h). Arguments are the test's own.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "machines/capabilities/capabilities.h"
#include "machines/runner/command.h"
#include "machines/runner/description.h"
#include "machines/runner/emulated.h"
#include "machines/runner/expected_failure.h"
#include "machines/runner/fixes.h"
#include "machines/runner/fuzz.h"
#include "machines/runner/message.h"
#include "machines/runner/result_file.h"
#include "report/properties.h"

/* For the properties in test.xml. */
static void tell_machine(const char *name, const char *modules)
{
	if (setenv(PROPERTY_MACHINE_VARIABLE, name, 1) ||
	    setenv(PROPERTY_MODULES_VARIABLE, modules, 1))
		die("out of memory");
}

/* Where a test isn't known to fail, a failure is news: it says what this KVM is open to. */
static void tell_fixes(const struct test_description *test)
{
	char *fixes = name_fixes(test);

	if (fixes)
		say("a KVM that fails this test lacks %s", fixes);
	free(fixes);
}

static int run_on_host(const struct test_description *test, char **arguments)
{
	char **command = make_command(test, arguments);

	tell_fixes(test);
	/* Nothing of the runner is left: the controller is the test's process. */
	execv(command[0], command);
	die("cannot run %s: %s", command[0], strerror(errno));
}

/* Modules that take the place of the machine's are somebody's own: of these, nothing is known. */
static int run_expecting(const struct test_description *test,
			 const struct machine_description *machine, char **arguments)
{
	char *lacks = test->module_count ? NULL : name_lacking(test, machine);
	const char *report;
	int status;

	if (!lacks) {
		tell_fixes(test);
		return run_emulated(test, machine, arguments);
	}
	say("this kernel lacks %s: the test has to fail", lacks);
	report = expect_failure();
	status = run_emulated(test, machine, arguments);
	status = judge_expected_failure(status, report, lacks);
	free(lacks);
	return status;
}

static int run_on_machine(const struct test_description *test, const char *why, char **arguments)
{
	struct machine_description machine;
	capability_set missing;
	char list[CAPABILITY_LIST_SIZE];

	if (!test->emulated)
		die("%s, which the build does not know; build the test anew", why);
	read_machine_description(test, &machine);
	tell_machine(machine.name, test->module_count ? MODULES_OTHER : machine.modules);
	missing = test->required & ~machine.provides;
	if (missing) {
		say("%s; machine %s offers no %s: skipped", why, machine.name,
		    capability_list(missing, list));
		return skip_test(list, &machine);
	}
	say("%s; running on machine %s, Linux %s", why, machine.name, machine.kernel);
	return run_expecting(test, &machine, arguments);
}

/* With a forced host, what is missing is said and not worked around. */
static int host_lacks(const struct probe *probe, capability_set missing)
{
	char list[CAPABILITY_LIST_SIZE];

	if (*probe->problem)
		die("host: %s; make /dev/kvm usable, or run the test on an emulated machine "
		    "(without --config=host)",
		    probe->problem);
	say("host: no %s; skipped (without --config=host it would run on an emulated machine)",
	    capability_list(missing, list));
	return skip_test(list, NULL);
}

int main(int argc, char **argv)
{
	struct test_description test;
	struct utsname system;
	struct probe probe;
	capability_set missing;
	char list[CAPABILITY_LIST_SIZE], *why;

	if (!argc)
		return STATUS_MACHINE_FAILED;
	read_test_description(argv[0], &test);
	tell_machine("host", MODULES_HOST);
	prepare_fuzzing();
	if (strcmp(test.machine, "auto") && strcmp(test.machine, "host")) {
		why = format_text("machine %s is asked for", test.machine);
		return run_on_machine(&test, why, argv);
	}

	/* This machine keeps its own. */
	if (test.module_count && strcmp(test.machine, "host")) {
		if (!test.emulated) {
			say("modules of KVM are given, and no emulated machine offers all that "
			    "this test requires: skipped");
			capability_list(test.required, list);
			return skip_test(list, NULL);
		}
		return run_on_machine(&test, "modules of KVM are given", argv);
	}
	if (test.module_count)
		die("modules of KVM are given, and the host is asked for, which keeps its own; "
		    "leave one of both out");

	probe_kvm(test.required, &probe);
	missing = test.required & ~probe.provides;
	if (!missing) {
		uname(&system);
		say("running on the host, Linux %s", system.release);
		return run_on_host(&test, argv);
	}
	if (!strcmp(test.machine, "host"))
		return host_lacks(&probe, missing);
	capability_list(missing, list);
	if (*probe.problem)
		why = format_text("host: %s", probe.problem);
	else
		why = format_text("host: no %s", list);
	if (!test.emulated) {
		say("%s; no emulated machine offers all that this test requires: skipped", why);
		return skip_test(list, NULL);
	}
	return run_on_machine(&test, why, argv);
}
