/* SPDX-License-Identifier: MIT */
/* What the kernel complains of while a test runs: warnings and oopses. */
#ifndef RINGSIDE_KVM_TESTS_KERNEL_LOG_H
#define RINGSIDE_KVM_TESTS_KERNEL_LOG_H

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace kvm_tests
{

/*
 * From its creation on. Where the log may not be read, as on a host by an ordinary user,
 * nothing is seen.
 */
class KernelLog
{
public:
	KernelLog() : fd_(open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC))
	{
		if (fd_ >= 0)
			lseek(fd_, 0, SEEK_END);
	}

	~KernelLog()
	{
		if (fd_ >= 0)
			close(fd_);
	}

	KernelLog(const KernelLog &) = delete;
	KernelLog &operator=(const KernelLog &) = delete;

	/* The lines with which complaints begin, or nothing. */
	std::string Complaints()
	{
		std::string complaints;
		char record[8192];
		ssize_t size;

		/* A record a read(), "PRIORITY,NUMBER,TIME,FLAGS;TEXT": Documentation/ABI/testing/dev-kmsg. */
		while (fd_ >= 0 && ((size = read(fd_, record, sizeof(record) - 1)) > 0 ||
				    (size < 0 && errno == EPIPE))) {
			if (size < 0)
				continue; /* records were lost, and the next one is there */
			record[size] = '\0';
			const char *text = strchr(record, ';');

			if (text && IsComplaint(text + 1))
				complaints.append(text + 1, strcspn(text + 1, "\n")).append("\n");
		}
		return complaints;
	}

private:
	static bool IsComplaint(const char *text)
	{
		for (const char *start : {"WARNING: ", "BUG: ", "kernel BUG at ",
					  "Oops: ", "general protection fault", "INFO: rcu"})
			if (!strncmp(text, start, strlen(start)))
				return true;
		return false;
	}

	int fd_;
};

} /* namespace kvm_tests */

#endif /* RINGSIDE_KVM_TESTS_KERNEL_LOG_H */
