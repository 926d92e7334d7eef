/* SPDX-License-Identifier: MIT */
/* What kind of program a file is. */
#ifndef RINGSIDE_MACHINES_SHELL_ELF_H
#define RINGSIDE_MACHINES_SHELL_ELF_H

#include <stdbool.h>

/** elf_is_dynamic() - whether a file is an ELF program that names a dynamic loader */
bool elf_is_dynamic(const char *path);

#endif /* RINGSIDE_MACHINES_SHELL_ELF_H */
