// SPDX-License-Identifier: MIT
/* Names that guest_payload.c has, too. */
#include <stdint.h>

__attribute__((used, retain)) static volatile uint32_t global_here = 2;
__attribute__((used, retain)) volatile uint32_t global_there = 2;
__attribute__((used, retain)) static volatile uint32_t static_everywhere = 2;
