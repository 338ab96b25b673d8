import CMPI

// New groups out of this one (MPI 3.1, 6.4.2). All ranks of this group call these together.
extension Communicator {
    /// Ranks that name the same `color` form a group, ordered by `key` and then by their rank here. A rank without a
    /// color is in none and gets nil (MPI_Comm_split).
    public func split(color: Int?, key: Int = 0) throws(MPIError) -> Communicator? {
        if isAlone { return color == nil ? nil : .alone }
        let color = color.map { cInt($0, "MPI_Comm_split") } ?? Int32(MPI_UNDEFINED)
        let key = cInt(key, "MPI_Comm_split")
        return try group("MPI_Comm_split") { MPI_Comm_split(handle, color, key, $0) }
    }

    /// The same, where every rank is in a group.
    public func split(color: Int, key: Int = 0) throws(MPIError) -> Communicator {
        try Self.present(split(color: Optional(color), key: key), "MPI_Comm_split")
    }

    /// The same ranks with a line of their own: what is in flight here can never be mistaken for what is in flight there
    /// (MPI_Comm_dup). For a library's object that keeps requests in flight.
    public func duplicate() throws(MPIError) -> Communicator {
        if isAlone { return .alone }
        return try Self.present(group("MPI_Comm_dup") { MPI_Comm_dup(handle, $0) }, "MPI_Comm_dup")
    }

    /// The ranks that share memory with this one: those on the same machine (MPI_Comm_split_type, 6.4.2).
    public func splitByHost() throws(MPIError) -> Communicator {
        if isAlone { return .alone }
        let group = try group("MPI_Comm_split_type") {
            MPI_Comm_split_type(handle, Int32(MPI_COMM_TYPE_SHARED), 0, cmpi_info_null(), $0)
        }
        return try Self.present(group, "MPI_Comm_split_type")
    }

    /// The same ranks, in an order in which those of a host follow one another, that of rank 0 first.
    func inOrderOfHosts() throws(MPIError) -> Communicator {
        let first = try splitByHost().broadcast(Int32(rank), from: 0)
        return try split(color: 0, key: Int(first))
    }

    /// The group that a call of MPI makes; nil if this rank is in none.
    private func group(
        _ call: StaticString, _ make: (UnsafeMutablePointer<MPI_Comm?>) -> Int32
    ) throws(MPIError) -> Communicator? {
        var result: MPI_Comm? = nil
        try check(make(&result), call)
        guard let result, result != cmpi_comm_null() else { return nil }
        return try Communicator(handle: result, isOwned: true)
    }

    /// A group in which the standard puts every rank: to be in none is a mistake inside of MPI.
    private static func present(_ group: Communicator?, _ call: StaticString) throws(MPIError) -> Communicator {
        guard let group else { throw MPIError(call: call, code: Int32(MPI_ERR_INTERN)) }
        return group
    }
}
