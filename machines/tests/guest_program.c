/* SPDX-License-Identifier: MIT */
/* What emulated_test.sh runs on a machine: a program that does one thing to it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0644);
	size_t size = strlen(text);

	if (fd < 0 || write(fd, text, size) != (ssize_t)size) {
		printf("cannot write %s: %s\n", path, strerror(errno));
		return 1;
	}
	close(fd);
	return 0;
}

static int in_output_folder(const char *name, char *path, size_t size)
{
	const char *folder = getenv("TEST_UNDECLARED_OUTPUTS_DIR");

	return !folder || (size_t)snprintf(path, size, "%s/%s", folder, name) >= size;
}

static int do_show(int argc, char **argv)
{
	char here[4096];

	for (int i = 0; i < argc; i++)
		printf("argument %d: <%s>\n", i, argv[i]);
	printf("variable: <%s>\n", getenv("GUEST_PROGRAM_VARIABLE"));
	printf("folder: <%s>\n", getcwd(here, sizeof(here)));
	printf("time: %ld\n", (long)time(NULL));
	fprintf(stderr, "on stderr\n");
	return 0;
}

static int do_leave_files(int argc, char **argv)
{
	char path[4096];

	if (write_file(getenv("XML_OUTPUT_FILE"), "<testsuites/>\n"))
		return 1;
	if (in_output_folder("below", path, sizeof(path)) || mkdir(path, 0755))
		return 1;
	if (in_output_folder("below/note.txt", path, sizeof(path)) || write_file(path, "a note\n"))
		return 1;
	if (in_output_folder("link", path, sizeof(path)) || symlink("/etc/passwd", path))
		return 1;
	/* Nobody asked for this one. */
	return write_file("/tmp/unasked", "not to be brought out\n");
}

static int do_print_much(int argc, char **argv)
{
	for (int i = 0; i < 20000; i++)
		printf("line %05d of many, to see that none is lost on its way\n", i);
	return 0;
}

static int do_fill_disk(int argc, char **argv)
{
	static char zeros[1 << 20];
	char path[4096];
	int fd;

	if (in_output_folder("large", path, sizeof(path)))
		return 1;
	fd = open(path, O_WRONLY | O_CREAT, 0644);
	while (write(fd, zeros, sizeof(zeros)) > 0)
		;
	printf("stopped: %s\n", strerror(errno));
	return errno == ENOSPC ? 0 : 1;
}

/* It has a size and no contents, and fits nowhere. */
static int do_leave_large(int argc, char **argv)
{
	char path[4096];
	int fd;

	if (in_output_folder("large", path, sizeof(path)))
		return 1;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	return fd < 0 || ftruncate(fd, 513ll << 20);
}

/* To init's own end of the channel: a device that only it can open, or I/O ports. */
static int do_write_garbage(int argc, char **argv)
{
	const char garbage[] = "This is no frame.";
	int init = (int)syscall(SYS_pidfd_open, 1, 0);

	for (int fd = 3; fd < 16; fd++) {
		char path[64], target[64] = "";
		int copy;

		snprintf(path, sizeof(path), "/proc/1/fd/%d", fd);
		if (readlink(path, target, sizeof(target) - 1) < 0 || !strstr(target, "vport"))
			continue;
		copy = (int)syscall(SYS_pidfd_getfd, init, fd, 0);
		if (copy < 0 || write(copy, garbage, sizeof(garbage)) < 0)
			return 1;
		pause();
	}
	if (iopl(3))
		return 1;
	outsb(0x5f0, garbage, sizeof(garbage));
	outl(2, 0x5f4);
	pause();
	return 1;
}

static int do_print_file(int argc, char **argv)
{
	char text[256] = "";
	FILE *file = fopen(argv[2], "r");

	if (!file)
		return 1;
	if (!fgets(text, sizeof(text), file)) {
		fclose(file);
		return 1;
	}
	fclose(file);
	printf("contents: %s", text);
	return 0;
}

/* Under two names: what the host has once takes its room once. */
static int do_same_file(int argc, char **argv)
{
	struct stat one, other;

	if (stat(argv[2], &one) || stat(argv[3], &other))
		return 2;
	return one.st_ino != other.st_ino || !one.st_size;
}

static int do_exit(int argc, char **argv)
{
	return atoi(argv[2]);
}

static int do_crash(int argc, char **argv)
{
	raise(SIGSEGV);
	return 0;
}

/* Only what is a warning or worse comes to the console. */
static int do_kernel_says(int argc, char **argv)
{
	const char *report = getenv("XML_OUTPUT_FILE");
	char line[128];

	/* As a test does that passes. */
	if (report &&
	    write_file(report, "<testsuites tests=\"1\" failures=\"0\"><testsuite name=\"own\">"
			       "<testcase name=\"passes\"/></testsuite></testsuites>\n"))
		return 1;
	/* A line that does not end waits for its rest. */
	snprintf(line, sizeof(line), "%s\n", argv[2]);
	return write_file("/dev/kmsg", line) ? 1 : atoi(argv[3]);
}

static int do_panic(int argc, char **argv)
{
	return write_file("/proc/sys/kernel/sysrq", "1\n") ||
	       write_file("/proc/sysrq-trigger", "c\n");
}

static int do_reset(int argc, char **argv)
{
	/* The chipset's reset register: no kernel has a word in it. */
	if (iopl(3))
		return 1;
	outb(0x06, 0xcf9);
	pause();
	return 0;
}

static int do_power_off(int argc, char **argv)
{
	return reboot(RB_POWER_OFF);
}

static int do_hang(int argc, char **argv)
{
	printf("hanging\n");
	fflush(stdout);
	for (;;)
		pause();
}

static int do_leave_children(int argc, char **argv)
{
	if (!fork())
		do_hang(argc, argv);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
		int arguments;
	} modes[] = {
		{"show", do_show, 0},
		{"leave_files", do_leave_files, 0},
		{"print_much", do_print_much, 0},
		{"fill_disk", do_fill_disk, 0},
		{"leave_large", do_leave_large, 0},
		{"write_garbage", do_write_garbage, 0},
		{"print_file", do_print_file, 1},
		{"same_file", do_same_file, 2},
		{"exit", do_exit, 1},
		{"crash", do_crash, 0},
		{"kernel_says", do_kernel_says, 2},
		{"panic", do_panic, 0},
		{"reset", do_reset, 0},
		{"power_off", do_power_off, 0},
		{"hang", do_hang, 0},
		{"leave_children", do_leave_children, 0},
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (argc > 1 + modes[i].arguments && !strcmp(argv[1], modes[i].name))
			return modes[i].run(argc, argv);
	fprintf(stderr, "unknown mode\n");
	return 2;
}
