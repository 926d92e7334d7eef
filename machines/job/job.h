/* SPDX-License-Identifier: MIT */
/*
 * What goes in and out of an emulated machine: a drive that the runner fills
 * in and the machine's init reads, runs and answers on.
 *
 *   0                 struct job_header, one block
 *   archive_offset    records: what to run, terminated by JOB_END
 *   result_offset     struct job_result, one block
 *   + JOB_BLOCK       records: what came out, terminated by JOB_END
 *
 * A drive whose first block does not begin with JOB_MAGIC holds no job yet:
 * this is how init waits, before and after its machine's snapshot is taken.
 * All numbers are little-endian, as on both machines.
 */
#ifndef RINGSIDE_MACHINES_JOB_JOB_H
#define RINGSIDE_MACHINES_JOB_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOB_BLOCK 4096
#define JOB_MAGIC "RSIDEJOB"
#define JOB_RESULT_MAGIC "RSIDERES"
#define JOB_VERSION 2

/* The drive: its size is part of a snapshot and the same for every job. */
#define JOB_DRIVE_SIZE (1024ull << 20)
#define JOB_RESULT_OFFSET (512ull << 20)

/* Longest name of a record, its NUL excluded: an environment string, mostly. */
#define JOB_NAME_MAX (1u << 20)

struct job_header {
	char magic[8]; /* JOB_MAGIC, without its NUL */
	uint32_t version; /* JOB_VERSION */
	uint32_t nanoseconds; /* the wall clock's fraction of a second */
	uint64_t seconds; /* the wall clock, since 1970 */
	uint64_t archive_offset; /* bytes from the drive's start */
	uint64_t archive_size; /* bytes, JOB_END included */
	uint64_t result_offset; /* bytes from the drive's start */
	uint64_t result_size; /* bytes that the result may fill */
	uint8_t seed[32]; /* random: snapshots share one random pool */
};

struct job_result {
	char magic[8]; /* JOB_RESULT_MAGIC, without its NUL */
	uint32_t version; /* JOB_VERSION */
	int32_t wait_status; /* as waitpid() gave it */
	uint64_t archive_size; /* bytes, JOB_END included */
};

/* What a record is; its name and data in parentheses. */
enum job_record_type {
	JOB_END, /* the last one */
	JOB_ARGUMENT, /* (argument): argv[], in order; argv[0] is the program's path */
	JOB_ENVIRONMENT, /* (NAME=value) */
	JOB_DIRECTORY, /* (path): where to run */
	JOB_COLLECT, /* (path): a file or folder to bring out afterwards */
	JOB_FOLDER, /* (path) */
	JOB_FILE, /* (path, contents) */
	JOB_LINK, /* (path, target): a symbolic link */
	JOB_NOTE, /* (text): what went wrong in the machine */
	JOB_MODULE, /* (file name): load this module anew, whose file came before */
};

struct job_record {
	uint32_t type; /* enum job_record_type */
	uint32_t mode; /* permission bits of a file or folder */
	uint32_t name_size; /* bytes, the name's NUL excluded */
	uint32_t reserved;
	uint64_t data_size; /* bytes */
};

_Static_assert(sizeof(struct job_header) == 88, "job_header: wrong size");
_Static_assert(sizeof(struct job_result) == 24, "job_result: wrong size");
_Static_assert(sizeof(struct job_record) == 24, "job_record: wrong size");

/*
 * A sequence of records on a drive, read or written through one aligned
 * buffer, so that the file may be opened with O_DIRECT.
 */
struct job_stream {
	int fd;
	uint64_t offset; /* of the buffer's first byte on the drive */
	uint64_t end; /* first byte after the stream's place */
	unsigned char *buffer;
	size_t position; /* next byte in the buffer */
	size_t filled; /* bytes that reading put there */
};

/**
 * job_stream_open() - prepare to read or write records
 * @stream: to be filled in; job_stream_close() frees what it holds
 * @fd: the drive; stays the caller's
 * @offset: the first record's place in bytes, a multiple of JOB_BLOCK
 * @size: bytes that may be read or written there
 *
 * Return: 0, or -1 with errno ENOMEM.
 */
int job_stream_open(struct job_stream *stream, int fd, uint64_t offset, uint64_t size);

/** job_stream_close() - free the buffer; what was not flushed is lost */
void job_stream_close(struct job_stream *stream);

/** job_stream_flush() - write what is buffered; 0, or -1 with errno */
int job_stream_flush(struct job_stream *stream);

/**
 * job_write() - write one record
 * @stream: where
 * @type: what it is
 * @mode: permission bits of a file or folder
 * @name: its name
 * @data: its contents; may be NULL if @size is 0
 * @size: of @data in bytes
 *
 * Return: 0, or -1 with errno: ENOSPC when the stream's place is full,
 * ENAMETOOLONG, or what pwrite() says.
 */
int job_write(struct job_stream *stream, enum job_record_type type, uint32_t mode, const char *name,
	      const void *data, size_t size);

/**
 * job_write_file() - write a JOB_FILE with a file's contents
 * @stream: where
 * @name: the file's path on the other side
 * @fd: the file, read from its start; stays the caller's
 *
 * Return: 0, or -1 with errno; EIO when the file changed meanwhile.
 */
int job_write_file(struct job_stream *stream, const char *name, int fd);

/**
 * job_read() - read the next record's head and name
 * @stream: from where
 * @record: to be filled in
 * @name: set to the record's name, NUL-terminated, which the caller frees
 *
 * The caller then takes exactly record->data_size bytes of data, with
 * job_read_data() or job_read_file(). Every size is checked against the
 * stream's end first, and a name with a NUL inside is refused.
 *
 * Return: 0, or -1 with errno: EBADMSG for what no job_write() wrote.
 */
int job_read(struct job_stream *stream, struct job_record *record, char **name);

/**
 * job_read_data() - read a record's data into memory
 * @stream: after job_read()
 * @data: where to, @size bytes
 * @size: the record's data_size
 *
 * Return: 0, or -1 with errno.
 */
int job_read_data(struct job_stream *stream, void *data, size_t size);

/**
 * job_read_file() - copy a record's data into a file
 * @stream: after job_read()
 * @fd: the file, or -1 to skip the data
 * @size: the record's data_size
 *
 * Return: 0, or -1 with errno.
 */
int job_read_file(struct job_stream *stream, int fd, uint64_t size);

/** job_write_block() - write a header of @size bytes as one block at @offset */
int job_write_block(int fd, uint64_t offset, const void *header, size_t size);

/** job_read_block() - read a header of @size bytes from the block at @offset */
int job_read_block(int fd, uint64_t offset, void *header, size_t size);

#endif /* RINGSIDE_MACHINES_JOB_JOB_H */
