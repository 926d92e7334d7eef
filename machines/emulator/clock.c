/* SPDX-License-Identifier: MIT */
/* See clock.h. */
#include "machines/emulator/clock.h"

#include <time.h>

int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}
