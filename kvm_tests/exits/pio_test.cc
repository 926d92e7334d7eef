// SPDX-License-Identifier: MIT
// Port accesses leave the guest as KVM_EXIT_IO (KVM API, "The kvm_run structure"): with
// direction, port, size and the data of as many elements as KVM has put together.
#include <algorithm>
#include <cstring>
#include <vector>

#include "case_test.h"
#include "pio.h"

namespace
{

struct PioCase {
	const char *name;
	const char *function;
	uint8_t direction; // KVM_EXIT_IO_*
	uint8_t size;
	uint64_t offset; // in the payload's buffer
	uint64_t elements;
	int step; // 1 or -1, by the direction flag; 0: no string instruction
};

[[maybe_unused]] void PrintTo(const PioCase &c, std::ostream *os)
{
	*os << c.name;
}

// A byte for each place of the buffer, no two neighbours alike.
uint8_t Pattern(uint64_t place)
{
	return static_cast<uint8_t>(place * 7 + place / 256 + 1);
}

class Pio : public kvm_tests::CaseTest, public testing::WithParamInterface<PioCase>
{
protected:
	// Runs the guest to its end as the device at the port, which gives @input and
	// keeps what it gets.
	std::vector<uint8_t> ServeDevice(const std::vector<uint8_t> &input)
	{
		const PioCase &c = GetParam();
		const kvm_run *run = cpu()->run;
		std::vector<uint8_t> output;
		size_t given = 0;
		int reason;

		while ((reason = tst_kvm_run_vcpu(cpu())) == KVM_EXIT_IO) {
			auto *data = reinterpret_cast<uint8_t *>(cpu()->run) + run->io.data_offset;
			const size_t bytes = size_t{run->io.size} * run->io.count;

			EXPECT_EQ(run->io.direction, c.direction);
			EXPECT_EQ(run->io.port, PIO_PORT);
			EXPECT_EQ(run->io.size, c.size);
			EXPECT_GT(run->io.count, 0u);
			if (c.direction == KVM_EXIT_IO_OUT) {
				output.insert(output.end(), data, data + bytes);
			} else if (given + bytes <= input.size()) {
				memcpy(data, &input[given], bytes);
				given += bytes;
			} else {
				ADD_FAILURE() << "the guest reads " << bytes << " more bytes after "
					      << given;
				break;
			}
		}
		EXPECT_EQ(reason, TST_KVM_ENDED) << tst_kvm_describe_exit(cpu());
		EXPECT_EQ(given, input.size());
		return output;
	}

