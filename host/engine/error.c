// SPDX-License-Identifier: MIT
#include "host/engine/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool engine_fail(struct engine_error *error, const char *fmt, ...)
{
	va_list args;

	error->err = 0;
	va_start(args, fmt);
	vsnprintf(error->text, sizeof(error->text), fmt, args);
	va_end(args);
	return false;
}

bool engine_fail_errno(struct engine_error *error, const char *fmt, ...)
{
	const char *name = strerrorname_np(errno), *desc = strerrordesc_np(errno);
	va_list args;
	size_t len;

	error->err = errno;
	va_start(args, fmt);
	vsnprintf(error->text, sizeof(error->text), fmt, args);
	va_end(args);
	len = strlen(error->text);
	snprintf(error->text + len, sizeof(error->text) - len, ": %s (%s)", name ? name : "?",
		 desc ? desc : "unknown error");
	return false;
}
