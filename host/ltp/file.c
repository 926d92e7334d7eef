// SPDX-License-Identifier: MIT
/* Reading whole files, of /proc and /sys too, whose sizes are not known. */
#include "host/ltp/suite.h"

#define FIRST_SIZE 4096
#define MAX_SIZE (64u << 20)

char *tst_read_file(const char *path, size_t *len)
{
	size_t size = FIRST_SIZE, used = 0;
	char *buf = NULL, *grown;
	ssize_t got;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	for (;;) {
		grown = realloc(buf, size + 1);
		if (!grown)
			goto failed;
		buf = grown;
		got = read(fd, buf + used, size - used);
		if (got < 0)
			goto failed;
		if (!got)
			break;
		used += got;
		if (used < size)
			continue;
		if (size >= MAX_SIZE) {
			errno = EFBIG;
			goto failed;
		}
		size *= 2;
	}
	close(fd);
	buf[used] = '\0';
	if (len)
		*len = used;
	return buf;

failed:
	err = errno;
	free(buf);
	close(fd);
	errno = err;
	return NULL;
}
