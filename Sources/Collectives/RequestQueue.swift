import CMPI

/// Many operations in flight, waited for together. Room for them is made once, so a steady step allocates nothing.
///
/// The object that holds the queue also holds the memory that the operations read and write; that is the rule that
/// keeps them safe, and why dropping a queue that is not empty is a trap.
public struct RequestQueue: ~Copyable {
    private let requests: UnsafeMutableBufferPointer<MPI_Request?>
    public private(set) var count = 0

    public init(capacity: Int) {
        requests = .allocate(capacity: capacity)
        requests.initialize(repeating: cmpi_request_null())
    }

    deinit {
        require(
            isEmpty || MPIError.hasOccurred,
            "a queue was dropped with \(count) MPI requests in flight: call waitAll() on it first")
        requests.deallocate()
    }

    public var capacity: Int { requests.count }
    public var isEmpty: Bool { count == 0 }

    /// Takes an operation over.
    public mutating func add(_ request: consuming Request) {
        require(count < capacity, "a queue for \(capacity) MPI requests is full")
        requests[count] = request.release()
        count += 1
    }

    /// Waits until all are done, and is then empty (MPI_Waitall; MPI 3.1, 3.7.5).
    public mutating func waitAll() throws(MPIError) {
        if hasWork {
            try check(MPI_Waitall(Int32(count), requests.baseAddress, cmpi_statuses_ignore()), "MPI_Waitall")
        }
        // Not after an error: then they may still be under way.
        count = 0
    }

    /// Whether all are done (then the queue is empty), and a push for MPI, which moves data mainly inside its own
    /// calls: ask between pieces of work (MPI_Testall, 3.7.5).
    public mutating func testAll() throws(MPIError) -> Bool {
        var areDone: Int32 = 1
        if hasWork {
            try check(
                MPI_Testall(Int32(count), requests.baseAddress, &areDone, cmpi_statuses_ignore()), "MPI_Testall")
        }
        if areDone != 0 { count = 0 }
        return areDone != 0
    }

    /// Operations of a group of one are done before they begin, and MPI may not even run.
    private var hasWork: Bool {
        for index in 0..<count where requests[index] != cmpi_request_null() { return true }
        return false
    }
}
