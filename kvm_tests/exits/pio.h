/* SPDX-License-Identifier: MIT */
/* What the payload and the controller of the port tests know together. */
#ifndef RINGSIDE_KVM_TESTS_PIO_H
#define RINGSIDE_KVM_TESTS_PIO_H

#define PIO_PORT 0x5100
#define PIO_VALUE 0x87654321u
#define BUFFER_BYTES 0x4000

#endif /* RINGSIDE_KVM_TESTS_PIO_H */
