// SPDX-License-Identifier: MIT
/*
 * The cases of a fuzz test: each file of the corpus, replayed in a machine of its own,
 * and the fuzzing itself, by libFuzzer.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "host/fuzz/executor.h"
#include "host/fuzz/finding.h"
#include "host/fuzz/settings.h"
#include "ringside/reporter.h"
#include "ringside/runner.h"

/* libFuzzer's, and what tells it of the code that it is to explore. */
extern "C" int LLVMFuzzerRunDriver(int *argc, char ***argv,
				   int (*callback)(const uint8_t *data, size_t size));
extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
					  unsigned int seed);
extern "C" void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *end);
extern "C" void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *end);
/* LeakSanitizer's, in a controller that is built with it. */
extern "C" void __lsan_disable() __attribute__((weak));
extern "C" void __lsan_enable() __attribute__((weak));

namespace ringside::fuzz
{
namespace
{

using Clock = std::chrono::steady_clock;

/* More of them say nothing new about the same mistake; of a test, one is a verdict. */
constexpr size_t kMostFindings = 20;
constexpr size_t kMostFindingsOfTest = 1;

/* --- The corpus ----------------------------------------------------------------- */

std::string BaseName(const std::string &path)
{
	return path.substr(path.rfind('/') + 1);
}

/* As GoogleTest wants names, and no two alike. */
std::string CaseName(const testing::TestParamInfo<std::string> &info)
{
	std::string name = BaseName(info.param);

	for (char &c : name) {
		if (!isalnum(static_cast<unsigned char>(c)))
			c = '_';
	}
	return name + "_" + std::to_string(info.index);
}

bool ReadFile(const std::string &path, Input *input)
{
	std::ifstream file(path, std::ios::binary);

	input->assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
	return !!file;
}

class Corpus : public testing::TestWithParam<std::string>
{
protected:
	void TearDown() override
	{
		tst_watchdog_disarm();
		tst_free_all();
	}
};

TEST_P(Corpus, RaisesNothing)
{
	const size_t limit = GetSettings().max_input;
	Input input;

	tst_watchdog_arm(kDefaultTimeout);
	if (!ReadFile(GetParam(), &input))
		tst_brk(TBROK, "cannot read %s", GetParam().c_str());
	if (input.size() > limit)
		tst_brk(TBROK,
			"%s has %zu bytes, and inputs have %zu at most. Fix: a shorter file, or a "
			"larger max_input of the kvm_fuzz_test, up to %d",
			GetParam().c_str(), input.size(), limit, KVM_INPUT_SIZE);
	tst_kvm_run_input(input.data(), input.size());
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Corpus);
INSTANTIATE_TEST_SUITE_P(Files, Corpus, testing::ValuesIn(GetSettings().corpus), CaseName);

/* --- Fuzzing -------------------------------------------------------------------- */

/* A path in Bazel's sandbox, as it is found in the workspace afterwards. */
std::string AsUserFinds(const std::string &path)
{
	static const std::string folder = "/testlogs/";
	const size_t at = path.find(folder);

	return at == std::string::npos ? path : "bazel-testlogs/" + path.substr(at + folder.size());
}

/* Thrown out of libFuzzer, whose own way to end is to end the process. */
struct Stop {
};

/* The input that is running, in a file that outlives this process. */
class RunningInput
{
public:
	explicit RunningInput(const std::string &folder) : path_(folder + "/running_input")
	{
		const int file = open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

		if (file < 0 || ftruncate(file, sizeof(*at_)))
			return;
		void *at = mmap(nullptr, sizeof(*at_), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

		if (at != MAP_FAILED)
			at_ = static_cast<kvm_input *>(at);
		close(file);
	}
	~RunningInput()
	{
		if (at_)
			munmap(at_, sizeof(*at_));
		unlink(path_.c_str());
	}
	RunningInput(const RunningInput &) = delete;
	RunningInput &operator=(const RunningInput &) = delete;

	void Set(const uint8_t *input, size_t size)
	{
		if (!at_)
			return;
		at_->size = size;
		memcpy(at_->data, input, size);
	}

private:
	const std::string path_;
	kvm_input *at_ = nullptr;
};

class Fuzzer
{
public:
	Fuzzer() : settings_(GetSettings()), running_(settings_.output)
	{
	}

