/* SPDX-License-Identifier: MIT */
/* Errors of the engine: values on their way up to whoever can tell the user. */
#ifndef RINGSIDE_HOST_ENGINE_ERROR_H
#define RINGSIDE_HOST_ENGINE_ERROR_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct engine_error {
	int err; /* errno of the call that failed; 0 if no call did */
	char text[512]; /* which call, which argument, what errno means, what to do */
};

/* Writes the text, with err 0; returns false, for the caller to return in turn. */
bool engine_fail(struct engine_error *error, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The same with errno, its name and its meaning added. */
bool engine_fail_errno(struct engine_error *error, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_HOST_ENGINE_ERROR_H */
