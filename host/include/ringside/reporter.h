/* SPDX-License-Identifier: MIT */
/*
 * Where results go. The library reports everything here and knows nothing of
 * a test framework; host/gtest has the reporter that speaks GoogleTest.
 */
#ifndef RINGSIDE_HOST_REPORTER_H
#define RINGSIDE_HOST_REPORTER_H

#ifdef __cplusplus
extern "C" {
#endif

/* All functions are called from any thread, also from several at once. */
struct tst_reporter {
	/*
	 * A result of the controller or of a guest. @type is one of TPASS,
	 * TFAIL, TBROK, TWARN, TINFO, TCONF; @text may have several lines. @file
	 * is NULL when the place is not known. The strings last for the call.
	 */
	void (*result)(const char *file, int line, int type, const char *text);

	/*
	 * Ends the test after tst_brk() has reported @type; in a thread of the
	 * test's own, ends the thread. Does not return.
	 */
	void (*end_test)(int type) __attribute__((noreturn));

	/*
	 * The process ends now, in the middle of a test, for a reason that has
	 * been reported: save what must not be lost.
	 */
	void (*abandon)(void);
};

/*
 * Makes @reporter, which must last, the receiver of all results from here on.
 * Returns the one before. The first one prints lines to the standard output
 * and ends the process in end_test().
 */
const struct tst_reporter *tst_set_reporter(const struct tst_reporter *reporter);

/* Hands one result to the reporter as it is. */
void tst_report(const char *file, int line, int type, const char *text);

/* "TPASS", "TFAIL", …, or NULL when @type is none of the result types. */
const char *tst_result_name(int type);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_HOST_REPORTER_H */
