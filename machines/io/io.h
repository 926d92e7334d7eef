/* SPDX-License-Identifier: MIT */
/* Reading and writing all there is to read or write. */
#ifndef RINGSIDE_MACHINES_IO_IO_H
#define RINGSIDE_MACHINES_IO_IO_H

#include <stddef.h>

/** write_all() - write() until all of it is written; 0, or -1 with errno */
int write_all(int fd, const void *data, size_t size);

/** read_all() - read() until @size bytes have come; 0, or -1 with errno: EPIPE at the input's end */
int read_all(int fd, void *data, size_t size);

#endif /* RINGSIDE_MACHINES_IO_IO_H */