	bool Start()
	{
		if (!executor_.Start())
			return false;
		executor_.LearnUsual();
		/* Making the machine takes seconds on some. */
		begin_ = Clock::now();
		next_line_ = begin_ + kLineEach;
		const size_t count = executor_.edge_count() + executor_.kvm().count();

		counters_.resize((count + sizeof(uint64_t) - 1) / sizeof(uint64_t) *
				 sizeof(uint64_t));
		seen_.resize(counters_.size());
		/* libFuzzer counts what it knows an address of; any will do. */
		for (size_t i = 0; i < count; i++)
			addresses_.insert(addresses_.end(), {i + 1, 0});
		__sanitizer_cov_8bit_counters_init(counters_.data(), counters_.data() + count);
		__sanitizer_cov_pcs_init(addresses_.data(), addresses_.data() + addresses_.size());
		if (!executor_.kvm().description().empty())
			tst_report(nullptr, 0, TINFO, executor_.kvm().description().c_str());
		return true;
	}

	void Run(const uint8_t *data, size_t size)
	{
		/* libFuzzer replays its corpus first, and asks for a mutation then: Mutate(). */
		if (IsOver())
			return;
		running_.Set(data, size);
		const std::vector<Result> results =
			executor_.RunCounted(data, size, counters_.data());

		runs_++;
		AddSeen();
		if (!stop && !tst_watchdog_bazel_expired() && FirstFailure(results))
			Take(Input(data, data + size), results);
	}

	/* Whether enough was done. */
	bool IsOver()
	{
		const Clock::time_point now = Clock::now();

		if (settings_.open_ended && now >= next_line_) {
			next_line_ = now + kLineEach;
			printf("ringside: %s\n", Summary().c_str());
			fflush(stdout);
		}
		return stop || tst_watchdog_bazel_expired() ||
		       findings() >= (settings_.open_ended ? kMostFindings : kMostFindingsOfTest) ||
		       (!settings_.open_ended &&
			now - begin_ >= std::chrono::seconds(settings_.seconds));
	}

	unsigned long runs() const
	{
		return runs_;
	}

	size_t findings() const
	{
		return signatures_.size();
	}

	/* What has been done so far. */
	std::string Summary() const
	{
		const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
		const size_t edges = executor_.edge_count();
		char text[160], kvm[64] = "";

		if (executor_.kvm().count())
			snprintf(kvm, sizeof(kvm), ", %zu of KVM's %zu",
				 executor_.kvm().usual() +
					 Seen(edges, edges + executor_.kvm().count()),
				 executor_.kvm().count());
		snprintf(text, sizeof(text),
			 "%.0f s, %lu inputs, %.0f a second; %zu of %zu edges%s; %zu finding(s)",
			 seconds, runs_, runs_ / seconds, Seen(0, edges), edges, kvm, findings());
		return text;
	}

private:
	static constexpr std::chrono::seconds kLineEach{5};

	/* Most are zero: eight at a time, since this is done for each input. */
	void AddSeen()
	{
		uint64_t seen, eight;

		for (size_t i = 0; i < seen_.size(); i += sizeof(eight)) {
			memcpy(&eight, &counters_[i], sizeof(eight));
			if (!eight)
				continue;
			memcpy(&seen, &seen_[i], sizeof(seen));
			seen |= eight;
			memcpy(&seen_[i], &seen, sizeof(seen));
		}
	}

	/* How many of the counters from @begin to @end any input has reached. */
	size_t Seen(size_t begin, size_t end) const
	{
		return end - begin -
		       std::count(seen_.begin() + begin, seen_.begin() + end, uint8_t(0));
	}

	void Take(const Input &input, const std::vector<Result> &results)
	{
		if (!signatures_.insert(SignatureOf(*FirstFailure(results))).second)
			return;
		const std::string summary = Summary();
		const Finding finding = Minimize(&executor_, input, results);
		const std::string path = AsUserFinds(Write(finding, settings_.output));

		for (const Result &result : finding.results)
			tst_report(result.file.empty() ? nullptr : result.file.c_str(), result.line,
				   result.type, result.text.c_str());
		tst_report(nullptr, 0, TINFO,
			   ("found after " + summary + "; as a test: " + path).c_str());
	}

