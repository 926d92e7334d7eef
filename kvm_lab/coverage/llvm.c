/* SPDX-License-Identifier: MIT */
/* See llvm.h. */
#include "kvm_lab/coverage/llvm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machines/runner/message.h"

/* Runs a program, its stdout to @output if that is given; ends ours if it fails. */
static void run(struct arguments *arguments, const char *output)
{
	const char *program = arguments->list[0];
	const pid_t pid = fork();
	int status;

	if (pid < 0)
		die("cannot fork: %s", strerror(errno));
	if (!pid) {
		const int fd = output ? open(output, O_WRONLY | O_CREAT | O_TRUNC, 0644) : -1;

		if (output && (fd < 0 || dup2(fd, STDOUT_FILENO) < 0))
			die("cannot write %s: %s", output, strerror(errno));
		execv(program, arguments->list);
		die("cannot run %s: %s", program, strerror(errno));
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("cannot wait for %s: %s", program, strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		die("%s %s failed; what it says stands above", program, arguments->list[1]);
	free_arguments(arguments);
}

static void merge(const struct llvm *llvm, const struct words *profiles, const char *profile)
{
	struct arguments arguments = {0};

	add_argument(&arguments, "%s", llvm->profdata);
	add_argument(&arguments, "merge");
	add_argument(&arguments, "-o");
	add_argument(&arguments, "%s", profile);
	for (size_t i = 0; i < profiles->count; i++)
		add_argument(&arguments, "%s", profiles->list[i]);
	run(&arguments, NULL);
}

static void add_cov(struct arguments *arguments, const struct llvm *llvm, const char *command,
		    const struct modules *modules, const char *profile)
{
	add_argument(arguments, "%s", llvm->cov);
	add_argument(arguments, "%s", command);
	add_argument(arguments, "-instr-profile=%s", profile);
	add_argument(arguments, "-compilation-dir=%s", llvm->source);
	/* Of the kernel's own headers only macros are seen, and their text is not here. */
	add_argument(arguments, "-ignore-filename-regex=/external/.*/external/");
	for (size_t i = 0; i < modules->count; i++) {
		if (i)
			add_argument(arguments, "-object");
		add_argument(arguments, "%s", modules->profiles[i].path);
	}
}

void llvm_export(const struct llvm *llvm, const struct words *profiles,
		 const struct modules *modules, const char *profile, const char *lcov)
{
	struct arguments arguments = {0};

	merge(llvm, profiles, profile);
	add_cov(&arguments, llvm, "export", modules, profile);
	add_argument(&arguments, "-format=lcov");
	run(&arguments, lcov);
}

void llvm_report(const struct llvm *llvm, struct suite *suite, const struct modules *modules,
		 const char *work)
{
	char *profile = format_text("%s/%s.profdata", work, strrchr(suite->folder, '/') + 1);
	char *lcov = format_text("%s/coverage.lcov", suite->folder);
	struct arguments arguments = {0};

	llvm_export(llvm, &suite->profiles, modules, profile, lcov);
	add_cov(&arguments, llvm, "show", modules, profile);
	add_argument(&arguments, "-format=html");
	add_argument(&arguments, "-show-branches=count");
	add_argument(&arguments, "-show-expansions=false");
	add_argument(&arguments, "-show-instantiations=false");
	add_argument(&arguments, "-project-title=KVM, as reached by %s", suite->name);
	add_argument(&arguments, "-output-dir=%s", suite->folder);
	run(&arguments, NULL);
	if (!lcov_read(&suite->coverage, lcov, llvm->source))
		die("cannot read %s: %s", lcov, strerror(errno));
	free(lcov);
	free(profile);
}
