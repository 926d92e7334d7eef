/* SPDX-License-Identifier: MIT */
/* See boot.h. */
#include "machines/emulator/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machines/channel/channel.h"
#include "machines/emulator/clock.h"

struct boot boot;

static unsigned int time_limit; /* in seconds */
static int64_t deadline;

void boot_die(const char *format, ...)
{
	va_list list;

	fputs("make_snapshot: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputs("\n", stderr);
	if (boot.explain)
		boot.explain(stderr);
	if (boot.console.count || boot.console.used) {
		fputs("  the last lines of the machine's console:\n", stderr);
		console_print_end(&boot.console, stderr);
	}
	boot.end();
	exit(1);
}

void boot_options(int argc, char **argv, const struct option *options, const char **values)
{
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			exit(1);
		values[option] = optarg;
	}
	for (const struct option *o = options; o->name; o++)
		if (!values[o->val])
			boot_die("--%s is missing", o->name);
}

unsigned int boot_number(const char *option, const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (!*text || *end || !value || value > 1u << 20)
		boot_die("--%s '%s' is no number from 1 to %u", option, text, 1u << 20);
	return (unsigned int)value;
}

static void take_error(const char *text)
{
	snprintf(boot.error, sizeof(boot.error), "%s", text);
}

static void on_init_error(void *context, const char *text)
{
	take_error(text);
}

void boot_begin(unsigned int seconds)
{
	time_limit = seconds;
	deadline = now_ms() + seconds * 1000ll;
	boot.console.on_init_error = on_init_error;
}

void boot_wait(struct pollfd *events, nfds_t count)
{
	const int64_t left = deadline - now_ms();

	if (left <= 0)
		boot_die("the machine was not ready within %u s: it hangs while booting, or this "
			 "computer is very busy",
			 time_limit);
	for (nfds_t i = 0; i < count; i++)
		events[i].revents = 0;
	if (poll(events, count, (int)left) < 0 && errno != EINTR)
		boot_die("poll: %s", strerror(errno));
}

bool boot_read_console(int console)
{
	char text[4096];
	const ssize_t got = read(console, text, sizeof(text));

	if (got > 0)
		console_add(&boot.console, text, (size_t)got);
	return got > 0 || (got < 0 && errno == EINTR);
}

static void take_frame(const struct channel_frame *frame)
{
	switch (frame->head.type) {
	case CHANNEL_READY:
		snprintf(boot.release, sizeof(boot.release), "%s", channel_text(frame));
		boot.ready = true;
		break;
	case CHANNEL_DIED:
		take_error(channel_text(frame));
		break;
	default:
		boot_die("the machine sends a frame of type %u while it boots", frame->head.type);
	}
}

bool boot_read_channel(int channel)
{
	static struct channel_reader reader = {.sender = CHANNEL_MACHINE};
	unsigned char data[4096];
	const unsigned char *next = data;
	const ssize_t got = read(channel, data, sizeof(data));
	size_t size = got > 0 ? (size_t)got : 0;
	int found;

	while ((found = channel_read(&reader, &next, &size)) > 0)
		take_frame(&reader.frame);
	if (found < 0)
		boot_die("what the machine sends while it boots is not what init sends");
	return got > 0 || (got < 0 && errno == EINTR);
}

void boot_check_init(void)
{
	if (*boot.error)
		boot_die("the machine does not come up: %s", boot.error);
}

void boot_make_folder(const char *folder)
{
	if (mkdir(folder, 0755) && errno != EEXIST)
		boot_die("cannot make %s: %s", folder, strerror(errno));
}

int boot_create(const char *folder, const char *name)
{
	char path[PATH_MAX];
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
		boot_die("--output: path too long");
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		boot_die("cannot create %s: %s", path, strerror(errno));
	return fd;
}

void boot_write_release(const char *folder)
{
	const int file = boot_create(folder, "release");

	if (dprintf(file, "%s\n", boot.release) < 0 || close(file))
		boot_die("cannot write %s/release: %s", folder, strerror(errno));
}
