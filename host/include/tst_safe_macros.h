/* SPDX-License-Identifier: MIT */
/*
 * System calls that break the test when they fail, naming the caller's file
 * and line, the call and the error. Arguments and results are those of the
 * calls. Signals do not make them fail: EINTR is tried again where that makes
 * sense.
 */
#ifndef RINGSIDE_HOST_TST_SAFE_MACROS_H
#define RINGSIDE_HOST_TST_SAFE_MACROS_H

#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SAFE_OPEN(path, oflags, ...) safe_open(__FILE__, __LINE__, (path), (oflags), ##__VA_ARGS__)
/* Closes @fd, a variable, and makes it -1. */
#define SAFE_CLOSE(fd)                                \
	do {                                          \
		safe_close(__FILE__, __LINE__, (fd)); \
		(fd) = -1;                            \
	} while (0)
/* With @strict set, less than @nbyte bytes is a failure as well. */
#define SAFE_READ(strict, fd, buf, nbyte) \
	safe_read(__FILE__, __LINE__, (strict), (fd), (buf), (nbyte))
#define SAFE_WRITE(strict, fd, buf, nbyte) \
	safe_write(__FILE__, __LINE__, (strict), (fd), (buf), (nbyte))
/* The request's name is part of the message, so this must be a macro. */
#define SAFE_IOCTL(fd, request, ...)                                           \
	({                                                                     \
		int tst_ioctl_ret_ = ioctl((fd), (request), ##__VA_ARGS__);    \
		if (tst_ioctl_ret_ < 0)                                        \
			safe_ioctl_failed(__FILE__, __LINE__, (fd), #request); \
		tst_ioctl_ret_;                                                \
	})

#define SAFE_MMAP(addr, length, prot, flags, fd, offset) \
	safe_mmap(__FILE__, __LINE__, (addr), (length), (prot), (flags), (fd), (offset))
#define SAFE_MUNMAP(addr, length) safe_munmap(__FILE__, __LINE__, (addr), (length))
#define SAFE_MPROTECT(addr, length, prot) \
	safe_mprotect(__FILE__, __LINE__, (addr), (length), (prot))
#define SAFE_MALLOC(size) safe_malloc(__FILE__, __LINE__, (size))
#define SAFE_CALLOC(nmemb, size) safe_calloc(__FILE__, __LINE__, (nmemb), (size))
#define SAFE_REALLOC(ptr, size) safe_realloc(__FILE__, __LINE__, (ptr), (size))

#define SAFE_SYSCONF(name) safe_sysconf(__FILE__, __LINE__, (name))
#define SAFE_SIGACTION(signum, act, oldact) \
	safe_sigaction(__FILE__, __LINE__, (signum), (act), (oldact))
#define SAFE_SIGNAL(signum, handler) safe_signal(__FILE__, __LINE__, (signum), (handler))
#define SAFE_KILL(pid, sig) safe_kill(__FILE__, __LINE__, (pid), (sig))

int safe_open(const char *file, int line, const char *path, int oflags, ...);
int safe_close(const char *file, int line, int fd);
ssize_t safe_read(const char *file, int line, int strict, int fd, void *buf, size_t nbyte);
ssize_t safe_write(const char *file, int line, int strict, int fd, const void *buf, size_t nbyte);
void safe_ioctl_failed(const char *file, int line, int fd, const char *request)
	__attribute__((noreturn));
void *safe_mmap(const char *file, int line, void *addr, size_t length, int prot, int flags, int fd,
		off_t offset);
int safe_munmap(const char *file, int line, void *addr, size_t length);
int safe_mprotect(const char *file, int line, void *addr, size_t length, int prot);
void *safe_malloc(const char *file, int line, size_t size);
void *safe_calloc(const char *file, int line, size_t nmemb, size_t size);
void *safe_realloc(const char *file, int line, void *ptr, size_t size);
long safe_sysconf(const char *file, int line, int name);
int safe_sigaction(const char *file, int line, int signum, const struct sigaction *act,
		   struct sigaction *oldact);
__sighandler_t safe_signal(const char *file, int line, int signum, __sighandler_t handler);
int safe_kill(const char *file, int line, pid_t pid, int sig);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_HOST_TST_SAFE_MACROS_H */
