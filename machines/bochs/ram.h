/* SPDX-License-Identifier: MIT */
/*
 * A saved machine's RAM in a file without most of its zero pages: a header, a
 * table of runs, and each run's bytes at a multiple of RAM_PAGE. A restored
 * machine maps the runs; what it does not touch is never read.
 */
#ifndef RINGSIDE_MACHINES_BOCHS_RAM_H
#define RINGSIDE_MACHINES_BOCHS_RAM_H

#include <cstddef>

/**
 * ram_save() - Writes RAM to a file.
 * @path: the file, created or replaced
 * @ram: RAM
 * @size: of RAM in bytes, a multiple of 4096
 *
 * Returns true, or false with errno set.
 */
bool ram_save(const char *path, const void *ram, size_t size);

/**
 * ram_restore() - Lays a file's contents over RAM.
 * @path: what ram_save() wrote; it must not change while the machine runs
 * @ram: zero bytes, at a multiple of 4096; changes do not reach the file
 * @size: of RAM in bytes, as it was saved
 *
 * Returns true, or false with errno set: EBADMSG for a file that is damaged or
 * of another machine.
 */
bool ram_restore(const char *path, void *ram, size_t size);

#endif
