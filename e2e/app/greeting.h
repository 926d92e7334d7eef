/* SPDX-License-Identifier: MIT */
#ifndef APP_GREETING_H
#define APP_GREETING_H

const char *greeting();

#endif /* APP_GREETING_H */
