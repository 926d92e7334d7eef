/* SPDX-License-Identifier: MIT */
/* Constants held against what a manual prints: as a value, or as a bit's number. */
#ifndef RINGSIDE_GUEST_TESTS_API_ASSERT_CONSTANTS_H
#define RINGSIDE_GUEST_TESTS_API_ASSERT_CONSTANTS_H

#define IS(name, value) _Static_assert((uint64_t)(name) == (value), #name)
#define BIT(name, nr) _Static_assert((uint64_t)(uint32_t)(name) == 1ull << (nr), #name)

#endif /* RINGSIDE_GUEST_TESTS_API_ASSERT_CONSTANTS_H */
