// SPDX-License-Identifier: MIT
// A nested guest's ports and MSRs stop it where its hypervisor's permission maps say
// so, and nowhere else: the tables in permission_maps.h. What the hypervisor lets pass
// is KVM's business: a port leaves the virtual machine, and must not reach L1.
#include "case_test.h"
#include "permission_maps.h"

namespace
{

using kvm_tests::NamedCase;

struct IoCase {
	const char *name;
	bool stops;
	uint16_t port;
};

[[maybe_unused]] void PrintTo(const IoCase &c, std::ostream *os)
{
	*os << c.name;
}

class IoMap : public kvm_tests::CaseTest, public testing::WithParamInterface<IoCase>
{
};

TEST_P(IoMap, DecidesWhoGetsThePort)
{
	Choose(GetParam().name);
	if (!GetParam().stops) {
		RunTo(KVM_EXIT_IO);
		EXPECT_EQ(cpu()->run->io.port, GetParam().port);
	}
	RunTo(TST_KVM_ENDED);
}

#define IO(name, bit, port, statement, flags) {#name, (flags) != 0, port},

constexpr IoCase kIo[] = {IO_CASES(IO){"IoInterceptOff", false, 0x80}};

INSTANTIATE_TEST_SUITE_P(Cases, IoMap, testing::ValuesIn(kIo), kvm_tests::NameOf<IoCase>);

class MsrMap : public kvm_tests::CaseTest, public testing::WithParamInterface<NamedCase>
{
};

TEST_P(MsrMap, DecidesWhoGetsTheMsr)
{
	Choose(GetParam().name);
	RunTo(TST_KVM_ENDED);
}

#define NAME(name, ...) {#name},

constexpr NamedCase kMsrs[] = {MSR_CASES(NAME){"MsrInterceptOff"}};

INSTANTIATE_TEST_SUITE_P(Cases, MsrMap, testing::ValuesIn(kMsrs), kvm_tests::NameOf<NamedCase>);

} // namespace
