/* SPDX-License-Identifier: MIT */
/* What a program's output and its end mean together. */
#ifndef RINGSIDE_MACHINES_SUPERVISOR_VERDICT_H
#define RINGSIDE_MACHINES_SUPERVISOR_VERDICT_H

#include "machines/supervisor/tap.h"

/* kselftest's exit status of a test that can't do its work here. */
#define STATUS_SKIP 4

struct verdict {
	enum tap_outcome outcome;
	char *reason; /* why it was skipped or failed; NULL for a pass */
};

/**
 * judge() - come to a verdict
 * @tap: after tap_end()
 * @wait_status: how the program ended
 * @known_failure: why it is known to fail, or NULL; it is skipped then when it
 *                 does, and fails when it passes
 *
 * Return: the verdict; the caller frees its reason.
 */
struct verdict judge(const struct tap *tap, int wait_status, const char *known_failure);

#endif /* RINGSIDE_MACHINES_SUPERVISOR_VERDICT_H */
