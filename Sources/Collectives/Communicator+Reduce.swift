import CMPI

// The combination of what all ranks hold, for the root alone (MPI_Reduce; MPI 3.1, 5.9.1). Counts are equal on all ranks.
extension Communicator {
    /// In place: the root's `values` become the result, all others stay as they are.
    public func reduce<Scalar: MPIScalar>(
        _ values: UnsafeMutableBufferPointer<Scalar>, _ operation: ReductionOperation, to root: Int
    ) throws(MPIError) {
        let mpiRoot = try self.root(root, "MPI_Reduce")
        let count = cInt(values.count, "MPI_Reduce")
        if isAlone { return }
        // MPI_IN_PLACE is for the root only (5.9.1).
        let source: UnsafeRawPointer? =
            rank == root ? UnsafeRawPointer(cmpi_in_place()) : UnsafeRawPointer(values.baseAddress)
        let destination = rank == root ? values.baseAddress : nil
        try check(
            MPI_Reduce(source, destination, count, Scalar.datatype, operation.handle, mpiRoot, handle), "MPI_Reduce")
    }

    public func reduce<Scalar: MPIScalar>(
        _ values: inout MutableSpan<Scalar>, _ operation: ReductionOperation, to root: Int
    ) throws(MPIError) {
        try values.withUnsafeMutableBufferPointer { (values) throws(MPIError) in
            try reduce(values, operation, to: root)
        }
    }

    /// Leaves `values` as they are. `result` matters on the root only; elsewhere it may be empty.
    public func reduce<Scalar: MPIScalar>(
        _ values: Span<Scalar>, into result: inout MutableSpan<Scalar>, _ operation: ReductionOperation, to root: Int
    ) throws(MPIError) {
        let mpiRoot = try self.root(root, "MPI_Reduce")
        let count = cInt(values.count, "MPI_Reduce")
        if rank == root { requireSameCount(values.count, result.count, "MPI_Reduce") }
        try result.withUnsafeMutableBufferPointer { (result) throws(MPIError) in
            try values.withUnsafeBufferPointer { (values) throws(MPIError) in
                if isAlone { return copy(values, to: result, "MPI_Reduce") }
                try check(
                    MPI_Reduce(
                        values.baseAddress, result.baseAddress, count, Scalar.datatype, operation.handle, mpiRoot,
                        handle),
                    "MPI_Reduce")
            }
        }
    }
}
