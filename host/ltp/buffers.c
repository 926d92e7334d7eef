// SPDX-License-Identifier: MIT
#include "host/ltp/buffers.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "host/ltp/report.h"
#include "tst_test.h"

/* What the bytes between the first page's start and the buffer must hold. */
#define SLACK_BYTE 0xa5

struct buffer {
	struct buffer *next;
	char *map; /* guard pages, pages, guard pages */
	size_t map_len;
	char *pages;
	size_t pages_len;
	char *addr; /* where the user's part begins, to the last of the pages */
	size_t size;
	unsigned int pins;
	bool ends_with_pins;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t guard_report = PTHREAD_ONCE_INIT;
static struct buffer *buffers;

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t round_up(size_t size, size_t align)
{
	return (size + align - 1) / align * align;
}

/* The pages between the guards: private memory, or those of a file. */
static bool fill(const struct buffer *buf, int fd)
{
	if (fd < 0)
		return mprotect(buf->pages, buf->pages_len, PROT_READ | PROT_WRITE) == 0;
	return mmap(buf->pages, buf->pages_len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		    0) != MAP_FAILED;
}

static struct buffer *map_buffer(int fd, size_t size, size_t align)
{
	struct buffer *buf;
	int err;

	if (size > SIZE_MAX / 2) {
		errno = ENOMEM;
		return NULL;
	}
	buf = calloc(1, sizeof(*buf));
	if (!buf)
		return NULL;
	buf->pages_len = round_up(size, align);
	buf->map_len = buf->pages_len + 2 * align;
	/* Guest RAM is mostly untouched: reserve addresses, not memory. */
	buf->map = mmap(NULL, buf->map_len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			-1, 0);
	if (buf->map == MAP_FAILED)
		goto no_map;
	/* With a page before it at least, and behind it, too. */
	buf->pages = (char *)round_up((uintptr_t)buf->map + page_size(), align);
	if (!fill(buf, fd))
		goto no_access;
	buf->size = size;
	buf->addr = buf->pages;
	if (fd < 0) {
		buf->addr += buf->pages_len - size;
		memset(buf->pages, SLACK_BYTE, buf->pages_len - size);
	}
	return buf;

no_access:
	err = errno;
	munmap(buf->map, buf->map_len);
	errno = err;
no_map:
	err = errno;
	free(buf);
	errno = err;
	return NULL;
}

static void *new_buffer(int fd, size_t size, size_t align)
{
	struct buffer *buf = map_buffer(fd, size, align);

	if (!buf)
		return NULL;
	pthread_once(&guard_report, tst_guard_report_install);
	pthread_mutex_lock(&lock);
	buf->next = buffers;
	buffers = buf;
	pthread_mutex_unlock(&lock);
	return buf->addr;
}

void *tst_buffer_pages(size_t size)
{
	return new_buffer(-1, round_up(size, page_size()), page_size());
}

void *tst_buffer_of_file(int fd, size_t size, size_t align)
{
	return new_buffer(fd, size, align);
}

void *tst_alloc(size_t size)
{
	void *addr;

	if (!size)
		lib_brk(TBROK, "tst_alloc(size): size is 0; a buffer has 1 byte at least");
	addr = new_buffer(-1, size, page_size());
	if (!addr)
		lib_brk(TBROK | TERRNO, "tst_alloc(size): no memory for %zu bytes", size);
	return addr;
}

static struct buffer **find_locked(const void *addr)
{
	struct buffer **link;

	for (link = &buffers; *link; link = &(*link)->next) {
		if ((*link)->addr == addr)
			break;
	}
	return link;
}

void tst_buffer_pin(const void *addr)
{
	struct buffer *buf;

	pthread_mutex_lock(&lock);
	buf = *find_locked(addr);
	if (buf)
		buf->pins++;
	pthread_mutex_unlock(&lock);
}

void tst_buffer_end_with_pins(const void *addr)
{
	struct buffer *buf;

	pthread_mutex_lock(&lock);
	buf = *find_locked(addr);
	if (buf)
		buf->ends_with_pins = true;
	pthread_mutex_unlock(&lock);
}

/* Whether somebody wrote into the bytes before the buffer. */
static bool slack_written(const struct buffer *buf)
{
	const char *at;

	for (at = buf->pages; at < buf->addr; at++) {
		if ((unsigned char)*at != SLACK_BYTE)
			return true;
	}
	return false;
}

static void unmap_buffer(struct buffer *buf)
{
	munmap(buf->map, buf->map_len);
	free(buf);
}

void tst_buffer_free(const void *addr)
{
	struct buffer **link, *buf;

	pthread_mutex_lock(&lock);
	link = find_locked(addr);
	buf = *link;
	if (buf)
		*link = buf->next;
	pthread_mutex_unlock(&lock);
	if (buf)
		unmap_buffer(buf);
}

void tst_buffer_unpin(const void *addr)
{
	struct buffer *buf;
	bool ends;

	pthread_mutex_lock(&lock);
	buf = *find_locked(addr);
	if (buf)
		buf->pins--;
	ends = buf && !buf->pins && buf->ends_with_pins;
	pthread_mutex_unlock(&lock);
	if (ends)
		tst_buffer_free(addr);
}

void tst_free_all(void)
{
	struct buffer **link, *buf, *freed = NULL;

	pthread_mutex_lock(&lock);
	for (link = &buffers; *link;) {
		buf = *link;
		if (buf->pins) {
			link = &buf->next;
			continue;
		}
		*link = buf->next;
		buf->next = freed;
		freed = buf;
	}
	pthread_mutex_unlock(&lock);

	while ((buf = freed)) {
		freed = buf->next;
		if (slack_written(buf))
			lib_res(TWARN,
				"guarded buffer of %zu bytes at %p: bytes before it were written",
				buf->size, (void *)buf->addr);
		unmap_buffer(buf);
	}
}

int tst_buffer_guards(uintptr_t addr, struct tst_buffer_hit *hit)
{
	struct buffer *buf;

	for (buf = buffers; buf; buf = buf->next) {
		uintptr_t map = (uintptr_t)buf->map, pages = (uintptr_t)buf->pages;

		if ((addr >= map && addr < pages) ||
		    (addr >= pages + buf->pages_len && addr < map + buf->map_len)) {
			hit->addr = (uintptr_t)buf->addr;
			hit->size = buf->size;
			return 1;
		}
	}
	return 0;
}
