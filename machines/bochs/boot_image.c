// SPDX-License-Identifier: MIT
//
// Lays out a Linux kernel, its initramfs and command line for the boot ROM, and
// completes the ROM. What a boot loader has to do is done here, once, where an
// error can be explained; the ROM only copies and jumps.
//
// The formats are those of Linux' Documentation/arch/x86/boot.rst ("the boot
// protocol") and, for the ROM, of the PCI Firmware Specification, 5.1.
//
// usage: boot_image --kernel=BZIMAGE --initramfs=CPIO --append=TEXT
//                   --memory=MIB --image=OUTPUT --rom=OUTPUT
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machines/bochs/boot_rom.h"

#define KIB 1024u
#define MIB (1024u * KIB)
#define SECTOR 512u
#define PAGE 4096u

// Space at the end of memory in which the BIOS keeps its ACPI tables.
#define FIRMWARE_RESERVE MIB
// The machine's devices and firmware lie above.
#define MEMORY_LIMIT_MIB 3072u

// Fields of the real-mode header, offsets from its start.
enum {
	SETUP_SECTS = 0x1f1,
	BOOT_FLAG = 0x1fe,
	HEADER_MAGIC = 0x202,
	VERSION = 0x206,
	TYPE_OF_LOADER = 0x210,
	LOADFLAGS = 0x211,
	CODE32_START = 0x214,
	RAMDISK_IMAGE = 0x218,
	RAMDISK_SIZE = 0x21c,
	HEAP_END_PTR = 0x224,
	CMD_LINE_PTR = 0x228,
	INITRD_ADDR_MAX = 0x22c,
	RELOCATABLE_KERNEL = 0x234,
	CMDLINE_SIZE = 0x238,
	PREF_ADDRESS = 0x258,
	INIT_SIZE = 0x260,
	HEADER_END = 0x268,
};

// The version with init_size and pref_address: Linux 2.6.30 has it.
#define OLDEST_VERSION 0x020a
#define LOADER_UNDEFINED 0xff
#define LOADED_HIGH 0x01
#define CAN_USE_HEAP 0x80

extern const uint8_t boot_rom_start[], boot_rom_end[];

struct bytes {
	const char *path;
	uint8_t *data;
	size_t size;
};

struct options {
	const char *kernel, *initramfs, *append, *memory, *image, *rom;
};

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("boot_image: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static struct bytes read_file(const char *path)
{
	struct bytes file = {.path = path};
	FILE *f = fopen(path, "rb");
	long size;

	if (!f)
		die("cannot open '%s': %s", path, strerror(errno));
	if (fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0)
		die("cannot tell the size of '%s': %s", path, strerror(errno));
	if (fseek(f, 0, SEEK_SET))
		die("cannot read '%s': %s", path, strerror(errno));
	file.size = (size_t)size;
	file.data = malloc(file.size + 1);
	if (!file.data)
		die("no memory for the %zu bytes of '%s'", file.size, path);
	if (fread(file.data, 1, file.size, f) != file.size)
		die("cannot read '%s': %s", path, strerror(errno));
	fclose(f);
	return file;
}

static uint32_t get(const uint8_t *p, unsigned int width)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < width; i++)
		value |= (uint32_t)p[i] << (8 * i);
	return value;
}

