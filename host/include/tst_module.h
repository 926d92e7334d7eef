/* SPDX-License-Identifier: MIT */
/* Kernel modules and their parameters. */
#ifndef RINGSIDE_HOST_TST_MODULE_H
#define RINGSIDE_HOST_TST_MODULE_H

#include "tst_test.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Removes the kernel module @mod_name and loads it again with the parameters
 * @argv ("nested=1", …; ends with NULL; NULL for none): delete_module(2),
 * finit_module(2). The module stays as it is, and the test breaks with the
 * reason, unless: the process is root's, the machine is an emulated one or
 * RINGSIDE_RELOAD_MODULES=1 is in the environment, the module is a loadable one
 * whose file is known to modules.dep, and nothing uses it. Nobody puts the old
 * parameters back.
 */
void tst_module_reload(const char *mod_name, char *const argv[]);

/*
 * One half of it each, under the same conditions. Loading a module that is
 * there already breaks the test.
 */
void tst_module_load(const char *mod_name, char *const argv[]);
void tst_module_unload(const char *mod_name);

/*
 * The value of a boolean parameter, such as
 * /sys/module/kvm_amd/parameters/nested: 1 for Y, y or a number other than 0,
 * 0 for N, n or 0, -1 when the file cannot be read or holds something else.
 */
int tst_read_bool_sys_param(const char *filename);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_HOST_TST_MODULE_H */
