/* SPDX-License-Identifier: MIT */
/* The image: an ELF file for i386 with a header of Multiboot 1. */
#ifndef RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_IMAGE_H
#define RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_IMAGE_H

#include <stddef.h>
#include <stdint.h>

struct image {
	const char *path;
	unsigned char *data; /* the file */
	size_t size;
	uint32_t entry; /* where it begins */
	uint32_t end; /* of what it takes of memory, its zeroed part with it */
};

/**
 * read_image() - read a file, and check all of it that is used later
 * @path: the file
 * @memory: bytes of RAM from address 0 on that it may use
 * @image: filled in
 *
 * Return: NULL, or what is wrong with the file and what to do, for the caller to free().
 */
char *read_image(const char *path, uint64_t memory, struct image *image);

/** load_image() - copy it to RAM; what it wants zeroed is zero in fresh RAM */
void load_image(const struct image *image, unsigned char *ram);

#endif /* RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_IMAGE_H */
