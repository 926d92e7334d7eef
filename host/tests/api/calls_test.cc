// SPDX-License-Identifier: MIT
// SAFE_* calls and other helpers: both outcomes of each.
#include <semaphore.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <fstream>

#include "ringside/kvm_gtest.h"
#include "ringside/reporter.h"
#include "syscall_filter.h"
#include "tst_module.h"
#include "tst_safe_clocks.h"
#include "tst_safe_pthread.h"

namespace
{

using ::ringside::Collect;
using ::ringside::ResultIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr size_t kPage = 0x1000;

// A call that fails ends the test at this file and line, naming itself and the error.
#define EXPECT_BREAKS(statement, call, error)                                                     \
	do {                                                                                      \
		const int line_ = __LINE__;                                                       \
		const auto results_ = Collect([&] { statement; });                                \
		ASSERT_THAT(results_, ElementsAre(ResultIs(                                       \
					      TBROK, AllOf(HasSubstr(call), HasSubstr(error))))); \
		EXPECT_EQ(results_[0].file, __FILE__);                                            \
		/* Of a call over two lines, either may be meant. */                              \
		EXPECT_LE(abs(results_[0].line - line_), 1);                                      \
	} while (0)

#define EXPECT_WORKS(statement) EXPECT_THAT(Collect([&] { statement; }), IsEmpty())

std::string TempFile(const char *name, const std::string &contents)
{
	const std::string path = ::testing::TempDir() + name;

	std::ofstream(path) << contents;
	return path;
}

TEST(SafeCalls, Files)
{
	const std::string path = TempFile("file", "0123456789");
	char buf[16];
	int fd = -1;

	EXPECT_WORKS(fd = SAFE_OPEN(path.c_str(), O_RDWR));
	EXPECT_WORKS(EXPECT_EQ(SAFE_READ(1, fd, buf, 10), 10));
	EXPECT_WORKS(EXPECT_EQ(SAFE_READ(0, fd, buf, 10), 0));
	EXPECT_BREAKS(SAFE_READ(1, fd, buf, 10), "read(", "returned 0 bytes only");
	EXPECT_WORKS(EXPECT_EQ(SAFE_WRITE(1, fd, "ab", 2), 2));
	EXPECT_BREAKS(SAFE_IOCTL(fd, KVM_GET_API_VERSION, 0), "KVM_GET_API_VERSION)", "ENOTTY");
	const int closed = fd;
	EXPECT_WORKS(SAFE_CLOSE(fd));
	EXPECT_EQ(fd, -1);
	EXPECT_BREAKS(SAFE_READ(0, closed, buf, 1), "read(", "EBADF");
	EXPECT_BREAKS(SAFE_WRITE(0, closed, buf, 1), "write(", "EBADF");
	EXPECT_BREAKS(SAFE_CLOSE(fd), "close(-1)", "EBADF");
	EXPECT_BREAKS(SAFE_OPEN("/nonexistent/file", O_RDONLY), "open(\"/nonexistent/file\"",
		      "ENOENT");
	const std::string created = ::testing::TempDir() + "created";
	EXPECT_WORKS(fd = SAFE_OPEN(created.c_str(), O_WRONLY | O_CREAT, 0600));
	struct stat st;
	EXPECT_EQ(fstat(fd, &st), 0);
	EXPECT_EQ(st.st_mode & 0777, 0600u);
	EXPECT_WORKS(SAFE_CLOSE(fd));
}

sem_t interrupted;

void *ReadOneByte(void *arg)
{
	char byte = 0;

	SAFE_READ(1, *static_cast<int *>(arg), &byte, 1);
	return reinterpret_cast<void *>(static_cast<intptr_t>(byte));
}

TEST(SafeCalls, SignalDoesNotEndARead)
{
	struct sigaction action = {}, old;
	int ends[2];
	void *byte = nullptr;
	pthread_t thread;

	sem_init(&interrupted, 0, 0);
	action.sa_handler = [](int) { sem_post(&interrupted); };
	SAFE_SIGACTION(SIGUSR1, &action, &old);
	ASSERT_EQ(pipe(ends), 0);
	EXPECT_WORKS({
		SAFE_PTHREAD_CREATE(&thread, nullptr, ReadOneByte, &ends[0]);
		// The first signals may come before the call; not all of them do.
		timespec end;
		clock_gettime(CLOCK_REALTIME, &end);
		end.tv_sec += 10;
		for (int i = 0, ended = 0; i < 100 && !ended; i++) {
			SAFE_PTHREAD_KILL(thread, SIGUSR1);
			ended = sem_timedwait(&interrupted, &end); // the read broke
		}
		SAFE_WRITE(1, ends[1], "x", 1);
		SAFE_PTHREAD_JOIN(thread, &byte);
	});
	EXPECT_EQ(reinterpret_cast<intptr_t>(byte), 'x');
	SAFE_SIGACTION(SIGUSR1, &old, nullptr);
	close(ends[0]);
	close(ends[1]);
	sem_destroy(&interrupted);
}

TEST(SafeCalls, Ioctl)
{
	int fd = SAFE_OPEN("/dev/kvm", O_RDWR);

	EXPECT_WORKS(EXPECT_EQ(SAFE_IOCTL(fd, KVM_GET_API_VERSION, 0), 12));
	SAFE_CLOSE(fd);
}

TEST(SafeCalls, Memory)
{
	void *map = nullptr, *block = nullptr;

	EXPECT_WORKS(
		map = SAFE_MMAP(nullptr, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	EXPECT_WORKS(SAFE_MPROTECT(map, kPage, PROT_READ | PROT_WRITE));
	*static_cast<volatile char *>(map) = 1;
	EXPECT_WORKS(SAFE_MUNMAP(map, kPage));
	EXPECT_BREAKS(SAFE_MMAP(nullptr, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), "mmap(",
		      "EINVAL");
	EXPECT_BREAKS(SAFE_MPROTECT(reinterpret_cast<void *>(1), kPage, PROT_READ), "mprotect(",
		      "EINVAL");
	EXPECT_BREAKS(SAFE_MUNMAP(reinterpret_cast<void *>(1), kPage), "munmap(", "EINVAL");
	EXPECT_WORKS(block = SAFE_MALLOC(10));
	EXPECT_WORKS(block = SAFE_REALLOC(block, 20));
	free(block);
	EXPECT_WORKS(block = SAFE_CALLOC(10, 2));
	EXPECT_EQ(static_cast<char *>(block)[19], 0);
	free(block);
}

// A sanitizer ends the process over sizes that no allocator has, and over a
// thread that waits for itself.
#if !__has_feature(address_sanitizer)
TEST(SafeCalls, NoMemory)
{
	volatile size_t huge = PTRDIFF_MAX;

	EXPECT_BREAKS(SAFE_MALLOC(huge), "malloc(", "ENOMEM");
	EXPECT_BREAKS(SAFE_CALLOC(huge, 4), "calloc(", "ENOMEM");
	EXPECT_BREAKS(SAFE_REALLOC(nullptr, huge), "realloc(", "ENOMEM");
}

TEST(SafeCalls, ThreadThatWaitsForItself)
{
	EXPECT_BREAKS(SAFE_PTHREAD_JOIN(pthread_self(), nullptr), "pthread_join()", "EDEADLK");
}
#endif

TEST(SafeCalls, Signals)
{
	struct sigaction action = {}, old = {};

	action.sa_handler = SIG_IGN;
	EXPECT_WORKS(SAFE_SIGACTION(SIGUSR2, &action, &old));
	EXPECT_WORKS(SAFE_KILL(getpid(), SIGUSR2));
	EXPECT_WORKS(EXPECT_EQ(SAFE_SIGNAL(SIGUSR2, SIG_DFL), SIG_IGN));
	EXPECT_BREAKS(SAFE_SIGACTION(SIGKILL, &action, nullptr), "sigaction(9)", "EINVAL");
	EXPECT_BREAKS(SAFE_SIGNAL(SIGKILL, SIG_IGN), "signal(9)", "EINVAL");
	EXPECT_BREAKS(SAFE_KILL(getpid(), 1000), "kill(", "EINVAL");
}

TEST(SafeCalls, SystemAndClocks)
{
	timespec now = {};

	EXPECT_WORKS(EXPECT_EQ(SAFE_SYSCONF(_SC_PAGESIZE), static_cast<long>(kPage)));
	EXPECT_WORKS(EXPECT_EQ(SAFE_SYSCONF(_SC_AIO_MAX), -1)); // no limit is no error
	EXPECT_BREAKS(SAFE_SYSCONF(-1), "sysconf(-1)", "EINVAL");
	EXPECT_WORKS(SAFE_CLOCK_GETTIME(CLOCK_MONOTONIC, &now));
	EXPECT_GT(now.tv_sec + now.tv_nsec, 0);
	EXPECT_WORKS(SAFE_CLOCK_GETRES(CLOCK_MONOTONIC, &now));
	EXPECT_BREAKS(SAFE_CLOCK_GETTIME(999, &now), "clock_gettime(999)", "EINVAL");
	EXPECT_BREAKS(SAFE_CLOCK_GETRES(999, &now), "clock_getres(999)", "EINVAL");
	EXPECT_BREAKS(SAFE_CLOCK_SETTIME(CLOCK_MONOTONIC, &now), "clock_settime(1)", "EINVAL");
}

void *Answer(void *arg)
{
	return arg;
}

TEST(SafeCalls, Threads)
{
	pthread_t thread;
	void *answer = nullptr;
	int value = 0;

	EXPECT_WORKS(SAFE_PTHREAD_CREATE(&thread, nullptr, Answer, &value));
	EXPECT_WORKS(SAFE_PTHREAD_JOIN(thread, &answer));
	EXPECT_EQ(answer, &value);
	EXPECT_WORKS(SAFE_PTHREAD_KILL(pthread_self(), 0));
	EXPECT_BREAKS(SAFE_PTHREAD_KILL(pthread_self(), 1000), "pthread_kill()", "EINVAL");
}

TEST(SafeCalls, ThreadThatCannotBeCreated)
{
	if (!CanFilterSyscalls())
		GTEST_SKIP() << "this kernel has no seccomp filters";
	EXPECT_THAT(
		CollectWithFailing({SYS_clone3, EAGAIN},
				   [] {
					   pthread_t thread;

					   SAFE_PTHREAD_CREATE(&thread, nullptr, Answer, nullptr);
				   }),
		ElementsAre(ResultIs(TBROK,
				     AllOf(HasSubstr("pthread_create()"), HasSubstr("EAGAIN")))));
}

TEST(SafeCalls, Mutexes)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t mutex;
	const timespec past = {1, 0};

	EXPECT_WORKS(SAFE_PTHREAD_MUTEXATTR_INIT(&attr));
	EXPECT_WORKS(SAFE_PTHREAD_MUTEXATTR_SETTYPE(&attr, PTHREAD_MUTEX_ERRORCHECK));
	EXPECT_BREAKS(SAFE_PTHREAD_MUTEXATTR_SETTYPE(&attr, 999), "pthread_mutexattr_settype()",
		      "EINVAL");
	EXPECT_WORKS(SAFE_PTHREAD_MUTEX_INIT(&mutex, &attr));
	EXPECT_WORKS(SAFE_PTHREAD_MUTEXATTR_DESTROY(&attr));
	EXPECT_BREAKS(SAFE_PTHREAD_MUTEX_UNLOCK(&mutex), "pthread_mutex_unlock()", "EPERM");
	EXPECT_WORKS(SAFE_PTHREAD_MUTEX_LOCK(&mutex));
	EXPECT_BREAKS(SAFE_PTHREAD_MUTEX_LOCK(&mutex), "pthread_mutex_lock()", "EDEADLK");
	// A mutex that is held is an answer, not a failure.
	EXPECT_WORKS(EXPECT_EQ(SAFE_PTHREAD_MUTEX_TRYLOCK(&mutex), EBUSY));
	EXPECT_BREAKS(SAFE_PTHREAD_MUTEX_DESTROY(&mutex), "pthread_mutex_destroy()", "EBUSY");
	EXPECT_WORKS(SAFE_PTHREAD_MUTEX_UNLOCK(&mutex));
	EXPECT_WORKS(EXPECT_EQ(SAFE_PTHREAD_MUTEX_TRYLOCK(&mutex), 0));
	EXPECT_WORKS(SAFE_PTHREAD_MUTEX_UNLOCK(&mutex));
	EXPECT_WORKS(EXPECT_EQ(SAFE_PTHREAD_MUTEX_TIMEDLOCK(&mutex, &past), 0));
	EXPECT_WORKS(SAFE_PTHREAD_MUTEX_UNLOCK(&mutex));
	EXPECT_WORKS(SAFE_PTHREAD_MUTEX_DESTROY(&mutex));

	EXPECT_WORKS(SAFE_PTHREAD_MUTEX_INIT(&mutex, nullptr));
	EXPECT_WORKS(SAFE_PTHREAD_MUTEX_LOCK(&mutex));
	EXPECT_WORKS(EXPECT_EQ(SAFE_PTHREAD_MUTEX_TIMEDLOCK(&mutex, &past), ETIMEDOUT));
	EXPECT_WORKS(SAFE_PTHREAD_MUTEX_UNLOCK(&mutex));
	EXPECT_WORKS(SAFE_PTHREAD_MUTEX_DESTROY(&mutex));
}

TEST(SysParam, IsReadAsBoolean)
{
	const auto read = [](const std::string &text) {
		return tst_read_bool_sys_param(TempFile("param", text).c_str());
	};

	for (const char *text : {"Y\n", "y\n", "1\n", "1", "2\n"})
		EXPECT_EQ(read(text), 1) << text;
	for (const char *text : {"N\n", "n\n", "0\n"})
		EXPECT_EQ(read(text), 0) << text;
	for (const char *text : {"", "\n", "maybe\n"})
		EXPECT_EQ(read(text), -1) << text;
	EXPECT_EQ(tst_read_bool_sys_param("/nonexistent/param"), -1);
}

TEST(ParseInt, TakesWholeNumbersInRange)
{
	int value = 7;

	EXPECT_EQ(tst_parse_int("42", &value, 0, 100), 0);
	EXPECT_EQ(value, 42);
	EXPECT_EQ(tst_parse_int("-1", &value, -1, 1), 0);
	EXPECT_EQ(value, -1);
	for (const char *text : {"", "x", "4x", "0x10"})
		EXPECT_EQ(tst_parse_int(text, &value, INT_MIN, INT_MAX), EINVAL) << text;
	for (const char *text : {"101", "-1", "99999999999999999999"})
		EXPECT_EQ(tst_parse_int(text, &value, 0, 100), ERANGE) << text;
	EXPECT_EQ(value, -1);
}

std::string reported;

void Remember(const char *file, int line, int type, const char *text)
{
	reported = std::string(file) + ":" + std::to_string(line) + ": " + tst_result_name(type) +
		   ": " + text;
}

TEST(Reporter, ReceivesResults)
{
	static tst_reporter mine;
	const tst_reporter *before = tst_set_reporter(&mine);

	mine = *before;
	mine.result = Remember;
	tst_report("file.c", 42, TWARN, "text");
	EXPECT_EQ(reported, "file.c:42: TWARN: text");
	tst_res_("file.c", 43, TINFO, "%d%%", 100);
	EXPECT_EQ(reported, "file.c:43: TINFO: 100%");
	EXPECT_EQ(tst_set_reporter(before), &mine);
}

TEST(Reporter, NamesResultTypesOnly)
{
	EXPECT_STREQ(tst_result_name(TPASS), "TPASS");
	EXPECT_STREQ(tst_result_name(TCONF), "TCONF");
	EXPECT_EQ(tst_result_name(3), nullptr);
	EXPECT_EQ(tst_result_name(-1), nullptr);
}

TEST(Cpuid, IsWhatKvmSupports)
{
	int fd = SAFE_OPEN("/dev/kvm", O_RDWR);
	kvm_cpuid2 *list = tst_kvm_get_cpuid(fd);

	ASSERT_NE(list, nullptr);
	ASSERT_GT(list->nent, 0u);
	EXPECT_EQ(list->entries[0].function, 0u);
	EXPECT_GE(list->entries[0].eax, 1u); // the highest basic leaf
	free(list);
	SAFE_CLOSE(fd);
}

TEST(Cpuid, NeedsTheDevice)
{
	EXPECT_THAT(Collect([] { free(tst_kvm_get_cpuid(-1)); }),
		    ElementsAre(ResultIs(TBROK, AllOf(HasSubstr("tst_kvm_get_cpuid(sysfd)"),
						      HasSubstr("descriptor -1; it must be "
								"/dev/kvm"),
						      HasSubstr("EBADF")))));
}

} // namespace
