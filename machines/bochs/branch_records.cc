// SPDX-License-Identifier: MIT
//
// The last branch, as an AMD CPU records it: APM Vol. 2, "Control-Transfer Recording MSRs".
// A machine is saved before anybody switches that on, so none of it is part of a state.
#include "ringside/instrument.h"

namespace
{

constexpr uint32_t debug_control = 0x1d9, last_branch_from = 0x1db, last_branch_to = 0x1dc;

// LBR, BTF and the pins PB0 to PB3; the others are reserved.
constexpr uint64_t control_bits = 0x3f;

} // namespace

struct branch_records branch_records;

int branch_records_read(uint32_t index, uint64_t *value)
{
	switch (index) {
	case debug_control:
		*value = branch_records.control;
		return 1;
	case last_branch_from:
		*value = branch_records.from;
		return 1;
	case last_branch_to:
		*value = branch_records.to;
		return 1;
	default:
		return -1;
	}
}

int branch_records_write(uint32_t index, uint64_t value)
{
	switch (index) {
	case debug_control:
		if (value & ~control_bits)
			return 0;
		branch_records.control = value;
		return 1;
	case last_branch_from:
	case last_branch_to:
		return 0;
	default:
		return -1;
	}
}
