// SPDX-License-Identifier: MIT
/* System calls that must not fail. */
#include "tst_safe_macros.h"

#include "host/ltp/blocked.h"
#include "tst_test.h"

#define BROKEN (TBROK | TERRNO)

int safe_open(const char *file, int line, const char *path, int oflags, ...)
{
	mode_t mode = 0;
	va_list args;
	int fd;

	if (oflags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) {
		va_start(args, oflags);
		mode = va_arg(args, unsigned int);
		va_end(args);
	}
	fd = open(path, oflags, mode);
	if (fd < 0)
		tst_brk_(file, line, BROKEN, "open(\"%s\", %#x, %04o)", path, oflags, mode);
	return fd;
}

int safe_close(const char *file, int line, int fd)
{
	/* Linux has closed the descriptor even when it answers EINTR. */
	if (close(fd) && errno != EINTR)
		tst_brk_(file, line, BROKEN, "close(%d)", fd);
	return 0;
}

ssize_t safe_read(const char *file, int line, int strict, int fd, void *buf, size_t nbyte)
{
	ssize_t got;

	do {
		TST_BLOCKED_IN("read()", file, line);
		got = read(fd, buf, nbyte);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		tst_brk_(file, line, BROKEN, "read(%d, %p, %zu)", fd, buf, nbyte);
	if (strict && (size_t)got != nbyte)
		tst_brk_(file, line, TBROK, "read(%d, %p, %zu) returned %zd bytes only", fd, buf,
			 nbyte, got);
	return got;
}

ssize_t safe_write(const char *file, int line, int strict, int fd, const void *buf, size_t nbyte)
{
	ssize_t done;

	do {
		TST_BLOCKED_IN("write()", file, line);
		done = write(fd, buf, nbyte);
	} while (done < 0 && errno == EINTR);
	if (done < 0)
		tst_brk_(file, line, BROKEN, "write(%d, %p, %zu)", fd, buf, nbyte);
	if (strict && (size_t)done != nbyte)
		tst_brk_(file, line, TBROK, "write(%d, %p, %zu) wrote %zd bytes only", fd, buf,
			 nbyte, done);
	return done;
}

void safe_ioctl_failed(const char *file, int line, int fd, const char *request)
{
	tst_brk_(file, line, BROKEN, "ioctl(%d, %s)", fd, request);
}

void *safe_mmap(const char *file, int line, void *addr, size_t length, int prot, int flags, int fd,
		off_t offset)
{
	void *map = mmap(addr, length, prot, flags, fd, offset);

	if (map == MAP_FAILED)
		tst_brk_(file, line, BROKEN, "mmap(%p, %zu, %#x, %#x, %d, %lld)", addr, length,
			 prot, flags, fd, (long long)offset);
	return map;
}

int safe_munmap(const char *file, int line, void *addr, size_t length)
{
	if (munmap(addr, length))
		tst_brk_(file, line, BROKEN, "munmap(%p, %zu)", addr, length);
	return 0;
}

int safe_mprotect(const char *file, int line, void *addr, size_t length, int prot)
{
	if (mprotect(addr, length, prot))
		tst_brk_(file, line, BROKEN, "mprotect(%p, %zu, %#x)", addr, length, prot);
	return 0;
}

void *safe_malloc(const char *file, int line, size_t size)
{
	void *mem = malloc(size);

	if (!mem && size)
		tst_brk_(file, line, BROKEN, "malloc(%zu)", size);
	return mem;
}

void *safe_calloc(const char *file, int line, size_t nmemb, size_t size)
{
	void *mem = calloc(nmemb, size);

	if (!mem && nmemb && size)
		tst_brk_(file, line, BROKEN, "calloc(%zu, %zu)", nmemb, size);
	return mem;
}

void *safe_realloc(const char *file, int line, void *ptr, size_t size)
{
	void *mem = realloc(ptr, size);

	if (!mem && size)
		tst_brk_(file, line, BROKEN, "realloc(%zu)", size);
	return mem;
}

long safe_sysconf(const char *file, int line, int name)
{
	long value;

	errno = 0;
	value = sysconf(name);
	/* -1 without an error means that there is no limit. */
	if (value == -1 && errno)
		tst_brk_(file, line, BROKEN, "sysconf(%d)", name);
	return value;
}

int safe_sigaction(const char *file, int line, int signum, const struct sigaction *act,
		   struct sigaction *oldact)
{
	if (sigaction(signum, act, oldact))
		tst_brk_(file, line, BROKEN, "sigaction(%d)", signum);
	return 0;
}

__sighandler_t safe_signal(const char *file, int line, int signum, __sighandler_t handler)
{
	__sighandler_t old = signal(signum, handler);

	if (old == SIG_ERR)
		tst_brk_(file, line, BROKEN, "signal(%d)", signum);
	return old;
}

int safe_kill(const char *file, int line, pid_t pid, int sig)
{
	if (kill(pid, sig))
		tst_brk_(file, line, BROKEN, "kill(%d, %d)", pid, sig);
	return 0;
}
