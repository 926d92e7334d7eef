/* SPDX-License-Identifier: MIT */
/* The first serial port, an 8250 that sends at once and receives nothing. */
#ifndef RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_SERIAL_H
#define RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_SERIAL_H

#include <stddef.h>
#include <stdint.h>

#define SERIAL_PORT 0x3f8
#define SERIAL_PORTS 8

/* A register's value, and a write to it; @reg is its distance from SERIAL_PORT. */
uint8_t serial_read(unsigned int reg);
void serial_write(unsigned int reg, uint8_t value);

/** serial_end_line() - print what there is of an unfinished line, and end it */
void serial_end_line(void);

/** serial_last_line() - copy the last line that was not empty */
void serial_last_line(char *buf, size_t size);

#endif /* RINGSIDE_SUITES_KVM_UNIT_TESTS_VMM_SERIAL_H */
