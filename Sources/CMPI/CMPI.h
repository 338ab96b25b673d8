// What Swift cannot import from mpi.h: macros that cast (MPI_COMM_WORLD ...). All else is used as it is.
#pragma once
#include <mpi.h>

static inline MPI_Comm cmpi_comm_world(void) { return MPI_COMM_WORLD; }
