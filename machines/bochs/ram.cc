// SPDX-License-Identifier: MIT
//
// RAM in a file; see ram.h. Numbers are little-endian, as on every machine that
// runs this.
#include "machines/bochs/ram.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace
{

constexpr size_t page_size = 4096;
constexpr char magic[8] = {'R', 'S', 'B', 'O', 'C', 'H', 'S', '1'};

// Zero pages between two runs that are saved all the same: they bound the
// number of mappings, of which a process may have 65530.
constexpr size_t smallest_gap = 16 * page_size;

struct Header {
	char magic[8];
	uint64_t ram_size; // bytes
	uint64_t runs;
};

struct Run {
	uint64_t ram_offset; // bytes
	uint64_t size; // bytes
	uint64_t file_offset; // bytes
};

bool is_zero(const char *page)
{
	return !page[0] && !memcmp(page, page + 1, page_size - 1);
}

uint64_t round_up(uint64_t size)
{
	return (size + page_size - 1) / page_size * page_size;
}

std::vector<Run> find_runs(const char *ram, size_t size)
{
	std::vector<Run> runs;
	for (uint64_t offset = 0; offset < size; offset += page_size) {
		if (is_zero(ram + offset))
			continue;
		if (!runs.empty()) {
			Run &last = runs.back();
			if (offset - (last.ram_offset + last.size) < smallest_gap) {
				last.size = offset + page_size - last.ram_offset;
				continue;
			}
		}
		runs.push_back({offset, page_size, 0});
	}
	uint64_t place = round_up(sizeof(Header) + runs.size() * sizeof(Run));
	for (Run &run : runs) {
		run.file_offset = place;
		place += run.size;
	}
	return runs;
}

bool write_at(int fd, const void *data, uint64_t size, uint64_t offset)
{
	const char *next = static_cast<const char *>(data);
	while (size) {
		ssize_t n = pwrite(fd, next, size, off_t(offset));
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			next += n;
			offset += uint64_t(n);
			size -= uint64_t(n);
		}
	}
	return true;
}

bool write_ram(int fd, const char *ram, size_t size)
{
	const std::vector<Run> runs = find_runs(ram, size);
	Header header = {{}, size, runs.size()};
	memcpy(header.magic, magic, sizeof(magic));
	if (!write_at(fd, &header, sizeof(header), 0) ||
	    !write_at(fd, runs.data(), runs.size() * sizeof(Run), sizeof(header)))
		return false;
	for (const Run &run : runs)
		if (!write_at(fd, ram + run.ram_offset, run.size, run.file_offset))
			return false;
	return true;
}

// Nothing that the file says is used before it has been checked.
bool is_sound(const Run &run, uint64_t ram_size, uint64_t file_size)
{
	return run.ram_offset % page_size == 0 && run.size % page_size == 0 && run.size &&
	       run.file_offset % page_size == 0 && run.ram_offset <= ram_size &&
	       run.size <= ram_size - run.ram_offset && run.file_offset <= file_size &&
	       run.size <= file_size - run.file_offset;
}

bool map_runs(int fd, char *ram, size_t size)
{
	struct stat status;
	Header header;
	if (fstat(fd, &status))
		return false;
	const uint64_t file_size = uint64_t(status.st_size);
	errno = EBADMSG;
	if (pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
	    memcmp(header.magic, magic, sizeof(magic)) || header.ram_size != size ||
	    header.runs > size / page_size)
		return false;

	std::vector<Run> runs(header.runs);
	const size_t table = runs.size() * sizeof(Run);
	if (pread(fd, runs.data(), table, sizeof(header)) != ssize_t(table))
		return false;
	for (const Run &run : runs) {
		if (!is_sound(run, size, file_size)) {
			errno = EBADMSG;
			return false;
		}
		if (mmap(ram + run.ram_offset, run.size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_FIXED, fd, off_t(run.file_offset)) == MAP_FAILED)
			return false;
	}
	return true;
}

} // namespace

bool ram_save(const char *path, const void *ram, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return false;
	bool done = write_ram(fd, static_cast<const char *>(ram), size);
	return close(fd) == 0 && done;
}

bool ram_restore(const char *path, void *ram, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool done = map_runs(fd, static_cast<char *>(ram), size);
	int error = errno;
	close(fd);
	errno = error;
	return done;
}
