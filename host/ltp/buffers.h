/* SPDX-License-Identifier: MIT */
/* Guarded buffers: pages of memory between two inaccessible ones. */
#ifndef RINGSIDE_HOST_LTP_BUFFERS_H
#define RINGSIDE_HOST_LTP_BUFFERS_H

#include <stddef.h>
#include <stdint.h>

/*
 * A buffer of whole pages, zeroed; NULL with errno set when there is no
 * memory. It belongs to the list that tst_free_all() frees.
 */
void *tst_buffer_pages(size_t size);

/*
 * The same from the file @fd, mapped shared; the address is a multiple of @align,
 * a multiple of the page size. The caller may close @fd.
 */
void *tst_buffer_of_file(int fd, size_t size, size_t align);

/* Once it is pinned no more, the buffer is freed without tst_free_all(). */
void tst_buffer_end_with_pins(const void *addr);

/*
 * A buffer that is a virtual machine's memory is pinned: tst_free_all() leaves
 * it until it has been unpinned as often as pinned.
 */
void tst_buffer_pin(const void *addr);
void tst_buffer_unpin(const void *addr);

/* Frees one buffer that nothing uses. */
void tst_buffer_free(const void *addr);

struct tst_buffer_hit {
	uintptr_t addr; /* of the buffer */
	size_t size;
};

/*
 * Whether @addr lies in the guard pages of a buffer, and which. Async-signal-
 * safe as long as no other thread changes the list.
 */
int tst_buffer_guards(uintptr_t addr, struct tst_buffer_hit *hit);

/* From the first buffer on, faults in guard pages are explained. */
void tst_guard_report_install(void);

#endif /* RINGSIDE_HOST_LTP_BUFFERS_H */
