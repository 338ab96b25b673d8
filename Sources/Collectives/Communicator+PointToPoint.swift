import CMPI

// From one rank to another (MPI 3.1, 3.2 and 3.10). A group of one has no other; there only `sendReceive` works.
extension Communicator {
    /// Sends; comes back when `values` may be changed, which may be before they arrived (MPI_Send).
    public func send<Scalar: MPIScalar>(_ values: Span<Scalar>, to rank: Int, tag: Int = 0) throws(MPIError) {
        requireCompany("MPI_Send")
        let count = cInt(values.count, "MPI_Send")
        let mpiRank = cInt(rank, "MPI_Send")
        let mpiTag = cInt(tag, "MPI_Send")
        try values.withUnsafeBufferPointer { (values) throws(MPIError) in
            try wait("MPI_Send") {
                MPI_Send(values.baseAddress, count, Scalar.datatype, mpiRank, mpiTag, handle)
            } orBegin: {
                MPI_Isend(values.baseAddress, count, Scalar.datatype, mpiRank, mpiTag, handle, $0)
            }
        }
    }

    /// Receives up to as many elements as `values` has room for; gives the number that came (MPI_Recv).
    @discardableResult
    public func receive<Scalar: MPIScalar>(
        into values: inout MutableSpan<Scalar>, from rank: Int, tag: Int = 0
    ) throws(MPIError) -> Int {
        requireCompany("MPI_Recv")
        let count = cInt(values.count, "MPI_Recv")
        let mpiRank = cInt(rank, "MPI_Recv")
        let mpiTag = cInt(tag, "MPI_Recv")
        var status = MPI_Status()
        try values.withUnsafeMutableBufferPointer { (values) throws(MPIError) in
            var request: MPI_Request? = nil
            try check(
                MPI_Irecv(values.baseAddress, count, Scalar.datatype, mpiRank, mpiTag, handle, &request), "MPI_Irecv")
            try patientlyWait(for: &request, &status, "MPI_Recv")
        }
        return try receivedCount(Scalar.self, &status)
    }

    /// Both at once, so that a ring of ranks cannot block itself (MPI_Sendrecv). Gives the number that came.
    @discardableResult
    public func sendReceive<Scalar: MPIScalar>(
        _ values: Span<Scalar>, to destination: Int, into result: inout MutableSpan<Scalar>, from source: Int,
        tag: Int = 0
    ) throws(MPIError) -> Int {
        let sendCount = cInt(values.count, "MPI_Sendrecv")
        let receiveCount = cInt(result.count, "MPI_Sendrecv")
        let mpiDestination = cInt(destination, "MPI_Sendrecv")
        let mpiSource = cInt(source, "MPI_Sendrecv")
        let mpiTag = cInt(tag, "MPI_Sendrecv")
        if isAlone {
            require(destination == 0 && source == 0, "MPI_Sendrecv: a group of one has only rank 0")
            result.withUnsafeMutableBufferPointer { result in
                values.withUnsafeBufferPointer { copy($0, to: result, "MPI_Sendrecv") }
            }
            return values.count
        }
        var status = MPI_Status()
        try result.withUnsafeMutableBufferPointer { (result) throws(MPIError) in
            try values.withUnsafeBufferPointer { (values) throws(MPIError) in
                try check(
                    MPI_Sendrecv(
                        values.baseAddress, sendCount, Scalar.datatype, mpiDestination, mpiTag, result.baseAddress,
                        receiveCount, Scalar.datatype, mpiSource, mpiTag, handle, &status),
                    "MPI_Sendrecv")
            }
        }
        return try receivedCount(Scalar.self, &status)
    }

    private func receivedCount<Scalar: MPIScalar>(
        _: Scalar.Type, _ status: inout MPI_Status
    ) throws(MPIError) -> Int {
        var count: Int32 = 0
        try check(MPI_Get_count(&status, Scalar.datatype, &count), "MPI_Get_count")
        return Int(count)
    }

    private func requireCompany(_ call: StaticString) {
        require(!isAlone, "\(call): a group of one has nobody to talk to")
    }
}
