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
	char *map; /* guard page, pages, guard page */
	size_t map_len;
	char *addr; /* where the user's part begins, to the last guard page */
	size_t size;
	unsigned int pins;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t guard_report = PTHREAD_ONCE_INIT;
static struct buffer *buffers;

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static struct buffer *map_buffer(size_t size)
{
	size_t page = page_size(), pages;
	struct buffer *buf;
	int err;

	if (size > SIZE_MAX / 2) {
		errno = ENOMEM;
		return NULL;
	}
	pages = (size + page - 1) / page * page;
	buf = calloc(1, sizeof(*buf));
	if (!buf)
		return NULL;
	buf->map_len = pages + 2 * page;
	/* Guest RAM is mostly untouched: reserve addresses, not memory. */
	buf->map = mmap(NULL, buf->map_len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			-1, 0);
	if (buf->map == MAP_FAILED)
		goto no_map;
	if (mprotect(buf->map + page, pages, PROT_READ | PROT_WRITE))
		goto no_access;
	buf->addr = buf->map + page + pages - size;
	buf->size = size;
	memset(buf->map + page, SLACK_BYTE, pages - size);
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

static void *new_buffer(size_t size)
{
	struct buffer *buf = map_buffer(size);

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
	size_t page = page_size();

	return new_buffer((size + page - 1) / page * page);
}

void *tst_alloc(size_t size)
{
	void *addr;

	if (!size)
		lib_brk(TBROK, "tst_alloc(size): size is 0; a buffer has 1 byte at least");
	addr = new_buffer(size);
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

static void change_pins(const void *addr, int by)
{
	struct buffer *buf;

	pthread_mutex_lock(&lock);
	buf = *find_locked(addr);
	if (buf)
		buf->pins += by;
	pthread_mutex_unlock(&lock);
}

void tst_buffer_pin(const void *addr)
{
	change_pins(addr, 1);
}

void tst_buffer_unpin(const void *addr)
{
	change_pins(addr, -1);
}

/* Whether somebody wrote into the bytes before the buffer. */
static bool slack_written(const struct buffer *buf)
{
	const char *at;

	for (at = buf->map + page_size(); at < buf->addr; at++) {
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
	size_t page = page_size();
	struct buffer *buf;

	for (buf = buffers; buf; buf = buf->next) {
		uintptr_t map = (uintptr_t)buf->map, end = map + buf->map_len;

		if ((addr >= map && addr < map + page) || (addr >= end - page && addr < end)) {
			hit->addr = (uintptr_t)buf->addr;
			hit->size = buf->size;
			return 1;
		}
	}
	return 0;
}
