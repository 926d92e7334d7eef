/* SPDX-License-Identifier: MIT */
/* The machine itself: its console, its file systems, its memory, its end. */
#include "machines/init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* What is written to the port that ends the emulator. */
#define EXIT_VALUE 0x10

static void say_list(const char *kind, const char *format, va_list list)
{
	/* One write, so that the kernel's own lines don't come in between. */
	char line[1024];
	int size = snprintf(line, sizeof(line), "ringside-init: %s", kind);

	vsnprintf(line + size, sizeof(line) - (size_t)size - 1, format, list);
	strcat(line, "\n");
	if (write(STDOUT_FILENO, line, strlen(line)) < 0)
		return; /* there is nowhere else to say it */
}

void say(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say_list("", format, list);
	va_end(list);
}

void die(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say_list("error: ", format, list);
	va_end(list);
	switch_off();
}

const char *fix_kernel(const char *options)
{
	static char text[160];
	const int error = errno;

	if (error != ENOSYS && error != ENODEV)
		return "";
	snprintf(text, sizeof(text), ". Fix: a kernel with %s", options);
	errno = error;
	return text;
}

/* A number from the environment: what the kernel's command line set. */
static unsigned int setting(const char *name)
{
	const char *value = getenv(name);

	return value ? (unsigned int)strtoul(value, NULL, 0) : 0;
}

static void write_port(unsigned int port, unsigned int value)
{
	if (ioperm(port, 4, 1))
		say("no access to I/O port %#x: %s%s", port, strerror(errno),
		    fix_kernel("CONFIG_X86_IOPL_IOPERM"));
	else
		outl(value, (unsigned short)port);
}

void switch_off(void)
{
	unsigned int port = setting("ringside_exit_port");

	/* What the console still has to say. */
	tcdrain(STDOUT_FILENO);
	if (port)
		write_port(port, EXIT_VALUE);
	reboot(RB_POWER_OFF);
	_exit(1); /* the kernel panics: the machine ends in any case */
}

void announce_ready(void)
{
	unsigned int port = setting("ringside_ready_port");

	say("ready");
	if (port)
		write_port(port, 1);
}

/* The kernel's option behind a type of file system. */
static const char *option_of(const char *type)
{
	static const struct {
		const char *type, *option;
	} options[] = {
		{"debugfs", "CONFIG_DEBUG_FS"}, {"devtmpfs", "CONFIG_DEVTMPFS"},
		{"proc", "CONFIG_PROC_FS"},	{"sysfs", "CONFIG_SYSFS"},
		{"tmpfs", "CONFIG_TMPFS"},
	};
	size_t i = 0;

	while (i < sizeof(options) / sizeof(*options) - 1 && strcmp(options[i].type, type))
		i++;
	return options[i].option;
}

static void mount_at(const char *source, const char *target, const char *type, unsigned long flags,
		     const char *data)
{
	/* Nobody may make a folder in sysfs: a file system that has its place there makes it. */
	if (mkdir(target, 0755) && errno != EEXIST && type && errno == EPERM)
		die("there is no folder %s. Fix: a kernel with %s", target, option_of(type));
	if (access(target, F_OK))
		die("cannot make %s: %s", target, strerror(errno));
	if (mount(source, target, type, flags, data))
		die("cannot mount %s: %s%s", target, strerror(errno),
		    type ? fix_kernel(option_of(type)) : "");
}

void mount_first(void)
{
	mount_at("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount_at("proc", "/proc", "proc", 0, NULL);
	mount_at("sysfs", "/sys", "sysfs", 0, NULL);
}

void make_root(void)
{
	/* What the initramfs occupies is freed by deleting it. */
	unlink("/init");
	mount_at("tmpfs", "/root", "tmpfs", 0, "size=60%,mode=755");
	if (chdir("/root"))
		die("cannot enter /root: %s", strerror(errno));
	mount_at("/dev", "dev", NULL, MS_MOVE, NULL);
	mount_at("/proc", "proc", NULL, MS_MOVE, NULL);
	mount_at("/sys", "sys", NULL, MS_MOVE, NULL);
	mount_at("tmpfs", "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, NULL);
	mount_at("debugfs", "sys/kernel/debug", "debugfs", 0, NULL);
	offer_modules(".");
	if (mkdir("tmp", 01777) || chmod("tmp", 01777))
		die("cannot make /tmp: %s", strerror(errno));
	if (mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		die("cannot change to the new root: %s", strerror(errno));
}

void clear_free_memory(void)
{
	/* Left for the kernel itself, in bytes: page tables and reserves grow with memory. */
	size_t margin = 8u << 20;
	char line[128];
	size_t size = 0;
	char *memory;
	FILE *file = fopen("/proc/meminfo", "r");

	if (!file)
		die("cannot read /proc/meminfo: %s", strerror(errno));
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, "MemFree:", 8))
			size = strtoul(line + 8, NULL, 10) << 10;
	fclose(file);
	margin += size / 64;
	if (size <= margin)
		return;
	size -= margin;
	/* The kernel clears each page that it hands out; nothing is written to it. */
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory != MAP_FAILED)
		munmap(memory, size);
}

void wait_for_device(const char *path, int seconds)
{
	int events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct timespec now, end;

	if (events < 0 || inotify_add_watch(events, "/dev", IN_CREATE) < 0)
		die("cannot watch /dev: %s%s", strerror(errno), fix_kernel("CONFIG_INOTIFY_USER"));
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	while (access(path, F_OK)) {
		struct pollfd poll_events = {.fd = events, .events = POLLIN};
		char buffer[4096];

		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec >= end.tv_sec)
			die("%s did not appear within %d s: this kernel has no driver for it, built "
			    "in or among the modules. Fix: CONFIG_VIRTIO_BLK and CONFIG_VIRTIO_PCI",
			    path, seconds);
		poll(&poll_events, 1, (int)(end.tv_sec - now.tv_sec) * 1000);
		while (read(events, buffer, sizeof(buffer)) > 0)
			;
	}
	close(events);
}
