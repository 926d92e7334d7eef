/* SPDX-License-Identifier: MIT */
/* See image.h. The header: "Multiboot Specification version 0.6.96", 3.1. */
#include "suites/kvm_unit_tests/vmm/image.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "suites/kvm_unit_tests/vmm/boot.h"
#include "suites/kvm_unit_tests/vmm/verdict.h"

#define FIX "Fix: name a .flat file that kvm-unit-tests has built for x86"

#define MAGIC 0x1badb002u
#define SEARCHED 8192u /* the header is in so many bytes at the beginning */
#define ALIGNMENT 4u

/* Bits 0 to 15 of the flags ask for what a loader has to refuse if it can't do it. */
#define FLAG_PAGE_ALIGNED (1u << 0)
#define FLAG_MEMORY (1u << 1)
#define FLAGS_REQUIRED 0xffffu
#define FLAG_ADDRESSES (1u << 16) /* the file need not be ELF */

/* Below is the vectors' and the firmware's page. */
#define LOWEST_ADDRESS 0x1000u

#define LARGEST_FILE (256u << 20)

struct header {
	uint32_t magic, flags, checksum;
};

static char *read_file(const char *path, struct image *image)
{
	FILE *file = fopen(path, "re");
	struct stat known;
	bool ok;

	if (!file)
		return format_text("cannot open %s: %s. " FIX, path, strerror(errno));
	if (fstat(fileno(file), &known) || !S_ISREG(known.st_mode)) {
		fclose(file);
		return format_text("%s is no regular file. " FIX, path);
	}
	if (known.st_size > LARGEST_FILE) {
		fclose(file);
		return format_text("%s has %lld bytes, more than %u. " FIX, path,
				   (long long)known.st_size, LARGEST_FILE);
	}
	image->size = (size_t)known.st_size;
	image->data = malloc(image->size + 1);
	ok = image->data && fread(image->data, 1, image->size, file) == image->size;
	fclose(file);
	return ok ? NULL : format_text("cannot read %s: %s", path, strerror(errno));
}

static char *check_header(const struct image *image)
{
	size_t searched = image->size < SEARCHED ? image->size : SEARCHED;
	struct header header;

	for (size_t at = 0; at + sizeof(header) <= searched; at += ALIGNMENT) {
		memcpy(&header, image->data + at, sizeof(header));
		if (header.magic != MAGIC || header.magic + header.flags + header.checksum)
			continue;
		if (header.flags & FLAG_ADDRESSES)
			return format_text("%s says in its Multiboot header where to load it, as "
					   "files do that are no ELF files. " FIX,
					   image->path);
		if (header.flags & FLAGS_REQUIRED & ~(FLAG_PAGE_ALIGNED | FLAG_MEMORY))
			return format_text("%s asks in its Multiboot header for what is not "
					   "offered here: flags %#x. " FIX,
					   image->path, header.flags);
		return NULL;
	}
	return format_text("%s is no Multiboot image: there is no Multiboot 1 header in its first "
			   "%u bytes. " FIX,
			   image->path, SEARCHED);
}

static char *check_elf(const struct image *image, const Elf32_Ehdr *elf)
{
	if (image->size < sizeof(*elf) || memcmp(elf->e_ident, ELFMAG, SELFMAG))
		return format_text("%s is no ELF file. " FIX, image->path);
	if (elf->e_ident[EI_CLASS] != ELFCLASS32 || elf->e_machine != EM_386)
		return format_text("%s is an ELF file of class %d for machine %d, and Multiboot's "
				   "are of class %d for machine %d (i386), with 64-bit code in "
				   "them, too. " FIX,
				   image->path, elf->e_ident[EI_CLASS], elf->e_machine, ELFCLASS32,
				   EM_386);
	if (elf->e_phentsize != sizeof(Elf32_Phdr) || elf->e_phoff > image->size ||
	    elf->e_phnum > (image->size - elf->e_phoff) / sizeof(Elf32_Phdr))
		return format_text("%s is damaged: its program headers are not in it. Fix: build "
				   "it anew",
				   image->path);
	return NULL;
}

static Elf32_Phdr segment(const struct image *image, unsigned int index)
{
	Elf32_Ehdr elf;
	Elf32_Phdr result;

	memcpy(&elf, image->data, sizeof(elf));
	memcpy(&result, image->data + elf.e_phoff + index * sizeof(result), sizeof(result));
	return result;
}

static char *check_segment(const struct image *image, const Elf32_Phdr *part, uint64_t memory)
{
	if (part->p_filesz > part->p_memsz || part->p_offset > image->size ||
	    part->p_filesz > image->size - part->p_offset)
		return format_text("%s is damaged: a part of it is not in the file. Fix: build it "
				   "anew",
				   image->path);
	if (part->p_paddr < 0x100000 && part->p_paddr + part->p_memsz > BOOT_INFORMATION)
		return format_text("%s wants to be loaded from %#x on, %u bytes, and from %#x to 1 "
				   "MiB is what a loader and the firmware have to say. " FIX,
				   image->path, part->p_paddr, part->p_memsz, BOOT_INFORMATION);
	if (part->p_paddr < LOWEST_ADDRESS || (uint64_t)part->p_paddr + part->p_memsz > memory)
		return format_text("%s wants to be loaded from %#x on, %u bytes, and memory goes "
				   "from %#x to %#llx. Fix: give it more (memory_mb)",
				   image->path, part->p_paddr, part->p_memsz, LOWEST_ADDRESS,
				   (unsigned long long)memory);
	return NULL;
}

char *read_image(const char *path, uint64_t memory, struct image *image)
{
	Elf32_Ehdr elf = {0};
	char *problem;
	bool entered = false;

	*image = (struct image){.path = path};
	problem = read_file(path, image);
	if (problem)
		return problem;
	memcpy(&elf, image->data, image->size < sizeof(elf) ? image->size : sizeof(elf));
	problem = check_header(image);
	if (!problem)
		problem = check_elf(image, &elf);
	for (unsigned int i = 0; !problem && i < elf.e_phnum; i++) {
		Elf32_Phdr part = segment(image, i);

		if (part.p_type != PT_LOAD || !part.p_memsz)
			continue;
		problem = check_segment(image, &part, memory);
		entered |=
			elf.e_entry >= part.p_paddr && elf.e_entry - part.p_paddr < part.p_filesz;
		if (part.p_paddr + part.p_memsz > image->end)
			image->end = part.p_paddr + part.p_memsz;
	}
	if (!problem && !entered)
		problem = format_text("%s begins at %#x, where nothing of it is. Fix: build it "
				      "anew",
				      path, elf.e_entry);
	image->entry = elf.e_entry;
	return problem;
}

void load_image(const struct image *image, unsigned char *ram)
{
	Elf32_Ehdr elf;

	memcpy(&elf, image->data, sizeof(elf));
	for (unsigned int i = 0; i < elf.e_phnum; i++) {
		Elf32_Phdr part = segment(image, i);

		if (part.p_type == PT_LOAD)
			memcpy(ram + part.p_paddr, image->data + part.p_offset, part.p_filesz);
	}
}