	const Settings &settings_;
	Executor executor_;
	RunningInput running_;
	Clock::time_point begin_, next_line_;
	unsigned long runs_ = 0;
	std::vector<uint8_t> counters_, seen_; /* up to a multiple of eight */
	std::vector<uintptr_t> addresses_;
	std::set<std::string> signatures_; /* of what was found */
};

std::unique_ptr<Fuzzer> fuzzer;

/* libFuzzer never frees what it holds when it is left, which is no leak of ours. */
void LookForLeaks(bool look)
{
	if (look && __lsan_enable)
		__lsan_enable();
	if (!look && __lsan_disable)
		__lsan_disable();
}

int RunInput(const uint8_t *data, size_t size)
{
	const struct Own {
		Own()
		{
			LookForLeaks(true);
		}
		~Own()
		{
			LookForLeaks(false);
		}
	} own;

	fuzzer->Run(data, size);
	return 0;
}

/* The one place where libFuzzer can be left: it does not count as its callback's end. */
size_t Mutate(uint8_t *data, size_t size, size_t max_size)
{
	if (fuzzer->IsOver())
		throw Stop();
	return LLVMFuzzerMutate(data, size, max_size);
}

/* What libFuzzer says of itself, in a file: what matters is said here. */
class Log
{
public:
	explicit Log(const std::string &folder) : path_(folder + "/libfuzzer.log")
	{
		const int file = open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

		fflush(stderr);
		own_ = dup(STDERR_FILENO);
		if (file >= 0) {
			dup2(file, STDERR_FILENO);
			close(file);
		}
	}
	~Log()
	{
		dup2(own_, STDERR_FILENO);
		close(own_);
	}
	Log(const Log &) = delete;
	Log &operator=(const Log &) = delete;

