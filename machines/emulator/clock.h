/* SPDX-License-Identifier: MIT */
/* The time that deadlines are made of. */
#ifndef RINGSIDE_MACHINES_EMULATOR_CLOCK_H
#define RINGSIDE_MACHINES_EMULATOR_CLOCK_H

#include <stdint.h>

/** now_ms() - CLOCK_MONOTONIC, in milliseconds */
int64_t now_ms(void);

#endif /* RINGSIDE_MACHINES_EMULATOR_CLOCK_H */
