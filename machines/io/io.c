/* SPDX-License-Identifier: MIT */
/* See io.h. */
#include "machines/io/io.h"

#include <errno.h>
#include <unistd.h>

int write_all(int fd, const void *data, size_t size)
{
	const char *next = data;

	while (size) {
		ssize_t written = write(fd, next, size);

		if (written < 0 && errno != EINTR)
			return -1;
		if (written > 0) {
			next += written;
			size -= (size_t)written;
		}
	}
	return 0;
}

int read_all(int fd, void *data, size_t size)
{
	char *next = data;

	while (size) {
		ssize_t got = read(fd, next, size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			if (!got)
				errno = EPIPE;
			return -1;
		}
		next += got;
		size -= (size_t)got;
	}
	return 0;
}
