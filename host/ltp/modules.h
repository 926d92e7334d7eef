/* SPDX-License-Identifier: MIT */
#ifndef RINGSIDE_HOST_LTP_MODULES_H
#define RINGSIDE_HOST_LTP_MODULES_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

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

/* The file of module @name, as modules.dep has it; false if there is none to be read. */
bool tst_module_file(const char *name, char *path, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_HOST_LTP_MODULES_H */
