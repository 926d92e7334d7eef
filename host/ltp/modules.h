/* SPDX-License-Identifier: MIT */
#ifndef RINGSIDE_HOST_LTP_MODULES_H
#define RINGSIDE_HOST_LTP_MODULES_H

enum tst_module_state {
	MODULE_PRESENT, /* loaded or built in */
	MODULE_LOADABLE, /* modules.dep knows its file */
	MODULE_ABSENT,
	MODULE_UNKNOWN, /* there is no list of modules to look into */
};

/* Where the kernel module @name is; in names, - and _ are the same. */
enum tst_module_state tst_module_state(const char *name);

/* The lists that say so, for a message; until the next call. */
const char *tst_module_lists(void);

#endif /* RINGSIDE_HOST_LTP_MODULES_H */
