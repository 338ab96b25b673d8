import CMPI

// New groups out of this one (MPI 3.1, 6.4.2). All ranks of this group call these together.
extension Communicator {
    /// Ranks that name the same `color` form a group, ordered by `key` and then by their rank here. A rank without a
    /// color is in none and gets nil (MPI_Comm_split).
    public func split(color: Int?, key: Int = 0) throws(MPIError) -> Communicator? {
        if isAlone { return color == nil ? nil : .alone }
        let mpiColor = color.map { cInt($0, "MPI_Comm_split") } ?? Int32(MPI_UNDEFINED)
        var result: MPI_Comm? = nil
        try check(MPI_Comm_split(handle, mpiColor, cInt(key, "MPI_Comm_split"), &result), "MPI_Comm_split")
        guard let result, result != cmpi_comm_null() else { return nil }
        return try Communicator(handle: result, isOwned: true)
    }

    /// The same, where every rank is in a group.
    public func split(color: Int, key: Int = 0) throws(MPIError) -> Communicator {
        guard let group = try split(color: Optional(color), key: key) else {
            fatalError("MPI_Comm_split gave no communicator")
        }
        return group
    }

    /// The same ranks with a line of their own: what is in flight here can never be mistaken for what is in flight there
    /// (MPI_Comm_dup). For a library's object that keeps requests in flight.
    public func duplicate() throws(MPIError) -> Communicator {
        if isAlone { return .alone }
        var result: MPI_Comm? = nil
        try check(MPI_Comm_dup(handle, &result), "MPI_Comm_dup")
        guard let result else { fatalError("MPI_Comm_dup gave no communicator") }
        return try Communicator(handle: result, isOwned: true)
    }

    /// The ranks that share memory with this one: those on the same machine (MPI_Comm_split_type, 6.4.2).
    public func splitByHost() throws(MPIError) -> Communicator {
        if isAlone { return .alone }
        var result: MPI_Comm? = nil
        try check(
            MPI_Comm_split_type(handle, Int32(MPI_COMM_TYPE_SHARED), 0, cmpi_info_null(), &result),
            "MPI_Comm_split_type")
        guard let result else { fatalError("MPI_Comm_split_type gave no communicator") }
        return try Communicator(handle: result, isOwned: true)
    }
}
