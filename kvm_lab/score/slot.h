/* SPDX-License-Identifier: MIT */
/* One of several places where a test runs at a time. */
#ifndef RINGSIDE_KVM_LAB_SCORE_SLOT_H
#define RINGSIDE_KVM_LAB_SCORE_SLOT_H

#include <sys/types.h>

#include "kvm_lab/score/score.h"

/* Why a test runs. */
enum step {
	STEP_FAULT, /* on the fault */
	STEP_UNEDITED, /* on KVM as it is: it failed on the fault */
	STEP_AGAIN, /* on the fault, because it ran out of time there */
};

struct slot {
	char *folder;
	pid_t pid; /* 0: nothing runs */
	size_t fault, test, machine;
	enum step step;
	struct verdict verdict; /* of the fault */
	double began, seconds; /* when the step began; what the first one took */
};

/**
 * slot_start() - begin the slot's step
 * @score: all
 * @slot: with fault, test, machine and step
 * @runfiles: folder of the runfiles
 */
void slot_start(const struct score *score, struct slot *slot, const char *runfiles);

/** slot_finish() - judge a step that ended with waitpid()'s @status */
struct verdict slot_finish(const struct slot *slot, int status);

/** slot_log() - the path of what the test printed; the caller frees it */
char *slot_log(const struct slot *slot);

#endif /* RINGSIDE_KVM_LAB_SCORE_SLOT_H */