	// The bytes of the elements in the order in which the guest works on them.
	static std::vector<uint64_t> Places()
	{
		const PioCase &c = GetParam();
		std::vector<uint64_t> places;

		for (uint64_t i = 0; i < c.elements; i++)
			for (uint64_t byte = 0; byte < c.size; byte++)
				places.push_back(c.offset + i * c.size * c.step + byte);
		return places;
	}
};

TEST_P(Pio, Leaves)
{
	const PioCase &c = GetParam();
	const bool is_out = c.direction == KVM_EXIT_IO_OUT;
	const uint32_t value = PIO_VALUE;
	std::vector<uint8_t> bytes(c.elements * c.size);

	Choose(c.function);
	volatile uint8_t *buffer = Shared<uint8_t>("buffer");
	*Shared<uint64_t>("offset") = c.offset;
	*Shared<uint64_t>("elements") = c.elements;

	if (!c.step) {
		memcpy(bytes.data(), &value, c.size);
		const auto output = ServeDevice(is_out ? std::vector<uint8_t>() : bytes);
		if (is_out)
			EXPECT_EQ(output, bytes);
		for (uint64_t i = 0; !is_out && i < BUFFER_BYTES; i++)
			ASSERT_EQ(buffer[i], i < c.size ? bytes[i] : 0) << "at " << i;
		return;
	}

	const std::vector<uint64_t> places = Places();
	std::transform(places.begin(), places.end(), bytes.begin(), Pattern);
	if (is_out) {
		for (uint64_t i = 0; i < BUFFER_BYTES; i++)
			buffer[i] = Pattern(i);
		EXPECT_EQ(ServeDevice({}), bytes);
	} else {
		std::vector<uint8_t> expected(BUFFER_BYTES);

		for (const uint64_t place : places)
			expected[place] = Pattern(place);
		ServeDevice(bytes);
		EXPECT_EQ(std::vector<uint8_t>(buffer, buffer + BUFFER_BYTES), expected);
	}
	EXPECT_EQ(*Shared<uint64_t>("end_offset"),
		  c.offset + static_cast<int64_t>(c.elements * c.size) * c.step);
	// Without REP, the count is not in use.
	const bool is_repeated = strstr(c.name, "Once") == nullptr;
	EXPECT_EQ(*Shared<uint64_t>("end_count"), is_repeated ? 0 : c.elements);
}

constexpr uint8_t kOut = KVM_EXIT_IO_OUT, kIn = KVM_EXIT_IO_IN;

// Elements of more than a page's bytes lie on several pages, and an odd offset has
// single elements lie on two.
constexpr PioCase kCases[] = {
	{"Out8", "outb", kOut, 1, 0, 1, 0},
	{"Out16", "outw", kOut, 2, 0, 1, 0},
	{"Out32", "outl", kOut, 4, 0, 1, 0},
	{"In8", "inb", kIn, 1, 0, 1, 0},
	{"In16", "inw", kIn, 2, 0, 1, 0},
	{"In32", "inl", kIn, 4, 0, 1, 0},
	{"OutsOnce8", "outsb_once", kOut, 1, 64, 1, 1},
	{"OutsOnce16", "outsw_once", kOut, 2, 64, 1, 1},
	{"OutsOnce32", "outsl_once", kOut, 4, 64, 1, 1},
	{"InsOnce8", "insb_once", kIn, 1, 64, 1, 1},
	{"InsOnce16", "insw_once", kIn, 2, 64, 1, 1},
	{"InsOnce32", "insl_once", kIn, 4, 64, 1, 1},
	{"RepOuts8", "rep_outsb", kOut, 1, 64, 100, 1},
	{"RepOuts16", "rep_outsw", kOut, 2, 64, 100, 1},
	{"RepOuts32", "rep_outsl", kOut, 4, 64, 100, 1},
	{"RepIns8", "rep_insb", kIn, 1, 64, 100, 1},
	{"RepIns16", "rep_insw", kIn, 2, 64, 100, 1},
	{"RepIns32", "rep_insl", kIn, 4, 64, 100, 1},
	{"RepOutsPages8", "rep_outsb", kOut, 1, 0xfff, 5000, 1},
	{"RepOutsPages16", "rep_outsw", kOut, 2, 0xfff, 2500, 1},
	{"RepOutsPages32", "rep_outsl", kOut, 4, 0xffd, 1250, 1},
	{"RepInsPages8", "rep_insb", kIn, 1, 0xfff, 5000, 1},
	{"RepInsPages16", "rep_insw", kIn, 2, 0xfff, 2500, 1},
	{"RepInsPages32", "rep_insl", kIn, 4, 0xffd, 1250, 1},
	{"BackwardsOuts8", "back_outsb", kOut, 1, 0x1040, 100, -1},
	{"BackwardsOuts16", "back_outsw", kOut, 2, 0x1041, 100, -1},
	{"BackwardsOuts32", "back_outsl", kOut, 4, 0x1041, 100, -1},
	{"BackwardsIns8", "back_insb", kIn, 1, 0x1040, 100, -1},
	{"BackwardsIns16", "back_insw", kIn, 2, 0x1041, 100, -1},
	{"BackwardsIns32", "back_insl", kIn, 4, 0x1041, 100, -1},
	{"RepOutsNothing", "rep_outsb", kOut, 1, 64, 0, 1},
	{"RepInsNothing", "rep_insb", kIn, 1, 64, 0, 1},
};

INSTANTIATE_TEST_SUITE_P(Cases, Pio, testing::ValuesIn(kCases), kvm_tests::NameOf<PioCase>);

} // namespace
