import CMPI

// What the root holds, everybody holds (MPI_Bcast; MPI 3.1, 5.4 and 5.12.2). Counts are equal on all ranks.
extension Communicator {
    public func broadcast<Scalar: MPIScalar>(
        _ values: UnsafeMutableBufferPointer<Scalar>, from root: Int
    ) throws(MPIError) {
        let mpiRoot = try self.root(root, "MPI_Bcast")
        let count = cInt(values.count, "MPI_Bcast")
        if isAlone { return }
        try wait("MPI_Bcast") {
            MPI_Bcast(values.baseAddress, count, Scalar.datatype, mpiRoot, handle)
        } orBegin: {
            MPI_Ibcast(values.baseAddress, count, Scalar.datatype, mpiRoot, handle, $0)
        }
    }

    public func broadcast<Scalar: MPIScalar>(_ values: inout MutableSpan<Scalar>, from root: Int) throws(MPIError) {
        try values.withUnsafeMutableBufferPointer { (values) throws(MPIError) in try broadcast(values, from: root) }
    }

    /// One number: the root's.
    public func broadcast<Scalar: MPIScalar>(_ value: Scalar, from root: Int) throws(MPIError) -> Scalar {
        var value = value
        try withUnsafeMutablePointer(to: &value) { (pointer) throws(MPIError) in
            try broadcast(UnsafeMutableBufferPointer(start: pointer, count: 1), from: root)
        }
        return value
    }

    /// Begins a broadcast. `values` stays in place, and the root's untouched, until the request is done.
    public func startBroadcast<Scalar: MPIScalar>(
        _ values: UnsafeMutableBufferPointer<Scalar>, from root: Int
    ) throws(MPIError) -> Request {
        let mpiRoot = try self.root(root, "MPI_Ibcast")
        let count = cInt(values.count, "MPI_Ibcast")
        if isAlone { return Request() }
        var request: MPI_Request? = nil
        try check(
            MPI_Ibcast(values.baseAddress, count, Scalar.datatype, mpiRoot, handle, &request), "MPI_Ibcast")
        return Request(request)
    }

    /// The same for memory that the compiler watches: it is out of reach until the operation was waited for.
    @_lifetime(&values)
    public func startBroadcast<Scalar: MPIScalar>(
        _ values: inout MutableSpan<Scalar>, from root: Int
    ) throws(MPIError) -> PendingOperation {
        let request = try values.withUnsafeMutableBufferPointer { (values) throws(MPIError) in
            try startBroadcast(values, from: root)
        }
        return PendingOperation(request, on: &values)
    }
}
