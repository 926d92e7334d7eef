// SPDX-License-Identifier: MIT
/* Formats and arguments that don't fit: in a payload, each is a compile error. */
#include "kvm_test.h"

void results(uint64_t number, uintptr_t address, const char *text)
{
	tst_res(TPASS, "%s is %#llx at %#lx", text, number, (unsigned long)address);
	tst_res(TPASS, "%d");
	/* expected-error@-1 {{more '%' conversions than data arguments}} */
	tst_res(TPASS, "%d of %d", 1);
	/* expected-error@-1 {{more '%' conversions than data arguments}} */
	tst_res(TPASS, "%s", 1);
	/* expected-error@-1 {{format specifies type 'char *' but the argument has type 'int'}} */
	tst_res(TPASS, "%d", text);
	/* expected-error@-1 {{format specifies type 'int' but the argument has type 'const char *'}} */
	tst_res(TPASS, "%x", number);
	/* expected-error@-1 {{format specifies type 'unsigned int' but the argument has type 'uint64_t'}} */
	tst_res(TPASS, "no conversion", 1);
	/* expected-error@-1 {{data argument not used by format string}} */
	tst_res(TPASS, "%k", 1);
	/* expected-error@-1 {{invalid conversion specifier 'k'}} */
	tst_res(TPASS, text);
	/* expected-error@-1 {{format string is not a string literal}} */
	/* expected-note@-2 {{treat the string as an argument}} */
	tst_res(TPASS, "%f then %d", 1.0, 7);
	/* expected-error@-1 {{payloads have no floating point}} */
	tst_res(TPASS);
	/* expected-error@-1 {{expected expression}} */
}

void endings(const char *text)
{
	if (*text)
		tst_brk(TBROK, "%s", text);
	if (text[1])
		tst_brk(TBROK, "%s");
	/* expected-error@-1 {{more '%' conversions than data arguments}} */
	if (text[2])
		tst_brk(TBROK, "%s", 1);
	/* expected-error@-1 {{format specifies type 'char *' but the argument has type 'int'}} */
	if (text[3])
		tst_brk(TBROK, "%d", 1, 2);
	/* expected-error@-1 {{data argument not used by format string}} */
	tst_brk(TBROK, text);
	/* expected-error@-1 {{format string is not a string literal}} */
	/* expected-note@-2 {{treat the string as an argument}} */
}

void strings(char *dest, size_t size)
{
	sprintf(dest, "%zu", size);
	sprintf(dest, "%zu");
	/* expected-error@-1 {{more '%' conversions than data arguments}} */
	sprintf(dest, "%s", size);
	/* expected-error@-1 {{format specifies type 'char *' but the argument has type 'size_t'}} */
	sprintf(dest, "%c", 'a', 'b');
	/* expected-error@-1 {{data argument not used by format string}} */
	snprintf(dest, size, "%p", dest);
	snprintf(dest, size, "%p");
	/* expected-error@-1 {{more '%' conversions than data arguments}} */
	snprintf(dest, size, "%i", dest);
	/* expected-error@-1 {{format specifies type 'int' but the argument has type 'char *'}} */
}

/* A function that passes on its caller's format: its own formats are checked all the same. */
__attribute__((format(printf, 2, 3))) void wrap(char *dest, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsprintf(dest, fmt, args);
	vsnprintf(dest, 1, fmt, args);
	vsprintf(dest, "%k", args);
	/* expected-error@-1 {{invalid conversion specifier 'k'}} */
	vsnprintf(dest, 1, "%k", args);
	/* expected-error@-1 {{invalid conversion specifier 'k'}} */
	va_end(args);
}
