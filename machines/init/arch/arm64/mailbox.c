/* SPDX-License-Identifier: MIT */
#include "machines/init/transport.h"

/* No I/O ports, and no machine of Bochs. */
const struct transport *const mailbox = NULL;
