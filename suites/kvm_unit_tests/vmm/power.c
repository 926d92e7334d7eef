/* SPDX-License-Identifier: MIT */
/*
 * See power.h. ACPI 6.5, 4.8.3 (fixed hardware) and 16.1.3 (sleeping state S3); the
 * clock: Motorola's data sheet of the MC146818.
 */
#include "suites/kvm_unit_tests/vmm/power.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "suites/kvm_unit_tests/vmm/boot.h"
#include "suites/kvm_unit_tests/vmm/verdict.h"

#define NSEC_PER_SEC 1000000000ull

#define PM_TIMER_HZ 3579545ull
#define PM_TIMER_MASK 0xffffffull

#define SLEEP_ENABLE (1u << 13)
#define SLEEP_TYPE(value) ((value) >> 10 & 7)
#define SLEEP_TYPE_S3 1 /* of our own choice; a DSDT would tell */

#define CLOCK_SECONDS 0x0
#define CLOCK_MINUTES 0x2
#define CLOCK_HOURS 0x4
#define CLOCK_WEEKDAY 0x6
#define CLOCK_DAY 0x7
#define CLOCK_MONTH 0x8
#define CLOCK_YEAR 0x9
#define CLOCK_A 0xa
#define CLOCK_B 0xb
#define CLOCK_C 0xc
#define CLOCK_D 0xd
#define CLOCK_REGISTERS 0x80

#define CLOCK_A_RATE 0x26 /* the usual time base */
#define CLOCK_A_UPDATING 0x80
#define CLOCK_B_24_HOURS 0x02
#define CLOCK_B_ALARM 0x20
#define CLOCK_D_VALID 0x80

/* An update takes 1984 us, and is announced 244 us before. */
#define UPDATE_NSEC ((1984 + 244) * 1000)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint8_t events[PM1_EVENT_PORTS];
static uint8_t registers[CLOCK_REGISTERS] = {[CLOCK_B] = CLOCK_B_24_HOURS};
static uint8_t selected;

void answer_pm1_event(struct access *access)
{
	uint64_t size = sizeof(events) - access->offset;

	if (size > access->size)
		size = access->size;
	pthread_mutex_lock(&lock);
	if (access->is_write) {
		memcpy(events + access->offset, &access->value, size);
	} else {
		access->value = 0;
		memcpy(&access->value, events + access->offset, size);
	}
	pthread_mutex_unlock(&lock);
}

/* The CPU begins in real mode where the FACS says; ACPI 6.5, 5.2.10. */
static void wake(struct access *access)
{
	struct engine_vcpu *vcpu = access->vcpu;
	struct kvm_regs regs = {.rflags = 2};
	struct engine_error error;
	struct kvm_sregs sregs;
	uint32_t vector;

	memcpy(&vector, access->machine->ram + ACPI_FACS + ACPI_FACS_WAKING_VECTOR, sizeof(vector));
	if (!vector || vector >= 0x100000)
		give_up("CPU %u sleeps, and the waking vector in the FACS is %#x, not below 1 MiB",
			vcpu->index, vector);
	if (!engine_settle(vcpu, &error))
		give_up("%s", error.text);
	if (engine_ioctl(vcpu->fd, KVM_GET_SREGS, &sregs))
		give_up("ioctl(KVM_GET_SREGS) of a CPU that wakes");
	sregs.cr0 = 0x10;
	sregs.cr3 = 0;
	sregs.cr4 = 0;
	sregs.efer = 0;
	sregs.cs = (struct kvm_segment){
		.base = vector & ~0xfu,
		.limit = 0xffff,
		.selector = (uint16_t)(vector >> 4),
		.type = 0xb,
		.present = 1,
		.s = 1,
	};
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = (struct kvm_segment){
		.limit = 0xffff,
		.type = 0x3,
		.present = 1,
		.s = 1,
	};
	sregs.idt = sregs.gdt = (struct kvm_dtable){.limit = 0xffff};
	regs.rip = vector & 0xf;
	if (engine_ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) ||
	    engine_ioctl(vcpu->fd, KVM_SET_REGS, &regs))
		give_up("the CPU that wakes can't begin in real mode at %#x", vector);
}

static void fall_asleep(struct access *access)
{
	struct timespec until;
	bool alarm;

	pthread_mutex_lock(&lock);
	alarm = registers[CLOCK_B] & CLOCK_B_ALARM;
	pthread_mutex_unlock(&lock);
	if (!alarm)
		give_up("the image has put the machine to sleep, and nothing wakes it: the "
			"real-time clock's alarm is off");
	/* An alarm of any second: no image sets another. */
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	until.tv_nsec = 0;
	while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL))
		;
	wake(access);
}

void answer_pm1_control(struct access *access)
{
	if (!access->is_write) {
		access->value = 1; /* ACPI is enabled */
		return;
	}
	if (access->size != 2 || !(access->value & SLEEP_ENABLE))
		return;
	if (SLEEP_TYPE(access->value) != SLEEP_TYPE_S3)
		give_up("the image asks for a sleeping state of type %u; there is only %u, which "
			"is S3",
			(unsigned int)SLEEP_TYPE(access->value), SLEEP_TYPE_S3);
	fall_asleep(access);
}

void answer_pm_timer(struct access *access)
{
	struct timespec now;

	if (access->is_write)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	access->value = ((uint64_t)now.tv_sec * PM_TIMER_HZ +
			 (uint64_t)now.tv_nsec * PM_TIMER_HZ / NSEC_PER_SEC) &
			PM_TIMER_MASK;
}

static uint8_t decimal(int value)
{
	return (uint8_t)(value / 10 % 10 << 4 | value % 10);
}

static uint8_t clock_register(uint8_t reg)
{
	struct timespec now;
	struct tm date;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &date);
	switch (reg) {
	case CLOCK_SECONDS:
		return decimal(date.tm_sec);
	case CLOCK_MINUTES:
		return decimal(date.tm_min);
	case CLOCK_HOURS:
		return decimal(date.tm_hour);
	case CLOCK_WEEKDAY:
		return decimal(date.tm_wday + 1);
	case CLOCK_DAY:
		return decimal(date.tm_mday);
	case CLOCK_MONTH:
		return decimal(date.tm_mon + 1);
	case CLOCK_YEAR:
		return decimal(date.tm_year);
	case CLOCK_A:
		return now.tv_nsec >= (long)(NSEC_PER_SEC - UPDATE_NSEC)
			       ? CLOCK_A_RATE | CLOCK_A_UPDATING
			       : CLOCK_A_RATE;
	case CLOCK_C:
		return 0;
	case CLOCK_D:
		return CLOCK_D_VALID;
	}
	return registers[reg];
}

void answer_clock(struct access *access)
{
	pthread_mutex_lock(&lock);
	if (!access->offset) {
		if (access->is_write)
			selected = access->value % CLOCK_REGISTERS;
		else
			access->value = selected;
	} else if (access->is_write) {
		registers[selected] = (uint8_t)access->value;
	} else {
		access->value = clock_register(selected);
	}
	pthread_mutex_unlock(&lock);
}
