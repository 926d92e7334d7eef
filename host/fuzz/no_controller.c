/* SPDX-License-Identifier: MIT */
/* The controller of a fuzz test whose machine has all defaults. */
#include "ringside/fuzz.h"
