import CMPI
import Synchronization

/// What an MPI call reported: which call, and MPI's own words for it.
///
/// After an error the ranks are out of step and MPI promises nothing (MPI 3.1, 8.3), so it is for reporting and then
/// `MPIRuntime.abort`, not for catching and carrying on.
public struct MPIError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The MPI function, as the standard spells it.
    public let call: String
    /// The code that this library returned; its meaning is the library's own.
    public let code: Int32
    /// The standard's class of the error (8.4), the same in every library.
    public let errorClass: Int32
    /// The library's text for the code.
    public let text: String

    public var description: String {
        isSilence ? text : "\(call) failed: \(text) (MPI error class \(errorClass), code \(code))"
    }
}

extension MPIError {
    init(call: StaticString, code: Int32) {
        Self.occurrence.store(true, ordering: .relaxed)
        var errorClass = code
        _ = MPI_Error_class(code, &errorClass)
        let text = stringFromMPI(capacity: MPI_MAX_ERROR_STRING) { MPI_Error_string(code, $0, $1) }
        self.init(call: "\(call)", code: code, errorClass: errorClass, text: text ?? "no text for this code")
    }

    /// Other ranks are gone, as far as this one can tell.
    static func silence(_ text: String) -> MPIError {
        occurrence.store(true, ordering: .relaxed)
        silenceOccurrence.store(true, ordering: .relaxed)
        return MPIError(call: "", code: 0, errorClass: 0, text: text)
    }

    public var isSilence: Bool { call.isEmpty }

    /// Whether MPI failed in this process. From then on requests that are dropped in flight are no mistake of the program
    /// but a consequence, and a trap on the way out to `main` would hide the cause.
    static var hasOccurred: Bool { occurrence.load(ordering: .relaxed) }
    private static let occurrence = Atomic(false)
    /// Whether ranks are gone.
    static var hasSilence: Bool { silenceOccurrence.load(ordering: .relaxed) }
    private static let silenceOccurrence = Atomic(false)

    /// The same error that MPI would report, for a group that runs without MPI.
    static func invalidRoot(_ root: Int, of size: Int, call: StaticString) -> MPIError {
        let code = Int32(MPI_ERR_ROOT)
        return MPIError(
            call: "\(call)", code: code, errorClass: code, text: "MPI_ERR_ROOT: no rank \(root) in a group of \(size)")
    }
}

/// The one place that every return code passes.
@inline(__always)
func check(_ code: Int32, _ call: StaticString) throws(MPIError) {
    if code != Int32(MPI_SUCCESS) { throw MPIError(call: call, code: code) }
}

/// A string that MPI writes into a buffer of its own maximum size, nil where the call fails.
func stringFromMPI(
    capacity: some BinaryInteger, _ call: (UnsafeMutablePointer<CChar>, UnsafeMutablePointer<Int32>) -> Int32
) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(capacity) + 1) { buffer in
        buffer.initialize(repeating: 0)
        guard let base = buffer.baseAddress else { return nil }
        var length: Int32 = 0
        return call(base, &length) == Int32(MPI_SUCCESS) ? String(cString: base) : nil
    }
}
