import CMPI

// The combination of what all ranks hold, for all ranks (MPI_Allreduce; MPI 3.1, 5.9.6 and 5.12.8). Counts are equal on
// all ranks. In place, so that no second buffer is needed (MPI_IN_PLACE).
extension Communicator {
    public func allReduce<Scalar: MPIScalar>(
        _ values: UnsafeMutableBufferPointer<Scalar>, _ operation: ReductionOperation
    ) throws(MPIError) {
        let count = cInt(values.count, "MPI_Allreduce")
        if isAlone { return }
        try wait("MPI_Allreduce") {
            MPI_Allreduce(cmpi_in_place(), values.baseAddress, count, Scalar.datatype, operation.handle, handle)
        } orBegin: {
            MPI_Iallreduce(cmpi_in_place(), values.baseAddress, count, Scalar.datatype, operation.handle, handle, $0)
        }
    }

    public func allReduce<Scalar: MPIScalar>(
        _ values: inout MutableSpan<Scalar>, _ operation: ReductionOperation
    ) throws(MPIError) {
        try values.withUnsafeMutableBufferPointer { (values) throws(MPIError) in try allReduce(values, operation) }
    }

    /// Leaves `values` as they are.
    public func allReduce<Scalar: MPIScalar>(
        _ values: Span<Scalar>, into result: inout MutableSpan<Scalar>, _ operation: ReductionOperation
    ) throws(MPIError) {
        requireSameCount(values.count, result.count, "MPI_Allreduce")
        try result.withUnsafeMutableBufferPointer { (result) throws(MPIError) in
            values.withUnsafeBufferPointer { copy($0, to: result, "MPI_Allreduce") }
            try allReduce(result, operation)
        }
    }

    /// One number.
    public func allReduce<Scalar: MPIScalar>(
        _ value: Scalar, _ operation: ReductionOperation
    ) throws(MPIError) -> Scalar {
        var value = value
        try withUnsafeMutablePointer(to: &value) { (pointer) throws(MPIError) in
            try allReduce(UnsafeMutableBufferPointer(start: pointer, count: 1), operation)
        }
        return value
    }

    /// Begins a reduction. `values` stays in place, untouched, until the request is done.
    public func startAllReduce<Scalar: MPIScalar>(
        _ values: UnsafeMutableBufferPointer<Scalar>, _ operation: ReductionOperation
    ) throws(MPIError) -> Request {
        let count = cInt(values.count, "MPI_Iallreduce")
        if isAlone { return Request() }
        var request: MPI_Request? = nil
        try check(
            MPI_Iallreduce(
                cmpi_in_place(), values.baseAddress, count, Scalar.datatype, operation.handle, handle, &request),
            "MPI_Iallreduce")
        return Request(request)
    }

    /// The same for memory that the compiler watches: it is out of reach until the operation was waited for.
    @_lifetime(&values)
    public func startAllReduce<Scalar: MPIScalar>(
        _ values: inout MutableSpan<Scalar>, _ operation: ReductionOperation
    ) throws(MPIError) -> PendingOperation {
        let request = try values.withUnsafeMutableBufferPointer { (values) throws(MPIError) in
            try startAllReduce(values, operation)
        }
        return PendingOperation(request, on: &values)
    }
}
