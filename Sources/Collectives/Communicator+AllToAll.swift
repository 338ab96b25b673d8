import CMPI

// A block from everybody to everybody: the transposition of a matrix of blocks (MPI 3.1, 5.8 and 5.12.6).
extension Communicator {
    /// Blocks of equal counts, one for each rank (MPI_Alltoall).
    public func allToAll<Scalar: MPIScalar>(
        _ values: Span<Scalar>, into result: inout MutableSpan<Scalar>
    ) throws(MPIError) {
        require(
            values.count.isMultiple(of: size), "MPI_Alltoall: \(values.count) elements do not make \(size) equal blocks"
        )
        requireSameCount(values.count, result.count, "MPI_Alltoall")
        let count = cInt(values.count / size, "MPI_Alltoall")
        try result.withUnsafeMutableBufferPointer { (result) throws(MPIError) in
            try values.withUnsafeBufferPointer { (values) throws(MPIError) in
                if isAlone { return copy(values, to: result, "MPI_Alltoall") }
                try check(
                    MPI_Alltoall(
                        values.baseAddress, count, Scalar.datatype, result.baseAddress, count, Scalar.datatype, handle),
                    "MPI_Alltoall")
            }
        }
    }

    /// Blocks of any count (MPI_Alltoallv). What rank r sends to rank s is as long as what rank s expects from rank r.
    public func allToAll<Scalar: MPIScalar>(
        _ values: UnsafeBufferPointer<Scalar>, _ sendLayout: BlockLayout,
        into result: UnsafeMutableBufferPointer<Scalar>, _ receiveLayout: BlockLayout
    ) throws(MPIError) {
        requireFit(values, sendLayout, result, receiveLayout, "MPI_Alltoallv")
        if isAlone { return copyBlock(values, sendLayout, result, receiveLayout, "MPI_Alltoallv") }
        try check(
            MPI_Alltoallv(
                values.baseAddress, sendLayout.counts, sendLayout.displacements, Scalar.datatype, result.baseAddress,
                receiveLayout.counts, receiveLayout.displacements, Scalar.datatype, handle),
            "MPI_Alltoallv")
    }

    public func allToAll<Scalar: MPIScalar>(
        _ values: Span<Scalar>, _ sendLayout: BlockLayout,
        into result: inout MutableSpan<Scalar>, _ receiveLayout: BlockLayout
    ) throws(MPIError) {
        try result.withUnsafeMutableBufferPointer { (result) throws(MPIError) in
            try values.withUnsafeBufferPointer { (values) throws(MPIError) in
                try allToAll(values, sendLayout, into: result, receiveLayout)
            }
        }
    }

    /// Begins the same. Buffers and layouts stay in place, untouched, until the request is done.
    public func startAllToAll<Scalar: MPIScalar>(
        _ values: UnsafeBufferPointer<Scalar>, _ sendLayout: BlockLayout,
        into result: UnsafeMutableBufferPointer<Scalar>, _ receiveLayout: BlockLayout
    ) throws(MPIError) -> Request {
        requireFit(values, sendLayout, result, receiveLayout, "MPI_Ialltoallv")
        if isAlone {
            copyBlock(values, sendLayout, result, receiveLayout, "MPI_Ialltoallv")
            return Request()
        }
        var request: MPI_Request? = nil
        try check(
            MPI_Ialltoallv(
                values.baseAddress, sendLayout.counts, sendLayout.displacements, Scalar.datatype, result.baseAddress,
                receiveLayout.counts, receiveLayout.displacements, Scalar.datatype, handle, &request),
            "MPI_Ialltoallv")
        return Request(request)
    }

    private func requireFit<Scalar: MPIScalar>(
        _ values: UnsafeBufferPointer<Scalar>, _ sendLayout: BlockLayout,
        _ result: UnsafeMutableBufferPointer<Scalar>, _ receiveLayout: BlockLayout, _ call: StaticString
    ) {
        sendLayout.requireFit(values.count, ranks: size, call)
        receiveLayout.requireFit(result.count, ranks: size, call)
        requireSameCount(sendLayout[rank].count, receiveLayout[rank].count, call)
    }

    private func copyBlock<Scalar: MPIScalar>(
        _ values: UnsafeBufferPointer<Scalar>, _ sendLayout: BlockLayout,
        _ result: UnsafeMutableBufferPointer<Scalar>, _ receiveLayout: BlockLayout, _ call: StaticString
    ) {
        copy(
            UnsafeBufferPointer(rebasing: values[sendLayout[0]]),
            to: UnsafeMutableBufferPointer(rebasing: result[receiveLayout[0]]), call)
    }
}
