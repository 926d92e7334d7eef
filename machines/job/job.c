/* SPDX-License-Identifier: MIT */
/* Records on a drive; see job.h for the layout. */
#include "machines/job/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE (64 * 1024)

/* Names and data begin at multiples of this. */
#define ALIGNMENT 8

static size_t padding(uint64_t size)
{
	return -size & (ALIGNMENT - 1);
}

static int write_all(int fd, const unsigned char *data, size_t size, uint64_t offset)
{
	while (size) {
		ssize_t written = pwrite(fd, data, size, (off_t)offset);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			if (!written)
				errno = ENOSPC;
			return -1;
		}
		data += written;
		size -= (size_t)written;
		offset += (size_t)written;
	}
	return 0;
}

static int read_all(int fd, unsigned char *data, size_t size, uint64_t offset)
{
	while (size) {
		ssize_t got = pread(fd, data, size, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			if (!got)
				errno = EBADMSG;
			return -1;
		}
		data += got;
		size -= (size_t)got;
		offset += (size_t)got;
	}
	return 0;
}

int job_stream_open(struct job_stream *stream, int fd, uint64_t offset, uint64_t size)
{
	*stream = (struct job_stream){
		.fd = fd,
		.offset = offset,
		.end = offset + size,
		.buffer = aligned_alloc(JOB_BLOCK, BUFFER_SIZE),
	};
	return stream->buffer ? 0 : -1;
}

void job_stream_close(struct job_stream *stream)
{
	free(stream->buffer);
	stream->buffer = NULL;
}

int job_stream_flush(struct job_stream *stream)
{
	size_t size = (stream->position + JOB_BLOCK - 1) / JOB_BLOCK * JOB_BLOCK;

	memset(stream->buffer + stream->position, 0, size - stream->position);
	if (write_all(stream->fd, stream->buffer, size, stream->offset))
		return -1;
	stream->offset += stream->position;
	stream->position = 0;
	return 0;
}

/* How many bytes of the stream's place are left. */
static uint64_t left(const struct job_stream *stream)
{
	return stream->end - stream->offset - stream->position;
}

static int put(struct job_stream *stream, const void *data, size_t size)
{
	const unsigned char *next = data;

	if (size > left(stream)) {
		errno = ENOSPC;
		return -1;
	}
	while (size) {
		size_t part = BUFFER_SIZE - stream->position;

		if (part > size)
			part = size;
		memcpy(stream->buffer + stream->position, next, part);
		stream->position += part;
		next += part;
		size -= part;
		if (stream->position == BUFFER_SIZE && job_stream_flush(stream))
			return -1;
	}
	return 0;
}

static int get(struct job_stream *stream, void *data, size_t size)
{
	unsigned char *next = data;

	while (size) {
		size_t part;

		if (stream->position == stream->filled) {
			uint64_t rest = stream->end - stream->offset - stream->position;

			stream->offset += stream->position;
			stream->position = 0;
			/* Whole blocks; a stream's place ends with a block. */
			stream->filled = rest < BUFFER_SIZE ? (size_t)rest : BUFFER_SIZE;
			stream->filled -= stream->filled % JOB_BLOCK;
			if (!stream->filled) {
				errno = EBADMSG;
				return -1;
			}
			if (read_all(stream->fd, stream->buffer, stream->filled, stream->offset)) {
				stream->filled = 0;
				return -1;
			}
		}
		part = stream->filled - stream->position;
		if (part > size)
			part = size;
		memcpy(next, stream->buffer + stream->position, part);
		stream->position += part;
		next += part;
		size -= part;
	}
	return 0;
}

static int put_head(struct job_stream *stream, enum job_record_type type, uint32_t mode,
		    const char *name, uint64_t data_size)
{
	static const char zeros[ALIGNMENT];
	size_t name_size = strlen(name);
	struct job_record record = {
		.type = type,
		.mode = mode & 07777,
		.name_size = (uint32_t)name_size,
		.data_size = data_size,
	};

	if (name_size > JOB_NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (put(stream, &record, sizeof(record)) || put(stream, name, name_size))
		return -1;
	return put(stream, zeros, padding(name_size));
}

int job_write(struct job_stream *stream, enum job_record_type type, uint32_t mode, const char *name,
	      const void *data, size_t size)
{
	static const char zeros[ALIGNMENT];

	if (put_head(stream, type, mode, name, size) || put(stream, data, size))
		return -1;
	return put(stream, zeros, padding(size));
}

int job_write_file(struct job_stream *stream, const char *name, int fd)
{
	static const char zeros[ALIGNMENT];
	unsigned char part[16 * 1024];
	struct stat status;
	uint64_t size, offset = 0;

	if (fstat(fd, &status))
		return -1;
	size = (uint64_t)status.st_size;
	/* Say so before a large file is written halfway. */
	if (size > left(stream)) {
		errno = ENOSPC;
		return -1;
	}
	if (put_head(stream, JOB_FILE, status.st_mode, name, size))
		return -1;
	while (offset < size) {
		size_t want = size - offset < sizeof(part) ? (size_t)(size - offset) : sizeof(part);

		if (read_all(fd, part, want, offset)) {
			if (errno == EBADMSG)
				errno = EIO;
			return -1;
		}
		if (put(stream, part, want))
			return -1;
		offset += want;
	}
	return put(stream, zeros, padding(size));
}

int job_read(struct job_stream *stream, struct job_record *record, char **name)
{
	char pad[ALIGNMENT];
	size_t size;

	*name = NULL;
	if (get(stream, record, sizeof(*record)))
		return -1;
	size = record->name_size;
	if (record->type > JOB_MODULE || size > JOB_NAME_MAX || size > left(stream) ||
	    record->data_size > left(stream)) {
		errno = EBADMSG;
		return -1;
	}
	*name = malloc(size + 1);
	if (!*name)
		return -1;
	(*name)[size] = '\0';
	if (get(stream, *name, size) || get(stream, pad, padding(size)))
		goto fail;
	if (strlen(*name) != size) {
		errno = EBADMSG;
		goto fail;
	}
	return 0;
fail:
	free(*name);
	*name = NULL;
	return -1;
}

int job_read_data(struct job_stream *stream, void *data, size_t size)
{
	char pad[ALIGNMENT];

	if (get(stream, data, size))
		return -1;
	return get(stream, pad, padding(size));
}

int job_read_file(struct job_stream *stream, int fd, uint64_t size)
{
	unsigned char part[16 * 1024];
	char pad[ALIGNMENT];
	uint64_t offset = 0;

	while (offset < size) {
		size_t want = size - offset < sizeof(part) ? (size_t)(size - offset) : sizeof(part);

		if (get(stream, part, want))
			return -1;
		if (fd >= 0 && write_all(fd, part, want, offset))
			return -1;
		offset += want;
	}
	return get(stream, pad, padding(size));
}

int job_write_block(int fd, uint64_t offset, const void *header, size_t size)
{
	_Alignas(JOB_BLOCK) unsigned char block[JOB_BLOCK] = {0};

	memcpy(block, header, size);
	return write_all(fd, block, sizeof(block), offset);
}

int job_read_block(int fd, uint64_t offset, void *header, size_t size)
{
	_Alignas(JOB_BLOCK) unsigned char block[JOB_BLOCK];

	if (read_all(fd, block, sizeof(block), offset))
		return -1;
	memcpy(header, block, size);
	return 0;
}
