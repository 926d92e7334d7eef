/* SPDX-License-Identifier: MIT */
/* Makes the initramfs of an emulated machine. */
#ifndef RINGSIDE_MACHINES_INITRAMFS_INITRAMFS_H
#define RINGSIDE_MACHINES_INITRAMFS_INITRAMFS_H

#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

/** die() - print why there can't be an initramfs, and exit with status 1 */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/** read_file() - a file's contents, which the caller frees; dies if it can't be read */
unsigned char *read_file(const char *path, size_t *size);

/**
 * cpio_add() - add one entry to an archive in the kernel's initramfs format
 * @archive: where to
 * @name: the entry's path without a leading slash
 * @mode: type and permission bits
 * @device: of a device node, else 0
 * @data: contents of a file
 * @size: of @data in bytes
 *
 * Times, owners and inode numbers do not depend on the machine.
 */
void cpio_add(FILE *archive, const char *name, mode_t mode, dev_t device, const void *data,
	      size_t size);

/** cpio_end() - the archive's last entry */
void cpio_end(FILE *archive);

/**
 * module_add_path() - make modules known
 * @path: a .ko file, or a folder that is searched for such files
 */
void module_add_path(const char *path);

/**
 * module_want() - have a module loaded, after those that it depends on
 * @name: the module's name; '-' and '_' mean the same
 * @parameters: "name=value ...", may be empty
 *
 * A module that is not among the known ones is taken to be built in: init
 * finds out whether what it stands for is there.
 */
void module_want(const char *name, const char *parameters);

/** module_pack() - write the wanted modules, modules/list and modules.dep into the archive */
void module_pack(FILE *archive);

#endif /* RINGSIDE_MACHINES_INITRAMFS_INITRAMFS_H */
