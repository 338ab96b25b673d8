import CMPI

/// How long a rank waits for the others before it takes them for gone: a cable that was cut or a host that froze tells nobody,
/// and MPI waits for ever.
///
/// A value watches one wait. The limit is one for the process; without one, waits are MPI's own.
public struct Patience {
    // Unsafe: only the main thread, which alone calls MPI, comes here.
    nonisolated(unsafe) private static var rollCall: RollCall?

    static var isLimited: Bool { rollCall != nil }

    /// From now on. All ranks call this together.
    public static func limit(to seconds: Double, among world: Communicator) throws(MPIError) {
        rollCall = world.isAlone ? nil : try RollCall(seconds: seconds, among: world)
    }

    /// At least so long, where there is a limit.
    public static func extend(to seconds: Double) { rollCall?.seconds = max(rollCall?.seconds ?? 0, seconds) }

    private var start: Double?
    private var movement = 0

    public init() {}

    /// To be called while waiting. `movement` is a number that changes whenever something comes or goes.
    public mutating func check(movement: Int, _ call: StaticString) throws(MPIError) {
        guard let rollCall = Self.rollCall else { return }
        let now = MPI_Wtime()
        if movement != self.movement || start == nil { (self.movement, start) = (movement, now) }
        if let start, now - start > rollCall.seconds { throw try rollCall.error(call) }
    }
}

/// Finds out who is gone. Ranks depend on each other in every step, so those that are alive run out of patience at about the same
/// time; then each calls all others, and listens for a while.
private final class RollCall {
    var seconds: Double
    private let world: Communicator
    private let hosts: [String]

    init(seconds: Double, among world: Communicator) throws(MPIError) {
        self.seconds = seconds
        self.world = try world.duplicate()
        hosts = try world.allGather(Communicator.hostName)
    }

    /// Listens for half as long as it was waited.
    func error(_ call: StaticString) throws(MPIError) -> MPIError {
        let others = (0..<world.size).filter { $0 != world.rank }
        var nothing: Float = 0
        var calls = [MPI_Request?](repeating: cmpi_request_null(), count: world.size)
        var answers = calls
        for other in others {
            try check(
                MPI_Isend(&nothing, 0, Float.datatype, Int32(other), 0, world.handle, &calls[other]), "MPI_Isend")
            try check(
                MPI_Irecv(&nothing, 0, Float.datatype, Int32(other), 0, world.handle, &answers[other]), "MPI_Irecv")
        }
        let start = MPI_Wtime()
        var silent = others
        while !silent.isEmpty && MPI_Wtime() - start < seconds / 2 {
            var stillSilent: [Int] = []
            for other in silent {
                var isDone: Int32 = 0
                try check(MPI_Test(&answers[other], &isDone, cmpi_status_ignore()), "MPI_Test")
                if isDone == 0 { stillSilent.append(other) }
            }
            silent = stillSilent
        }
        let names = silent.map { "\($0) (\(hosts[$0]))" }.joined(separator: ", ")
        let who = silent.isEmpty ? "nothing moves, though all ranks answer" : "no word from rank \(names)"
        return .silence("\(who), after \(Int(MPI_Wtime() - start + seconds)) s in \(call)")
    }
}

extension Communicator {
    /// A call that waits for other ranks: MPI's own, or, where patience has a limit, the one that only begins it.
    func wait(
        _ call: StaticString, _ block: () -> Int32, orBegin begin: (UnsafeMutablePointer<MPI_Request?>) -> Int32
    ) throws(MPIError) {
        if !Patience.isLimited { return try check(block(), call) }
        var request: MPI_Request? = nil
        try check(begin(&request), call)
        try patientlyWait(for: &request, cmpi_status_ignore(), call)
    }
}

/// Until it is done, or patience ends.
func patientlyWait(
    for request: inout MPI_Request?, _ status: UnsafeMutablePointer<MPI_Status>?, _ call: StaticString
) throws(MPIError) {
    if !Patience.isLimited { return try check(MPI_Wait(&request, status), call) }
    var patience = Patience()
    while true {
        var isDone: Int32 = 0
        try check(MPI_Test(&request, &isDone, status), call)
        if isDone != 0 { return }
        try patience.check(movement: 0, call)
    }
}
