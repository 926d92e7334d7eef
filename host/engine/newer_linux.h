/* SPDX-License-Identifier: MIT */
/* What Linux has gained since the kernel headers that this is compiled with. */
#ifndef RINGSIDE_HOST_ENGINE_NEWER_LINUX_H
#define RINGSIDE_HOST_ENGINE_NEWER_LINUX_H

#include <linux/fs.h>
#include <stdint.h>
#include <sys/ioctl.h>

/* Admin guide, "Examining Process Page Tables" (Linux 6.7) */
#ifndef PAGEMAP_SCAN
#define PAGE_IS_PRESENT (1 << 3)
#define PAGE_IS_SWAPPED (1 << 4)

struct page_region {
	uint64_t start;
	uint64_t end;
	uint64_t categories;
};

struct pm_scan_arg {
	uint64_t size;
	uint64_t flags;
	uint64_t start;
	uint64_t end;
	uint64_t walk_end;
	uint64_t vec;
	uint64_t vec_len;
	uint64_t max_pages;
	uint64_t category_inverted;
	uint64_t category_mask;
	uint64_t category_anyof_mask;
	uint64_t return_mask;
};

#define PAGEMAP_SCAN _IOWR('f', 16, struct pm_scan_arg)
#endif

#endif /* RINGSIDE_HOST_ENGINE_NEWER_LINUX_H */