	std::string Text() const
	{
		std::ifstream file(path_);

		return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
	}

private:
	const std::string path_;
	int own_;
};

/* The first message would not be the only one otherwise. */
void HandleSignal(int /*signal*/)
{
	stop = true;
}

/*
 * bazel run has a program between us and the terminal, which gets Ctrl-C as well: what is
 * still to be said goes to the terminal itself, if there is one.
 */
void LeavePipe()
{
	struct stat status;
	const int terminal = open("/dev/tty", O_WRONLY | O_NOCTTY | O_CLOEXEC);

	if (terminal < 0)
		return;
	fflush(stdout);
	if (fstat(STDOUT_FILENO, &status) == 0 && S_ISFIFO(status.st_mode))
		dup2(terminal, STDOUT_FILENO);
	close(terminal);
}

void WatchSignals()
{
	struct sigaction action = {};

	signal(SIGPIPE, SIG_IGN);

	action.sa_handler = HandleSignal;
	sigaction(SIGINT, &action, nullptr);
	sigaction(SIGTERM, &action, nullptr);
}

/* A machine passes its user's Ctrl-C on in this way. */
void WatchMachine(int file)
{
	if (file < 0)
		return;
	std::thread([file] {
		char byte;

		if (read(file, &byte, 1) == 1)
			kill(getpid(), SIGINT);
	}).detach();
}

size_t CountFiles(const std::string &folder)
{
	DIR *dir = opendir(folder.c_str());
	size_t count = 0;

	if (!dir)
		return 0;
	while (const dirent *entry = readdir(dir))
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* A folder of the files that the rule names, and what was found interesting earlier. */
std::string MakeCorpus(const Settings &settings)
{
	const char *temporary = getenv("TEST_TMPDIR");
	const std::string folder =
		(settings.open_ended || !temporary ? settings.output : temporary) + "/corpus";

	mkdir(settings.output.c_str(), 0777);
	mkdir(folder.c_str(), 0777);
	for (const std::string &path : settings.corpus) {
		Input input;

		/* One that is too long has a case of its own, which fails. */
		if (!ReadFile(path, &input) || input.size() > settings.max_input)
			continue;
		std::ofstream(folder + "/" + BaseName(path), std::ios::binary)
			.write(reinterpret_cast<const char *>(input.data()),
			       static_cast<std::streamsize>(input.size()));
	}
	return folder;
}

std::vector<std::string> Options(const Settings &settings, const std::string &corpus)
{
	std::vector<std::string> options = {
		"kvm_fuzz_test",  "-max_len=" + std::to_string(settings.max_input),
		"-len_control=0", "-rss_limit_mb=0",
		"-timeout=0",	  "-verbosity=0",
		"-print_funcs=0", "-reload=0",
	};

	/* This program's own handlers know more. */
	for (const char *name :
	     {"abrt", "bus", "fpe", "ill", "int", "segv", "term", "usr1", "usr2", "xfsz"})
		options.push_back("-handle_" + std::string(name) + "=0");
	if (!settings.open_ended)
		options.push_back("-seed=" + std::to_string(settings.seed));
	if (!settings.dictionary.empty())
		options.push_back("-dict=" + settings.dictionary);
	options.push_back(corpus);
	return options;
}

constexpr char kMoreTime[] = "Fix: fewer seconds, or --test_timeout=SECONDS with more";

class Fuzz : public testing::Test
{
protected:
	void TearDown() override
	{
		fuzzer.reset();
		tst_watchdog_disarm();
	}
};

TEST_F(Fuzz, FindsNothing)
{
	static bool done;
	const Settings &settings = GetSettings();

	if (!settings.open_ended && !settings.seconds)
		tst_brk(TCONF, "0 seconds are for fuzzing: the corpus alone is replayed");
	if (!settings.open_ended && settings.timeout && settings.seconds >= settings.timeout)
		tst_brk(TBROK, "%d s are for fuzzing, and Bazel ends the test after %d s. %s",
			settings.seconds, settings.timeout, kMoreTime);
	if (done)
		tst_brk(TBROK, "libFuzzer runs once in a process. Fix: without --gtest_repeat");
	done = true;
	WatchSignals();
	WatchMachine(settings.stop_file);
	fuzzer = std::make_unique<Fuzzer>();
	if (!fuzzer->Start())
		return;

	const std::string corpus = MakeCorpus(settings);
	std::vector<std::string> options = Options(settings, corpus);
	std::vector<char *> pointers;

	pointers.reserve(options.size() + 1);
	for (std::string &option : options)
		pointers.push_back(option.data());
	pointers.push_back(nullptr);
	int count = static_cast<int>(options.size());
	char **arguments = pointers.data();

	if (settings.open_ended)
		printf("ringside: fuzzing until Ctrl-C; what is found goes to %s\n",
		       settings.output.c_str());
	try {
		const Log log(settings.output);

		LookForLeaks(false);
		LLVMFuzzerRunDriver(&count, &arguments, RunInput);
		tst_brk(TBROK, "libFuzzer has refused to run:\n%s", log.Text().c_str());
	} catch (const Stop &) {
		LookForLeaks(true);
	}
	if (stop && settings.open_ended)
		LeavePipe();
	if (stop && settings.open_ended)
		printf("ringside: ended by Ctrl-C; %zu inputs are kept in %s\n", CountFiles(corpus),
		       corpus.c_str());
	if (tst_watchdog_bazel_expired())
		tst_brk(TBROK,
			"Bazel's timeout of %d s comes before %d s of fuzzing are over: %s. %s",
			settings.timeout, settings.seconds, fuzzer->Summary().c_str(), kMoreTime);
	if (!fuzzer->runs())
		tst_brk(TBROK, "not one input has run. Fix: more seconds of the kvm_fuzz_test, or "
			       "--test_env=FUZZ_SECONDS=60");
	if (!fuzzer->findings())
		tst_res(TPASS, "%s; %zu worth keeping", fuzzer->Summary().c_str(),
			CountFiles(corpus));
}

} /* namespace */
} /* namespace ringside::fuzz */

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
					  unsigned int /*seed*/)
{
	return ringside::fuzz::Mutate(data, size, max_size);
}
