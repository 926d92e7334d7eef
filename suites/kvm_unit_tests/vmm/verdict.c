/* SPDX-License-Identifier: MIT */
/* See verdict.h. */
#include "suites/kvm_unit_tests/vmm/verdict.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "suites/kvm_unit_tests/vmm/serial.h"

/* Held for good by the thread whose verdict it is. */
static pthread_mutex_t end_lock = PTHREAD_MUTEX_INITIALIZER;

static void print(const char *prefix, const char *format, va_list list)
{
	flockfile(stdout);
	fputs(prefix, stdout);
	vprintf(format, list);
	putchar('\n');
	fflush(stdout);
	funlockfile(stdout);
}

void say(const char *format, ...)
{
	va_list list;

	serial_end_line();
	va_start(list, format);
	print("vmm: ", format, list);
	va_end(list);
}

/* The virtual machine ends with the process, and so do the threads of its CPUs. */
static void __attribute__((noreturn)) end(int status)
{
	fflush(stdout);
	_exit(status);
}

void give_up(const char *format, ...)
{
	va_list list;

	pthread_mutex_lock(&end_lock);
	serial_end_line();
	va_start(list, format);
	print("Bail out! ", format, list);
	va_end(list);
	end(STATUS_FAILED);
}

void skip(const char *format, ...)
{
	va_list list;

	pthread_mutex_lock(&end_lock);
	serial_end_line();
	va_start(list, format);
	print("1..0 # SKIP ", format, list);
	va_end(list);
	end(STATUS_SKIPPED);
}

void finish(int status)
{
	pthread_mutex_lock(&end_lock);
	serial_end_line();
	end(status);
}

char *format_text(const char *format, ...)
{
	va_list list;
	char *text;

	va_start(list, format);
	if (vasprintf(&text, format, list) < 0)
		give_up("out of memory");
	va_end(list);
	return text;
}
