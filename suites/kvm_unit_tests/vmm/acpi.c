/* SPDX-License-Identifier: MIT */
/*
 * The ACPI tables that images look up: RSDP, RSDT, FADT, FACS, and a DSDT with
 * nothing in it. Fields: ACPI 6.5, 5.2.5 to 5.2.11.
 */
#include <string.h>

#include "suites/kvm_unit_tests/vmm/boot.h"
#include "suites/kvm_unit_tests/vmm/power.h"

#define RSDP FIRMWARE_START
#define RSDT (FIRMWARE_START + 0x100)
#define FADT (FIRMWARE_START + 0x200)
#define DSDT (FIRMWARE_START + 0x500)

#define FACS_SIZE 64
#define FADT_SIZE 116 /* revision 1 */

#define FADT_FLAG_WBINVD 0x1
#define FADT_FLAG_FIXED_RTC 0x40 /* the clock's alarm has no fixed event */

struct table {
	char signature[4];
	uint32_t size;
	uint8_t revision;
	uint8_t checksum; /* all bytes sum up to 0 */
	char oem[6];
	char oem_table[8];
	uint32_t oem_revision;
	char creator[4];
	uint32_t creator_revision;
} __attribute__((packed));

struct rsdp {
	char signature[8];
	uint8_t checksum;
	char oem[6];
	uint8_t revision; /* 0: ACPI 1.0 */
	uint32_t rsdt;
} __attribute__((packed));

struct rsdt {
	struct table table;
	uint32_t tables[1];
} __attribute__((packed));

struct fadt {
	struct table table;
	uint32_t facs, dsdt;
	uint8_t model, profile;
	uint16_t sci;
	uint32_t smi_command;
	uint8_t smi_values[4];
	uint32_t pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm2_control, pm_timer;
	uint32_t general_events[2];
	uint8_t pm1_event_size, pm1_control_size, pm2_control_size, pm_timer_size;
	uint8_t other_sizes[4];
	uint16_t latencies[2], flush[2];
	uint8_t duty[2], day_alarm, month_alarm, century;
	uint8_t reserved[3];
	uint32_t flags;
} __attribute__((packed));

static uint8_t checksum(const void *data, size_t size)
{
	const uint8_t *bytes = data;
	uint8_t sum = 0;

	while (size--)
		sum += *bytes++;
	return -sum;
}

static struct table header(const char *signature, size_t size)
{
	struct table table = {
		.size = (uint32_t)size,
		.revision = 1,
		.oem = "RINGSI",
		.oem_table = "KVMUNITT",
		.oem_revision = 1,
		.creator = "RING",
		.creator_revision = 1,
	};

	memcpy(table.signature, signature, sizeof(table.signature));
	return table;
}

void write_acpi_tables(unsigned char *ram)
{
	struct rsdp rsdp = {.signature = "RSD PTR ", .oem = "RINGSI", .rsdt = RSDT};
	struct rsdt rsdt = {.table = header("RSDT", sizeof(rsdt)), .tables = {FADT}};
	struct table dsdt = header("DSDT", sizeof(dsdt));
	struct fadt fadt = {
		.table = header("FACP", sizeof(fadt)),
		.facs = ACPI_FACS,
		.dsdt = DSDT,
		.sci = 9,
		.pm1a_event = PM1_EVENT_PORT,
		.pm1a_control = PM1_CONTROL_PORT,
		.pm_timer = PM_TIMER_PORT,
		.pm1_event_size = PM1_EVENT_PORTS,
		.pm1_control_size = PM1_CONTROL_PORTS,
		.pm_timer_size = PM_TIMER_PORTS,
		.flags = FADT_FLAG_WBINVD | FADT_FLAG_FIXED_RTC,
	};
	const uint32_t facs_size = FACS_SIZE;

	_Static_assert(sizeof(fadt) == FADT_SIZE, "the FADT of revision 1");
	rsdp.checksum = checksum(&rsdp, sizeof(rsdp));
	rsdt.table.checksum = checksum(&rsdt, sizeof(rsdt));
	dsdt.checksum = checksum(&dsdt, sizeof(dsdt));
	fadt.table.checksum = checksum(&fadt, sizeof(fadt));
	memcpy(ram + RSDP, &rsdp, sizeof(rsdp));
	memcpy(ram + RSDT, &rsdt, sizeof(rsdt));
	memcpy(ram + FADT, &fadt, sizeof(fadt));
	memcpy(ram + DSDT, &dsdt, sizeof(dsdt));
	memcpy(ram + ACPI_FACS, "FACS", 4);
	memcpy(ram + ACPI_FACS + 4, &facs_size, sizeof(facs_size));
}
