/* SPDX-License-Identifier: MIT */
/*
 * How a run ends. What the image prints is its own; what is said here begins with
 * "vmm: ", and what ends a run in the image's place with "Bail out! ", as TAP has it.
 */
#ifndef RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_VERDICT_H
#define RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_VERDICT_H

#define STATUS_PASSED 0
#define STATUS_FAILED 1
#define STATUS_SKIPPED 4 /* kselftest's */

/** say() - print one line behind "vmm: " */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** give_up() - end the run: something else than the image decides that it has failed */
void give_up(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/** skip() - end the run: it can't be made here, for that reason */
void skip(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/** finish() - end the run: the image has said its own verdict; a STATUS_* */
void finish(int status) __attribute__((noreturn));

/** format_text() - a string that the caller frees; ends the run without memory */
char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif /* RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_VERDICT_H */
