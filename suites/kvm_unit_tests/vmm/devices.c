/* SPDX-License-Identifier: MIT */
/* See devices.h. */
#include "suites/kvm_unit_tests/vmm/devices.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "suites/kvm_unit_tests/vmm/absent.h"
#include "suites/kvm_unit_tests/vmm/fw_cfg.h"
#include "suites/kvm_unit_tests/vmm/hyperv_test_device.h"
#include "suites/kvm_unit_tests/vmm/power.h"
#include "suites/kvm_unit_tests/vmm/serial.h"
#include "suites/kvm_unit_tests/vmm/test_device.h"
#include "suites/kvm_unit_tests/vmm/verdict.h"
#include "suites/kvm_unit_tests/vmm/vmware_port.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

struct device {
	bool is_port;
	uint64_t first, count; /* ports, or bytes of addresses */
	void (*answer)(struct access *access);
};

/* Byte by byte: each has a register of its own. */
static void answer_serial(struct access *access)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < access->size; i++) {
		unsigned int reg = (unsigned int)access->offset + i;

		if (reg >= SERIAL_PORTS)
			break;
		if (access->is_write)
			serial_write(reg, (uint8_t)(access->value >> 8 * i));
		else
			value |= (uint64_t)serial_read(reg) << 8 * i;
	}
	if (!access->is_write)
		access->value = value;
}

/* A bus with no device on it: whatever is asked for reads as ones. */
static void answer_nothing(struct access *access)
{
	if (!access->is_write)
		access->value = ~0ull;
}

static const struct device devices[] = {
	{true, SERIAL_PORT, SERIAL_PORTS, answer_serial},
	{true, FW_CFG_PORT, FW_CFG_PORTS, answer_fw_cfg},
	{true, TEST_EXIT_PORT, TEST_EXIT_PORTS, answer_test_exit},
	{true, TEST_DATA_PORT, TEST_DATA_PORTS, answer_test_data},
	{true, TEST_FLUSH_PORT, TEST_FLUSH_PORTS, answer_test_flush},
	{true, TEST_IRQ_PORT, TEST_IRQ_PORTS, answer_test_irq},
	{false, TEST_MEMORY, TEST_MEMORY_SIZE, answer_test_memory},
	{true, HYPERV_TEST_PORT, HYPERV_TEST_PORTS, answer_hyperv_test},
	{true, PM1_EVENT_PORT, PM1_EVENT_PORTS, answer_pm1_event},
	{true, PM1_CONTROL_PORT, PM1_CONTROL_PORTS, answer_pm1_control},
	{true, PM_TIMER_PORT, PM_TIMER_PORTS, answer_pm_timer},
	{true, CLOCK_PORT, CLOCK_PORTS, answer_clock},
	{true, VMWARE_PORT, VMWARE_PORTS, answer_vmware},
	/* PCI's configuration space. */
	{true, 0xcf8, 8, answer_nothing},
	/* Written to for the time that it takes. */
	{true, 0x80, 1, answer_nothing},
	{true, 0xed, 1, answer_nothing},
};

/* Devices of QEMU's that are there anyway. */
static const char *const named[] = {
	"hyperv-testdev",
	"isa-debug-exit",
	"pc-testdev",
	"testdev",
};

void access_device(struct access *access)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		const struct device *device = &devices[i];

		if (device->is_port != access->is_port || access->address < device->first ||
		    access->address - device->first >= device->count)
			continue;
		access->offset = access->address - device->first;
		device->answer(access);
		return;
	}
	note_absent(access);
	answer_nothing(access);
}

void check_devices(const struct options *options)
{
	for (size_t i = 0; i < options->devices.count; i++) {
		const char *name = options->devices.values[i];
		bool known = false;

		for (size_t k = 0; k < ARRAY_SIZE(named); k++)
			known |= !strcmp(name, named[k]);
		if (!known)
			skip("the test wants QEMU's device %s, which there is not here", name);
	}
}
