/* SPDX-License-Identifier: MIT */
/* RAM without its zero pages; see ram.h. */
#include "machines/qemu/ram.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machines/io/io.h"

static bool is_zero(const char *page)
{
	return !page[0] && !memcmp(page, page + 1, RAM_PAGE - 1);
}

static int pack_runs(const char *ram, uint64_t size, int fd)
{
	struct ram_run run = {0};

	for (uint64_t offset = 0; offset <= size; offset += RAM_PAGE) {
		if (offset < size && !is_zero(ram + offset)) {
			if (!run.size)
				run.offset = offset;
			run.size += RAM_PAGE;
		} else if (run.size) {
			if (write_all(fd, &run, sizeof(run)) ||
			    write_all(fd, ram + run.offset, run.size))
				return -1;
			run.size = 0;
		}
	}
	run = (struct ram_run){0};
	return write_all(fd, &run, sizeof(run));
}

int ram_pack(int ram, uint64_t size, int fd)
{
	struct ram_header header = {.size = size};
	const char *memory = mmap(NULL, size, PROT_READ, MAP_SHARED, ram, 0);
	int result;

	if (memory == MAP_FAILED)
		return -1;
	memcpy(header.magic, RAM_MAGIC, sizeof(header.magic));
	result = write_all(fd, &header, sizeof(header));
	if (!result)
		result = pack_runs(memory, size, fd);
	munmap((void *)memory, size);
	return result;
}

/* Checks each run before it is used: the file may be damaged. */
static int unpack_runs(const char *data, uint64_t data_size, int ram, uint64_t size)
{
	const struct ram_header *header = (const void *)data;
	uint64_t position = sizeof(*header);

	if (data_size < sizeof(*header) ||
	    memcmp(header->magic, RAM_MAGIC, sizeof(header->magic)) || header->size != size)
		goto damaged;
	for (;;) {
		struct ram_run run;
		uint64_t done = 0;

		if (data_size - position < sizeof(run))
			goto damaged;
		memcpy(&run, data + position, sizeof(run));
		position += sizeof(run);
		if (!run.size)
			return 0;
		if (run.offset > size || run.size > size - run.offset ||
		    run.size > data_size - position)
			goto damaged;
		while (done < run.size) {
			ssize_t written = pwrite(ram, data + position + done, run.size - done,
						 (off_t)(run.offset + done));

			if (written < 0 && errno != EINTR)
				return -1;
			if (written > 0)
				done += (uint64_t)written;
		}
		position += run.size;
	}
damaged:
	errno = EBADMSG;
	return -1;
}

int ram_unpack(int ram, uint64_t size, int fd)
{
	struct stat status;
	char *data;
	int result;

	if (fstat(fd, &status))
		return -1;
	if (!status.st_size) {
		errno = EBADMSG;
		return -1;
	}
	data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (data == MAP_FAILED)
		return -1;
	result = unpack_runs(data, (uint64_t)status.st_size, ram, size);
	munmap(data, (size_t)status.st_size);
	return result;
}
