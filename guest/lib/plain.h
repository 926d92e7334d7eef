/* SPDX-License-Identifier: MIT */
#ifndef RINGSIDE_GUEST_LIB_PLAIN_H
#define RINGSIDE_GUEST_LIB_PLAIN_H

#include <stddef.h>

/**
 * Copies text up to its end or its first '%', what of it there is room for, in
 * few instructions. Returns the length of that, even if there was less room.
 */
size_t copy_plain(char *dest, size_t room, const char *text);

#endif /* RINGSIDE_GUEST_LIB_PLAIN_H */
