/* SPDX-License-Identifier: MIT */
/* See serial.h. Registers: the data sheet of National's PC16550D. */
#include "suites/kvm_unit_tests/vmm/serial.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* Register numbers; with DLAB set, the first two are the divisor. */
#define DATA 0
#define INTERRUPT_ENABLE 1
#define INTERRUPT_IDENT 2
#define LINE_CONTROL 3
#define LINE_STATUS 5
#define MODEM_STATUS 6

#define LINE_CONTROL_DLAB 0x80
#define LINE_STATUS_EMPTY 0x60 /* holding register and shift register */
#define INTERRUPT_IDENT_NONE 0x01
#define MODEM_STATUS_READY 0xb0 /* carrier, data set ready, clear to send */

/* A line that does not end is printed in pieces. */
#define LINE_SIZE 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint8_t registers[SERIAL_PORTS];
static uint8_t divisor[2];
static char line[LINE_SIZE], last[LINE_SIZE];
static size_t used;

static void print(void)
{
	fwrite(line, 1, used, stdout);
	fflush(stdout);
	while (used && (line[used - 1] == '\n' || line[used - 1] == '\r'))
		used--;
	if (used) {
		memcpy(last, line, used);
		last[used] = '\0';
	}
	used = 0;
}

uint8_t serial_read(unsigned int reg)
{
	uint8_t value;

	if (reg == LINE_STATUS)
		return LINE_STATUS_EMPTY;
	if (reg == MODEM_STATUS)
		return MODEM_STATUS_READY;
	pthread_mutex_lock(&lock);
	if (reg <= INTERRUPT_ENABLE && registers[LINE_CONTROL] & LINE_CONTROL_DLAB)
		value = divisor[reg];
	else if (reg == DATA)
		value = 0;
	else if (reg == INTERRUPT_IDENT)
		value = INTERRUPT_IDENT_NONE;
	else
		value = registers[reg];
	pthread_mutex_unlock(&lock);
	return value;
}

void serial_write(unsigned int reg, uint8_t value)
{
	pthread_mutex_lock(&lock);
	if (reg <= INTERRUPT_ENABLE && registers[LINE_CONTROL] & LINE_CONTROL_DLAB) {
		divisor[reg] = value;
	} else if (reg == DATA) {
		line[used++] = (char)value;
		if (value == '\n' || used == sizeof(line) - 1)
			print();
	} else {
		registers[reg] = value;
	}
	pthread_mutex_unlock(&lock);
}

void serial_end_line(void)
{
	pthread_mutex_lock(&lock);
	if (used) {
		line[used++] = '\n';
		print();
	}
	pthread_mutex_unlock(&lock);
}

void serial_last_line(char *buf, size_t size)
{
	pthread_mutex_lock(&lock);
	snprintf(buf, size, "%s", last);
	pthread_mutex_unlock(&lock);
}
