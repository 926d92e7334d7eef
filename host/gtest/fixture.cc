// SPDX-License-Identifier: MIT
#include "host/gtest/include/ringside/kvm_gtest.h"
#include "host/ltp/vm.h"
#include "ringside/runner.h"

namespace ringside
{

KvmTest::KvmTest() : vm_(), created_(false)
{
}

KvmTest::~KvmTest() = default;

void KvmTest::SetUp()
{
	tst_watchdog_arm(TimeoutSeconds());
}

void KvmTest::TearDown()
{
	tst_watchdog_disarm();
	/* The test may have destroyed it itself. */
	if (created_ && tst_vm_of(&vm_))
		tst_kvm_destroy_instance(&vm_);
	created_ = false;
	tst_free_all();
}

int KvmTest::TimeoutSeconds() const
{
	return kDefaultTimeout;
}

tst_kvm_instance *KvmTest::vm()
{
	if (!created_)
		Create({});
	return &vm_;
}

void KvmTest::Create(const tst_kvm_config &config)
{
	tst_kvm_create(&vm_, &config);
	created_ = true;
}

void KvmTest::Run()
{
	tst_kvm_run_instance(vm(), 0);
	tst_kvm_needs_result(vm());
}

} /* namespace ringside */
