/* SPDX-License-Identifier: MIT */
/* The "newc" format of cpio, which Linux unpacks (Linux: driver-api/early-userspace/buffer-format). */
#include "machines/initramfs/initramfs.h"

#include <string.h>
#include <sys/sysmacros.h>

/* Headers and contents begin at multiples of this. */
#define ALIGNMENT 4

static void pad(FILE *archive, size_t size)
{
	static const char zeros[ALIGNMENT];

	fwrite(zeros, 1, -size % ALIGNMENT, archive);
}

void cpio_add(FILE *archive, const char *name, mode_t mode, dev_t device, const void *data,
	      size_t size)
{
	static unsigned int inode;
	size_t name_size = strlen(name) + 1;
	unsigned int links = S_ISDIR(mode) ? 2 : 1;
	int header;

	if (size > 0xffffffff)
		die("%s: %zu bytes, more than an initramfs entry can hold", name, size);
	/* magic, then inode mode uid gid links mtime size, device, node's device, name, check */
	header = fprintf(archive, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
			 ++inode, mode, 0, 0, links, 0, size, 0, 0, major(device), minor(device),
			 name_size, 0);
	fwrite(name, 1, name_size, archive);
	pad(archive, (size_t)header + name_size);
	fwrite(data, 1, size, archive);
	pad(archive, size);
}

void cpio_end(FILE *archive)
{
	cpio_add(archive, "TRAILER!!!", 0, 0, NULL, 0);
}
