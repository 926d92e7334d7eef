// SPDX-License-Identifier: MIT
/* Formats and arguments that don't fit: in a controller, each is a compile error. */
#include "kvm_test.h"

void results(uint64_t number, const char *text)
{
	tst_res(TPASS | TERRNO, "%s is %#" PRIx64, text, number);
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
	tst_res(TPASS, text);
	/* expected-error@-1 {{format string is not a string literal}} */
	/* expected-note@-2 {{treat the string as an argument}} */
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
