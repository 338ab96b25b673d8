// Of threads, what is out of Swift's reach: the cores that they may run on, and the stack that they are given.
#pragma once
#include <stdbool.h>
#include <stdint.h>

// The calling thread, and those that it starts from now on, may run on these cores, of which the system leaves out what it
// does not allow. False where it allows none of them, or forbids the call.
bool ck_take_cores(const int32_t *cores, long count);

// Threads that are started from now on have such a stack.
bool ck_set_thread_stack(long bytes);
