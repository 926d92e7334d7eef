// SPDX-License-Identifier: MIT
/* .save_restore: files under /proc and /sys that are set for a test. */
#include "host/ltp/report.h"
#include "host/ltp/suite.h"

struct saved {
	struct saved *next;
	const struct tst_path_val *entry;
	char *value;
	size_t len;
};

static struct saved *saved;

/*
 * Acts on an error as @flags say: breaks or skips the test, or returns so that
 * the entry is left out.
 */
static void handle_error(const struct tst_path_val *entry, const char *what)
{
	int missing = errno == ENOENT, read_only = errno == EACCES || errno == EROFS;
	unsigned int flags = entry->flags;

	if ((missing && (flags & TST_SR_SKIP_MISSING)) || (read_only && (flags & TST_SR_SKIP_RO)))
		return;
	if ((missing && (flags & TST_SR_TCONF_MISSING)) || (read_only && (flags & TST_SR_TCONF_RO)))
		lib_brk(TCONF | TERRNO, ".save_restore: cannot %s %s", what, entry->path);
	if (!missing && !read_only && (flags & TST_SR_IGNORE_ERR))
		return;
	lib_brk(TBROK | TERRNO, ".save_restore: cannot %s %s (its .flags may allow for that)", what,
		entry->path);
}

static int write_value(const char *path, const char *value, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;
	ssize_t done;

	if (fd < 0)
		return -1;
	done = write(fd, value, len);
	if (done < 0)
		err = errno;
	else if ((size_t)done != len)
		err = EIO;
	if (close(fd) && !err)
		err = errno;
	errno = err;
	return err ? -1 : 0;
}

static void save_one(const struct tst_path_val *entry)
{
	struct saved *item;
	struct stat st;

	if (stat(entry->path, &st)) {
		handle_error(entry, "find");
		return;
	}
	if (entry->val &&
	    (!(st.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)) || access(entry->path, W_OK))) {
		errno = EACCES;
		handle_error(entry, "write");
		return;
	}
	item = calloc(1, sizeof(*item));
	if (!item)
		lib_brk(TBROK | TERRNO, ".save_restore: no memory");
	item->entry = entry;
	item->value = tst_read_file(entry->path, &item->len);
	if (!item->value) {
		free(item);
		handle_error(entry, "read");
		return;
	}
	item->next = saved;
	saved = item;
	if (entry->val && write_value(entry->path, entry->val, strlen(entry->val)))
		handle_error(entry, "write");
}

void tst_save_files(const struct tst_path_val *entries)
{
	for (; entries && entries->path; entries++)
		save_one(entries);
}

void tst_restore_files(void)
{
	struct saved *item;

	while ((item = saved)) {
		saved = item->next;
		if (write_value(item->entry->path, item->value, item->len) &&
		    !(item->entry->flags & TST_SR_IGNORE_ERR) && item->entry->val)
			lib_res(TWARN | TERRNO, ".save_restore: cannot put back %s",
				item->entry->path);
		free(item->value);
		free(item);
	}
}
