/* SPDX-License-Identifier: MIT */
/* A program that does what its first argument says, as a user's might. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A million lines, every thousandth of them a result. */
static int print_million(void)
{
	puts("TAP version 13\n1..1000");
	for (int i = 0; i < 1000000; i++)
		if (i % 1000 == 999)
			printf("ok %d\n", i / 1000 + 1);
		else
			printf("# line %d\n", i);
	return 0;
}

/* Results, with bytes between them that no text has. */
static int print_garbage(void)
{
	puts("1..2\nok 1 before");
	for (int i = 0; i < 1 << 16; i++)
		putchar(i * 131 + (i >> 8));
	puts("\nok 2 <after> & \"behind\" \xff\x01");
	return 0;
}

/* A child, and its child, that would keep the output open for good. */
static int leave_children(void)
{
	int ready[2];
	char byte;

	if (pipe(ready))
		return 1;
	if (!fork()) {
		if (fork() && write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	return read(ready[0], &byte, 1) == 1 ? 0 : 1;
}

static int fill_disk(const char *path)
{
	static char block[1 << 20];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int error;

	memset(block, 'x', sizeof(block));
	while (write(fd, block, sizeof(block)) > 0)
		;
	error = errno;
	/* To the last byte. */
	while (write(fd, block, 1) > 0)
		;
	printf("stopped: %s\n", strerror(error));
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	/* As often as there are arguments: lines to print. */
	if (!strcmp(what, "print"))
		for (int i = 2; i < argc; i++)
			puts(argv[i]);
	else if (!strcmp(what, "million"))
		return print_million();
	else if (!strcmp(what, "garbage"))
		return print_garbage();
	else if (!strcmp(what, "children"))
		return leave_children();
	else if (!strcmp(what, "fill") && argc > 2)
		return fill_disk(argv[2]);
	else if (!strcmp(what, "exit") && argc > 2)
		return atoi(argv[2]);
	else if (!strcmp(what, "crash"))
		raise(SIGSEGV);
	else if (!strcmp(what, "hang"))
		for (puts("hanging"), fflush(stdout);;)
			pause();
	else
		return 2;
	return 0;
}
