/* SPDX-License-Identifier: MIT */
/* I/O ports, which x86 has: the one part of init that is for one architecture. */
#ifndef RINGSIDE_MACHINES_INIT_PORTS_H
#define RINGSIDE_MACHINES_INIT_PORTS_H

#include <stddef.h>
#include <stdint.h>

/** ports_allow() - get access to @count ports from @first on; dies without it */
void ports_allow(unsigned short first, unsigned int count);

/** port_read() - read bytes from a data port, 4 at a time while there are so many */
void port_read(unsigned short port, void *data, size_t size);

/** port_write() - write bytes to a data port, in the same way */
void port_write(unsigned short port, const void *data, size_t size);

/** port_read32() - read 4 bytes at once */
uint32_t port_read32(unsigned short port);

/** port_write32() - write 4 bytes at once */
void port_write32(unsigned short port, uint32_t value);

#endif /* RINGSIDE_MACHINES_INIT_PORTS_H */
