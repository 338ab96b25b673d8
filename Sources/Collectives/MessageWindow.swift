import CMPI

/// Messages on their way, a few at a time: they are begun in order, and count as done in order. Room for them is made once, so
/// a steady step allocates nothing.
struct MessageWindow: ~Copyable {
    private let requests: UnsafeMutableBufferPointer<MPI_Request?>
    private(set) var begun = 0
    private(set) var done = 0

    init(capacity: Int) {
        requests = .allocate(capacity: capacity)
        requests.initialize(repeating: cmpi_request_null())
    }

    deinit { requests.deallocate() }

    var capacity: Int { requests.count }

    var hasRoom: Bool { begun - done < requests.count }

    mutating func reset() {
        require(begun == done, "MessageWindow: \(begun - done) messages are still on their way")
        (begun, done) = (0, 0)
    }

    mutating func send<Element: MPIScalar>(
        _ values: UnsafePointer<Element>, count: Int, to rank: Int, over communicator: Communicator
    ) throws(MPIError) {
        try begin("MPI_Isend") {
            MPI_Isend(values, Int32(count), Element.datatype, Int32(rank), 0, communicator.handle, $0)
        }
    }

    mutating func receive<Element: MPIScalar>(
        into values: UnsafeMutablePointer<Element>, count: Int, from rank: Int, over communicator: Communicator
    ) throws(MPIError) {
        try begin("MPI_Irecv") {
            MPI_Irecv(values, Int32(count), Element.datatype, Int32(rank), 0, communicator.handle, $0)
        }
    }

    private mutating func begin(
        _ call: StaticString, _ start: (UnsafeMutablePointer<MPI_Request?>) -> Int32
    ) throws(MPIError) {
        try check(start(&requests[begun % requests.count]), call)
        begun += 1
    }

    /// Counts those that are done, up to the first that is not, and gives MPI a push.
    mutating func poll() throws(MPIError) {
        while done < begun {
            var isDone: Int32 = 0
            try check(MPI_Test(&requests[done % requests.count], &isDone, cmpi_status_ignore()), "MPI_Test")
            if isDone == 0 { return }
            done += 1
        }
    }
}