static void put(uint8_t *p, unsigned int width, uint32_t value)
{
	for (unsigned int i = 0; i < width; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t parse_memory(const char *text)
{
	char *end;
	unsigned long mib;

	errno = 0;
	mib = strtoul(text, &end, 10);
	if (errno || end == text || *end || mib < 32 || mib > MEMORY_LIMIT_MIB)
		die("--memory=%s is not a number of MiB from 32 to %u", text, MEMORY_LIMIT_MIB);
	return (uint32_t)mib;
}

static void check_kernel(const struct bytes *kernel)
{
	const uint8_t *k = kernel->data;
	unsigned int version;

	if (kernel->size < HEADER_END || get(k + BOOT_FLAG, 2) != 0xaa55 ||
	    memcmp(k + HEADER_MAGIC, "HdrS", 4))
		die("'%s' is not a bzImage; the kernel's build puts one at arch/x86/boot/bzImage",
		    kernel->path);
	version = get(k + VERSION, 2);
	if (version < OLDEST_VERSION)
		die("'%s' speaks boot protocol %u.%02u, which is older than 2.10; build a newer kernel",
		    kernel->path, version >> 8, version & 0xff);
	if (!(k[LOADFLAGS] & LOADED_HIGH) || !k[RELOCATABLE_KERNEL])
		die("'%s' is not relocatable; build the kernel with CONFIG_RELOCATABLE=y",
		    kernel->path);
}

// Where the initramfs goes: as high as possible, out of the kernel's way.
static uint32_t place_initramfs(const struct bytes *kernel, const struct bytes *initramfs,
				uint32_t memory)
{
	uint64_t kernel_end =
		(uint64_t)get(kernel->data + PREF_ADDRESS, 4) + get(kernel->data + INIT_SIZE, 4);
	uint64_t top = (uint64_t)memory * MIB - FIRMWARE_RESERVE;
	uint64_t limit = (uint64_t)get(kernel->data + INITRD_ADDR_MAX, 4) + 1;
	uint64_t address;

	if (top > limit)
		top = limit;
	if (kernel_end + initramfs->size + PAGE > top)
		die("kernel '%s' and initramfs '%s' need %llu MiB of memory, the machine has %u; give it more",
		    kernel->path, initramfs->path,
		    ((unsigned long long)kernel_end + initramfs->size + FIRMWARE_RESERVE) / MIB + 1,
		    memory);
	address = (top - initramfs->size) & ~(uint64_t)(PAGE - 1);
	return (uint32_t)address;
}

// The 64 KiB of low memory that Linux' setup code starts in.
static void make_setup(uint8_t *setup, const struct bytes *kernel, size_t size,
		       uint32_t initramfs_address, uint32_t initramfs_size, const char *append)
{
	size_t length = strlen(append);
	size_t limit = BOOT_SETUP_SIZE - BOOT_COMMAND_LINE - 1;

	if (limit > get(kernel->data + CMDLINE_SIZE, 4))
		limit = get(kernel->data + CMDLINE_SIZE, 4);
	if (length > limit)
		die("the kernel's command line has %zu characters, '%s' takes %zu", length,
		    kernel->path, limit);

	memset(setup, 0, BOOT_SETUP_SIZE);
	memcpy(setup, kernel->data, size);
	memcpy(setup + BOOT_COMMAND_LINE, append, length);
	setup[TYPE_OF_LOADER] = LOADER_UNDEFINED;
	setup[LOADFLAGS] |= CAN_USE_HEAP;
	put(setup + HEAP_END_PTR, 2, BOOT_STACK_TOP - 0x200);
	put(setup + CODE32_START, 4, get(kernel->data + PREF_ADDRESS, 4));
	put(setup + RAMDISK_IMAGE, 4, initramfs_address);
	put(setup + RAMDISK_SIZE, 4, initramfs_size);
	put(setup + CMD_LINE_PTR, 4, BOOT_SETUP_ADDRESS + BOOT_COMMAND_LINE);
}

static void write_bytes(FILE *f, const char *path, const void *data, size_t size)
{
	if (fwrite(data, 1, size, f) != size)
		die("cannot write '%s': %s", path, strerror(errno));
}

static FILE *open_output(const char *path)
{
	FILE *f = fopen(path, "wb");

	if (!f)
		die("cannot create '%s': %s", path, strerror(errno));
	return f;
}

static void close_output(FILE *f, const char *path)
{
	if (fclose(f))
		die("cannot write '%s': %s", path, strerror(errno));
}

static void write_chunk(FILE *f, const char *path, uint32_t address, const uint8_t *data,
			size_t size)
{
	static const uint8_t zeros[4];
	uint8_t head[8];

	put(head, 4, address);
	put(head + 4, 4, (uint32_t)((size + 3) / 4));
	write_bytes(f, path, head, sizeof(head));
	write_bytes(f, path, data, size);
	write_bytes(f, path, zeros, -size % 4);
}

static void write_image(const struct options *o)
{
	static uint8_t setup[BOOT_SETUP_SIZE];
	static const uint8_t end[8];
	struct bytes kernel = read_file(o->kernel);
	struct bytes initramfs = read_file(o->initramfs);
	uint32_t memory = parse_memory(o->memory);
	uint32_t initramfs_address;
	size_t setup_size;
	FILE *f;

	check_kernel(&kernel);
	// 0 stands for 4, for the sake of very old kernels.
	setup_size = ((kernel.data[SETUP_SECTS] ?: 4) + 1) * SECTOR;
	if (setup_size >= kernel.size || setup_size > BOOT_STACK_TOP / 2)
		die("'%s' is damaged: %zu bytes of setup code in a file of %zu bytes", kernel.path,
		    setup_size, kernel.size);
	initramfs_address = place_initramfs(&kernel, &initramfs, memory);
	make_setup(setup, &kernel, setup_size, initramfs_address, (uint32_t)initramfs.size,
		   o->append);

	f = open_output(o->image);
	write_chunk(f, o->image, BOOT_SETUP_ADDRESS, setup, sizeof(setup));
	write_chunk(f, o->image, get(kernel.data + PREF_ADDRESS, 4), kernel.data + setup_size,
		    kernel.size - setup_size);
	if (initramfs.size)
		write_chunk(f, o->image, initramfs_address, initramfs.data, initramfs.size);
	write_bytes(f, o->image, end, sizeof(end));
	close_output(f, o->image);
	free(kernel.data);
	free(initramfs.data);
}

static void write_rom(const char *path)
{
	uint8_t rom[2 * KIB] = {0};
	size_t size = (size_t)(boot_rom_end - boot_rom_start);
	uint8_t sum = 0;
	FILE *f = open_output(path);

	_Static_assert(sizeof(rom) % (2 * KIB) == 0, "Bochs takes whole 2 KiB");
	if (size >= sizeof(rom))
		die("the boot ROM has %zu bytes, its file holds %zu", size, sizeof(rom) - 1);
	memcpy(rom, boot_rom_start, size);
	rom[2] = sizeof(rom) / SECTOR;
	for (size_t i = 0; i < sizeof(rom); i++)
		sum += rom[i];
	rom[sizeof(rom) - 1] = (uint8_t)-sum;
	write_bytes(f, path, rom, sizeof(rom));
	close_output(f, path);
}

static void parse_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{"kernel", required_argument, NULL, 'k'},
		{"initramfs", required_argument, NULL, 'i'},
		{"append", required_argument, NULL, 'a'},
		{"memory", required_argument, NULL, 'm'},
		{"image", required_argument, NULL, 'o'},
		{"rom", required_argument, NULL, 'r'},
		{0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'k':
			o->kernel = optarg;
			break;
		case 'i':
			o->initramfs = optarg;
			break;
		case 'a':
			o->append = optarg;
			break;
		case 'm':
			o->memory = optarg;
			break;
		case 'o':
			o->image = optarg;
			break;
		case 'r':
			o->rom = optarg;
			break;
		default:
			exit(1);
		}
	}
	if (optind != argc || !o->kernel || !o->initramfs || !o->append || !o->memory ||
	    !o->image || !o->rom)
		die("usage: boot_image --kernel=BZIMAGE --initramfs=CPIO --append=TEXT --memory=MIB --image=OUTPUT --rom=OUTPUT");
}

int main(int argc, char **argv)
{
	struct options options = {0};

	parse_options(argc, argv, &options);
	write_image(&options);
	write_rom(options.rom);
	return 0;
}
