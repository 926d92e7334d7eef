// SPDX-License-Identifier: MIT
/* .taint_check: whether the kernel warned or oopsed during the test. */
#include "host/ltp/report.h"
#include "host/ltp/suite.h"

#define TAINT_FILE "/proc/sys/kernel/tainted"

static unsigned int checked, before;

static unsigned int read_taint(void)
{
	char *text = tst_read_file(TAINT_FILE, NULL);
	unsigned int value;

	if (!text)
		lib_brk(TBROK | TERRNO, ".taint_check: cannot read %s", TAINT_FILE);
	value = strtoul(text, NULL, 10);
	free(text);
	return value;
}

void tst_taint_remember(unsigned int mask)
{
	checked = 0;
	if (!mask)
		return;
	before = read_taint();
	if (before & mask)
		lib_brk(TCONF, ".taint_check: the kernel is tainted already (%#x); reboot first",
			before);
	checked = mask;
}

void tst_taint_check(void)
{
	unsigned int added;

	if (!checked)
		return;
	added = read_taint() & ~before & checked;
	checked = 0;
	if (added)
		lib_res(TFAIL, "the kernel became tainted during the test (%#x):%s%s", added,
			added & TST_TAINT_W ? " it warned;" : "",
			added & TST_TAINT_D ? " it oopsed;" : "");
}
