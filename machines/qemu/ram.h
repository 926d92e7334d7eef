/* SPDX-License-Identifier: MIT */
/*
 * RAM in a file, without its zero pages: struct ram_header, then runs of a
 * struct ram_run and its bytes, up to a run of no bytes.
 */
#ifndef RINGSIDE_MACHINES_QEMU_RAM_H
#define RINGSIDE_MACHINES_QEMU_RAM_H

#include <stdint.h>

#define RAM_PAGE 4096
#define RAM_MAGIC "RSIDERAM"

struct ram_header {
	char magic[8]; /* RAM_MAGIC, without its NUL */
	uint64_t size; /* of RAM in bytes */
};

struct ram_run {
	uint64_t offset; /* in RAM, bytes; a multiple of RAM_PAGE */
	uint64_t size; /* bytes; a multiple of RAM_PAGE; 0 ends the file */
};

/**
 * ram_pack() - write RAM to a file
 * @ram: memory file of @size bytes
 * @size: of RAM in bytes, a multiple of RAM_PAGE
 * @fd: the file, written from its current position
 *
 * Return: 0, or -1 with errno.
 */
int ram_pack(int ram, uint64_t size, int fd);

/**
 * ram_unpack() - fill RAM from a file
 * @ram: memory file of @size zero bytes
 * @size: of RAM in bytes
 * @fd: what ram_pack() wrote
 *
 * Return: 0, or -1 with errno: EBADMSG when it is no such file or is damaged.
 */
int ram_unpack(int ram, uint64_t size, int fd);

#endif /* RINGSIDE_MACHINES_QEMU_RAM_H */
