/* SPDX-License-Identifier: MIT */
/* See elf.h. */
#include "machines/shell/elf.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool names_loader(int fd, const Elf64_Ehdr *head)
{
	for (unsigned int i = 0; i < head->e_phnum; i++) {
		uint64_t place = head->e_phoff + (uint64_t)i * head->e_phentsize;
		Elf64_Phdr part;

		if (pread(fd, &part, sizeof(part), (off_t)place) != sizeof(part))
			return false;
		if (part.p_type == PT_INTERP)
			return true;
	}
	return false;
}

bool elf_is_dynamic(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool result = false;
	Elf64_Ehdr head;

	if (fd < 0)
		return false;
	if (read(fd, &head, sizeof(head)) == sizeof(head) &&
	    !memcmp(head.e_ident, ELFMAG, SELFMAG) && head.e_ident[EI_CLASS] == ELFCLASS64)
		result = names_loader(fd, &head);
	close(fd);
	return result;
}
