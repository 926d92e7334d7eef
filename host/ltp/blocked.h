/* SPDX-License-Identifier: MIT */
/* Which threads are in a call that may wait for ever, for the report of a timeout. */
#ifndef RINGSIDE_HOST_LTP_BLOCKED_H
#define RINGSIDE_HOST_LTP_BLOCKED_H

#include <stddef.h>

struct tst_blocked {
	struct tst_blocked *next;
	const char *call, *file;
	int line;
};

/* Puts a call of the test's, at a place in its source, on the list; takes it off again. */
void tst_blocked_begin(struct tst_blocked *blocked);
void tst_blocked_end(struct tst_blocked *blocked);

/* The same for the scope in which it stands, however that is left. */
#define TST_BLOCKED_IN(call, file, line)                                          \
	__attribute__((cleanup(tst_blocked_end))) struct tst_blocked blocked_ = { \
		NULL, (call), (file), (line)}; /* NOLINT */                       \
	tst_blocked_begin(&blocked_)

/* "; waiting: read() at test.c:12", all of them; empty if there are none. */
void tst_blocked_describe(char *buf, size_t size);

#endif /* RINGSIDE_HOST_LTP_BLOCKED_H */
