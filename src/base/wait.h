/*
 * Waiting for a descriptor without keeping a signal waiting. SIGINT and SIGTERM are blocked
 * throughout and read from a signalfd; here they are only looked at, while they are pending.
 */
#ifndef SONDE_BASE_WAIT_H
#define SONDE_BASE_WAIT_H

#include <stdbool.h>

/* Whether a signal asks to stop that nobody has read yet. */
bool wait_is_over(void);
/* Until poll(2) has @events (or an error) of @fd: true. False if before that a signal asks to stop.
 */
bool wait_for(int fd, short events);

#endif
