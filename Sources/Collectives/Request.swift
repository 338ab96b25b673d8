import CMPI

/// An operation in flight (MPI 3.1, 3.7 and 5.12). Consumed by `wait`; dropping it before is a trap, as MPI would go on
/// reading and writing memory that nobody holds any more.
///
/// It does not own that memory: whoever starts an operation on pointers keeps them, and the `BlockLayout`s given
/// with them, until it is done. For spans there is `PendingOperation`, which the compiler checks.
public struct Request: ~Copyable {
    private var handle: MPI_Request?
    /// Apart from the handle, so that a group of one, which has none, is held to the same rules.
    private var isActive = true

    init(_ handle: MPI_Request?) { self.handle = handle }

    /// Of a group of one: done before it began, still to be waited for.
    init() { handle = cmpi_request_null() }

    deinit {
        require(!isActive || MPIError.hasOccurred, "an MPI request was dropped in flight: call wait() on it first")
    }

    /// Waits until it is done (MPI_Wait, 3.7.3).
    public consuming func wait() throws(MPIError) {
        isActive = false
        if handle == cmpi_request_null() { return }
        try patientlyWait(for: &handle, cmpi_status_ignore(), "MPI_Wait")
    }

    /// Whether it is done, and a push for MPI, which moves data mainly inside its own calls (MPI_Test, 3.7.3).
    /// Where it is, `wait` returns at once.
    public mutating func test() throws(MPIError) -> Bool {
        if handle == cmpi_request_null() { return true }
        var isDone: Int32 = 0
        try check(MPI_Test(&handle, &isDone, cmpi_status_ignore()), "MPI_Test")
        return isDone != 0
    }

    /// Hands the operation to a queue, which is then the one to wait.
    consuming func release() -> MPI_Request? {
        isActive = false
        return handle
    }
}

/// An operation in flight on a span. The span cannot be touched before `wait`, waiting twice does not compile, and
/// neither does letting it outlive the memory. Only forgetting to wait is left to the trap.
public struct PendingOperation: ~Copyable, ~Escapable {
    private var request: Request

    @_lifetime(&values)
    init<Scalar>(_ request: consuming Request, on values: inout MutableSpan<Scalar>) {
        self.request = request
    }

    public consuming func wait() throws(MPIError) { try request.wait() }

    public mutating func test() throws(MPIError) -> Bool { try request.test() }
}
