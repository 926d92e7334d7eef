// SPDX-License-Identifier: MIT
/*
 * How tests were written before there was tst_module_reload(): modprobe, which
 * a machine need not have as a program, changes a module's parameter.
 */
#include "kvm_test.h"
#include "tst_cmd.h"
#include "tst_module.h"

#define NESTED "/sys/module/" MODULE "/parameters/nested"

static void reload(const char *parameter)
{
	const char *const remove[] = {"modprobe", "-r", MODULE, NULL};
	const char *const insert[] = {"modprobe", MODULE, parameter, NULL};

	tst_cmd(remove, NULL, NULL, TST_CMD_TCONF_ON_MISSING);
	if (!access("/sys/module/" MODULE, F_OK))
		tst_res(TFAIL, MODULE " is still there");
	/* The second time there is nothing to do. */
	tst_cmd(remove, NULL, NULL, TST_CMD_TCONF_ON_MISSING);
	tst_cmd(insert, NULL, NULL, TST_CMD_TCONF_ON_MISSING);
	tst_cmd(insert, NULL, NULL, TST_CMD_TCONF_ON_MISSING);
}

static void run(void)
{
	const int before = tst_read_bool_sys_param(NESTED);
	int without, with;

	reload("nested=0");
	without = tst_read_bool_sys_param(NESTED);
	reload("nested=1");
	with = tst_read_bool_sys_param(NESTED);
	if (before == 1 && without == 0 && with == 1)
		tst_res(TPASS, MODULE " was reloaded, and has its parameter again");
	else
		tst_res(TFAIL, "nested was %d, then %d, then %d", before, without, with);
}

static struct tst_test test = {
	.test_all = run,
	.needs_root = 1,
};
