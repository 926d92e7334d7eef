// SPDX-License-Identifier: MIT
#include "tst_safe_clocks.h"

int safe_clock_getres(const char *file, int line, clockid_t clk, struct timespec *res)
{
	if (clock_getres(clk, res))
		tst_brk_(file, line, TBROK | TERRNO, "clock_getres(%d)", clk);
	return 0;
}

int safe_clock_gettime(const char *file, int line, clockid_t clk, struct timespec *tp)
{
	if (clock_gettime(clk, tp))
		tst_brk_(file, line, TBROK | TERRNO, "clock_gettime(%d)", clk);
	return 0;
}

int safe_clock_settime(const char *file, int line, clockid_t clk, const struct timespec *tp)
{
	if (clock_settime(clk, tp))
		tst_brk_(file, line, TBROK | TERRNO, "clock_settime(%d)", clk);
	return 0;
}
