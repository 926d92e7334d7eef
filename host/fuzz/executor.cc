// SPDX-License-Identifier: MIT
#include "host/fuzz/executor.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "host/diagnosis/symbols.h"
#include "host/ltp/vm.h"
#include "ringside/reporter.h"
#include "ringside/runner.h"

namespace ringside::fuzz
{

std::atomic<bool> stop;

namespace
{

/* How long an input may take, in seconds. */
constexpr int kSeconds = 5;

/* Setting the clock anew for each input would take longer than many inputs do. */
constexpr std::chrono::seconds kArmEach(1);

/* Enough for most of what comes by chance, and less than a second on machines. */
constexpr int kUsualRuns = 32;

/* Of the kernel's taint: it warned, or it oopsed (sysctl/kernel, "tainted"). */
constexpr unsigned long kBadTaint = TST_TAINT_W | TST_TAINT_D;

unsigned long ReadTaint(int file)
{
	char text[32] = "";

	if (pread(file, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	return strtoul(text, nullptr, 10);
}

} /* namespace */

Executor::~Executor()
{
	tst_watchdog_disarm();
	Destroy();
	if (taint_file_ >= 0)
		close(taint_file_);
}

void Executor::Destroy()
{
	if (tst_vm_of(&vm_))
		tst_kvm_destroy_instance(&vm_);
	made_ = false;
	tst_free_all();
}

void Executor::FindEdges()
{
	const engine_payload &payload = vm_.vm->engine->payload;
	uint64_t start, end;

	/* Where the linker has put what Clang counts in. */
	if (!diagnose_find_symbol(&payload, "__start___sancov_cntrs", &start) ||
	    !diagnose_find_symbol(&payload, "__stop___sancov_cntrs", &end) || end <= start)
		tst_brk(TBROK, "the payload does not count its edges. Fix: kvm_fuzz_test() "
			       "compiles its sources; don't switch -fsanitize-coverage off");
	edges_ = static_cast<uint8_t *>(tst_kvm_symbol(&vm_, "__start___sancov_cntrs"));
	edge_count_ = end - start;
}

bool Executor::Start()
{
	Destroy();
	if (taint_file_ < 0)
		taint_file_ = open("/proc/sys/kernel/tainted", O_RDONLY | O_CLOEXEC);
	taint_ = ReadTaint(taint_file_);
	/* A reset looks at all pages that exist: a huge one has 512 of them. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	tst_watchdog_arm(kSeconds);
	armed_ = Clock::now();
	/* The payload has said why it does not ask. */
	if (!tst_kvm_fuzz_create(&vm_))
		return false;
	made_ = true;
	FindEdges();
	/* What has happened so far is the same for all inputs. */
	memset(edges_, 0, edge_count_);
	tst_kvm_snapshot(&vm_);
	at_snapshot_ = true;
	return true;
}

void Executor::GoBack()
{
	if (!made_) {
		if (!Start())
			tst_brk(TBROK, "the payload does not ask for an input any more");
	} else if (!at_snapshot_) {
		/* If this breaks, the next input gets another machine. */
		made_ = false;
		tst_kvm_reset(&vm_);
		made_ = true;
	}
	at_snapshot_ = false;
}

void Executor::ArmWatchdog()
{
	const Clock::time_point now = Clock::now();

	if (now - armed_ < kArmEach)
		return;
	tst_watchdog_arm(kSeconds);
	armed_ = now;
}

bool Executor::BecameTainted()
{
	const unsigned long now = taint_file_ < 0 ? taint_ : ReadTaint(taint_file_);
	const bool worse = now & ~taint_ & kBadTaint;

	taint_ = now;
	return worse;
}

std::vector<Result> Executor::Run(const uint8_t *input, size_t size)
{
	std::vector<Result> results = Collect([&] {
		ArmWatchdog();
		GoBack();
		/* What a reset has KVM do is not the input's. */
		kvm_.Begin();
		tst_kvm_fuzz_give(&vm_, input, size);
		while (tst_kvm_run_instance(&vm_, EINTR) < 0 && !stop)
			;
	});

	if (BecameTainted())
		results.push_back({TFAIL, "", 0,
				   "the host's kernel has warned, or oopsed, while this input ran: "
				   "see its log"});
	return results;
}

std::vector<Result> Executor::RunCounted(const uint8_t *input, size_t size, uint8_t *reached)
{
	std::vector<Result> results = Run(input, size);

	memcpy(reached, edges_, edge_count_);
	kvm_.End(reached + edge_count_);
	return results;
}

void Executor::LearnUsual()
{
	const uint8_t nothing = 0;

	for (int i = 0; i < kUsualRuns && kvm_.count() && !stop; i++) {
		/* The fuzzer runs it again, and reports it then. */
		if (!Run(&nothing, 0).empty())
			break;
		kvm_.EndUsual();
	}
}

} /* namespace ringside::fuzz */
