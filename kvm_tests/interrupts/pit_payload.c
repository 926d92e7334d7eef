// SPDX-License-Identifier: MIT
/* Programs and reads channel 2 of the interval timer: Intel 8254 data sheet. */
#include "guest_case.h"
#include "kvm_x86.h"
#include "pit.h"

#define PIT_CHANNEL_2 0x42
#define PIT_CONTROL 0x43
/* Channel 2, low byte and high byte, square wave, binary. */
#define PIT_SQUARE_WAVE_2 0xb6
/* Read-back command: status, then count, of channel 2. */
#define PIT_READ_BACK_2 0xc8

GUEST_SHARED uint32_t pit_status;
GUEST_SHARED uint32_t pit_count;

GUEST_CASE(program_channel_2)
{
	kvm_out8(PIT_CONTROL, PIT_SQUARE_WAVE_2);
	kvm_out8(PIT_CHANNEL_2, PIT_COUNT & 0xff);
	kvm_out8(PIT_CHANNEL_2, PIT_COUNT >> 8);
}

GUEST_CASE(read_channel_2)
{
	kvm_out8(PIT_CONTROL, PIT_READ_BACK_2);
	pit_status = kvm_in8(PIT_CHANNEL_2);
	pit_count = kvm_in8(PIT_CHANNEL_2);
	pit_count |= (uint32_t)kvm_in8(PIT_CHANNEL_2) << 8;
}
