import CMPI

// What the ranks hold, side by side in rank order, for the root alone (MPI 3.1, 5.5).
extension Communicator {
    /// Equal counts (MPI_Gather). `result` matters on the root only; elsewhere it may be empty.
    public func gather<Scalar: MPIScalar>(
        _ values: Span<Scalar>, into result: inout MutableSpan<Scalar>, to root: Int
    ) throws(MPIError) {
        let mpiRoot = try self.root(root, "MPI_Gather")
        let count = cInt(values.count, "MPI_Gather")
        if rank == root { requireRoom(values.count * size, in: result.count, "MPI_Gather") }
        try result.withUnsafeMutableBufferPointer { (result) throws(MPIError) in
            try values.withUnsafeBufferPointer { (values) throws(MPIError) in
                if isAlone { return copy(values, to: result, "MPI_Gather") }
                try wait("MPI_Gather") {
                    MPI_Gather(
                        values.baseAddress, count, Scalar.datatype, result.baseAddress, count, Scalar.datatype, mpiRoot,
                        handle)
                } orBegin: {
                    MPI_Igather(
                        values.baseAddress, count, Scalar.datatype, result.baseAddress, count, Scalar.datatype, mpiRoot,
                        handle, $0)
                }
            }
        }
    }

    /// A count for each rank (MPI_Gatherv). `layout` and `result` matter on the root only.
    public func gather<Scalar: MPIScalar>(
        _ values: UnsafeBufferPointer<Scalar>, into result: UnsafeMutableBufferPointer<Scalar>, _ layout: BlockLayout?,
        to root: Int
    ) throws(MPIError) {
        let mpiRoot = try self.root(root, "MPI_Gatherv")
        let count = cInt(values.count, "MPI_Gatherv")
        if rank == root {
            guard let layout else { fatalError("MPI_Gatherv: the root needs a layout") }
            layout.requireFit(result.count, ranks: size, "MPI_Gatherv")
            requireSameCount(values.count, layout[rank].count, "MPI_Gatherv")
            if isAlone {
                return copy(values, to: UnsafeMutableBufferPointer(rebasing: result[layout[0]]), "MPI_Gatherv")
            }
        }
        try wait("MPI_Gatherv") {
            MPI_Gatherv(
                values.baseAddress, count, Scalar.datatype, result.baseAddress, layout?.counts, layout?.displacements,
                Scalar.datatype, mpiRoot, handle)
        } orBegin: {
            MPI_Igatherv(
                values.baseAddress, count, Scalar.datatype, result.baseAddress, layout?.counts, layout?.displacements,
                Scalar.datatype, mpiRoot, handle, $0)
        }
    }

    public func gather<Scalar: MPIScalar>(
        _ values: Span<Scalar>, into result: inout MutableSpan<Scalar>, _ layout: BlockLayout?, to root: Int
    ) throws(MPIError) {
        try result.withUnsafeMutableBufferPointer { (result) throws(MPIError) in
            try values.withUnsafeBufferPointer { (values) throws(MPIError) in
                try gather(values, into: result, layout, to: root)
            }
        }
    }
}
