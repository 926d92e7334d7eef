/* SPDX-License-Identifier: MIT */
/* See ports.h. */
#include "machines/init/ports.h"

#include <errno.h>
#include <string.h>
#include <sys/io.h>

#include "machines/init/init.h"

void ports_allow(unsigned short first, unsigned int count)
{
	if (ioperm(first, count, 1))
		die("no access to I/O port %#x: %s%s", first, strerror(errno),
		    fix_kernel("CONFIG_X86_IOPL_IOPERM"));
}

void port_read(unsigned short port, void *data, size_t size)
{
	insl(port, data, size / 4);
	insb(port, (unsigned char *)data + size / 4 * 4, size % 4);
}

void port_write(unsigned short port, const void *data, size_t size)
{
	outsl(port, data, size / 4);
	outsb(port, (const unsigned char *)data + size / 4 * 4, size % 4);
}

uint32_t port_read32(unsigned short port)
{
	return inl(port);
}

void port_write32(unsigned short port, uint32_t value)
{
	outl(value, port);
}
