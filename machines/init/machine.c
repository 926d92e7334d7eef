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
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "machines/init/host.h"

/* How long the kernel may say nothing while it measures the TSC, in seconds. */
#define CLOCK_SECONDS 20

/* One write, so that the kernel's own lines don't come in between. */
static void print(const char *kind, const char *text)
{
	if (dprintf(STDOUT_FILENO, "ringside-init: %s%s\n", kind, text) < 0)
		return; /* there is nowhere else to say it */
}

void say(const char *format, ...)
{
	char text[1024];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	print("", text);
}

void die(const char *format, ...)
{
	static bool dying;
	char text[1024];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	print("error: ", text);
	/* It may be the channel of which it dies. */
	if (!dying && host_is_open()) {
		dying = true;
		host_send_text(CHANNEL_DIED, text);
		host_end();
	}
	/* What the console still has to say. */
	tcdrain(STDOUT_FILENO);
	reboot(RB_POWER_OFF);
	_exit(1); /* the kernel panics: the machine ends in any case */
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

const char *required_setting(const char *name)
{
	const char *value = getenv(name);

	if (!value)
		die("the kernel's command line does not set %s", name);
	return value;
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

/* Whether the clock still counts with the TSC's first, coarse rate: x86's "tsc-early". */
static bool clock_is_coarse(void)
{
	FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "r");
	char name[32] = "";

	if (!file)
		die("cannot tell the clock: %s", strerror(errno));
	if (!fgets(name, sizeof(name), file))
		die("cannot tell the clock: it has no name");
	fclose(file);
	return !strcmp(name, "tsc-early\n");
}

void wait_for_clock(void)
{
	struct pollfd messages = {
		.fd = open("/dev/kmsg", O_RDONLY | O_CLOEXEC | O_NONBLOCK),
		.events = POLLIN,
	};

	/* Here the kernel says that it has changed its clock. */
	if (messages.fd < 0)
		die("cannot open /dev/kmsg: %s. Fix: a kernel with CONFIG_PRINTK", strerror(errno));
	while (clock_is_coarse()) {
		char message[8192];

		if (!poll(&messages, 1, CLOCK_SECONDS * 1000))
			die("the kernel has not measured the TSC's rate, and said nothing for %d s",
			    CLOCK_SECONDS);
		/* One at a time; those that are lost count, too. */
		while (read(messages.fd, message, sizeof(message)) > 0 || errno == EPIPE)
			;
	}
	close(messages.fd);
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
