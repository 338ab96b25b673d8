import CMPI

// What the ranks hold, side by side in rank order, for everybody (MPI 3.1, 5.7 and 5.12.5).
extension Communicator {
    /// Equal counts (MPI_Allgather).
    public func allGather<Scalar: MPIScalar>(
        _ values: Span<Scalar>, into result: inout MutableSpan<Scalar>
    ) throws(MPIError) {
        let count = cInt(values.count, "MPI_Allgather")
        requireRoom(values.count * size, in: result.count, "MPI_Allgather")
        try result.withUnsafeMutableBufferPointer { (result) throws(MPIError) in
            try values.withUnsafeBufferPointer { (values) throws(MPIError) in
                if isAlone { return copy(values, to: result, "MPI_Allgather") }
                try wait("MPI_Allgather") {
                    MPI_Allgather(
                        values.baseAddress, count, Scalar.datatype, result.baseAddress, count, Scalar.datatype, handle)
                } orBegin: {
                    MPI_Iallgather(
                        values.baseAddress, count, Scalar.datatype, result.baseAddress, count, Scalar.datatype, handle,
                        $0)
                }
            }
        }
    }

    /// A count for each rank (MPI_Allgatherv). All ranks give the same layout.
    public func allGather<Scalar: MPIScalar>(
        _ values: Span<Scalar>, into result: inout MutableSpan<Scalar>, _ layout: BlockLayout
    ) throws(MPIError) {
        let count = cInt(values.count, "MPI_Allgatherv")
        layout.requireFit(result.count, ranks: size, "MPI_Allgatherv")
        requireSameCount(values.count, layout[rank].count, "MPI_Allgatherv")
        try result.withUnsafeMutableBufferPointer { (result) throws(MPIError) in
            try values.withUnsafeBufferPointer { (values) throws(MPIError) in
                if isAlone {
                    return copy(values, to: UnsafeMutableBufferPointer(rebasing: result[layout[0]]), "MPI_Allgatherv")
                }
                try wait("MPI_Allgatherv") {
                    MPI_Allgatherv(
                        values.baseAddress, count, Scalar.datatype, result.baseAddress, layout.counts,
                        layout.displacements, Scalar.datatype, handle)
                } orBegin: {
                    MPI_Iallgatherv(
                        values.baseAddress, count, Scalar.datatype, result.baseAddress, layout.counts,
                        layout.displacements, Scalar.datatype, handle, $0)
                }
            }
        }
    }

    /// Each rank's block of one buffer goes to the same place in everybody's (MPI_Allgatherv with MPI_IN_PLACE).
    public func allGather<Scalar: MPIScalar>(
        inPlace values: UnsafeMutableBufferPointer<Scalar>, _ layout: BlockLayout
    ) throws(MPIError) {
        layout.requireFit(values.count, ranks: size, "MPI_Allgatherv")
        if isAlone { return }
        try wait("MPI_Allgatherv") {
            MPI_Allgatherv(
                cmpi_in_place(), 0, Scalar.datatype, values.baseAddress, layout.counts, layout.displacements,
                Scalar.datatype, handle)
        } orBegin: {
            MPI_Iallgatherv(
                cmpi_in_place(), 0, Scalar.datatype, values.baseAddress, layout.counts, layout.displacements,
                Scalar.datatype, handle, $0)
        }
    }

    /// Begins the same. `values` and `layout` stay in place, untouched, until the request is done.
    public func startAllGather<Scalar: MPIScalar>(
        inPlace values: UnsafeMutableBufferPointer<Scalar>, _ layout: BlockLayout
    ) throws(MPIError) -> Request {
        layout.requireFit(values.count, ranks: size, "MPI_Iallgatherv")
        if isAlone { return Request() }
        var request: MPI_Request? = nil
        try check(
            MPI_Iallgatherv(
                cmpi_in_place(), 0, Scalar.datatype, values.baseAddress, layout.counts, layout.displacements,
                Scalar.datatype, handle, &request),
            "MPI_Iallgatherv")
        return Request(request)
    }
}
