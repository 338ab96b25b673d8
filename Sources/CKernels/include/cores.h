// Which cores a thread may run on: the system call is out of Swift's reach.
#pragma once
#include <stdbool.h>
#include <stdint.h>

// The calling thread, and those that it starts from now on, may run on these cores, of which the system leaves out what it
// does not allow. False where it allows none of them, or forbids the call.
bool ck_take_cores(const int32_t *cores, long count);
