package import ElectraSupport
import Glibc

/// Writes a .npy file (NumPy's format 1.0) of rows whose number is known at the end only. It has its name once it is
/// whole; one that is never finished goes.
package struct NumpyFile: ~Copyable {
    package enum Element: String, Sendable {
        case float32 = "<f4"
        case int64 = "<i8"
    }

    private let path: String
    private let element: Element
    /// nil: the array has one axis.
    private let columns: Int?
    private let file: UnsafeMutablePointer<FILE>
    private var rows = 0
    private var isOpen = true
    private static let headerBytes = 128

    package init(_ path: String, _ element: Element, columns: Int? = nil) throws(Failure) {
        guard let file = fdopen(try FileAccess.create(path + ".partial"), "wb") else {
            throw .inputOutput("\(path): cannot be created (\(FileAccess.reason)); check the path and its permissions")
        }
        self.path = path
        self.element = element
        self.columns = columns
        self.file = file
        // Its place; `finish` knows the number of rows. A failure to write shows at the first row.
        _ = fwrite(Self.header(element, rows: 0, columns: columns), 1, Self.headerBytes, file)
    }

    deinit {
        if isOpen { fclose(file) }
        // After `finish` there is none.
        unlink(path + ".partial")
    }

    /// Adds rows: as many bytes as they take.
    package mutating func append<Number: BitwiseCopyable>(_ numbers: [Number], rows added: Int) throws(Failure) {
        try write(numbers.withUnsafeBytes { Array($0) })
        rows += added
    }

    package consuming func finish() throws(Failure) {
        rewind(file)
        try write(Self.header(element, rows: rows, columns: columns))
        isOpen = false
        guard fflush(file) == 0, fsync(fileno(file)) == 0 else {
            fclose(file)
            throw Self.cannotWrite(path)
        }
        guard fclose(file) == 0 else { throw Self.cannotWrite(path) }
        try FileAccess.rename(path + ".partial", to: path)
    }

    private func write(_ bytes: [UInt8]) throws(Failure) {
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw Self.cannotWrite(path) }
    }

    private static func cannotWrite(_ path: String) -> Failure {
        .inputOutput("\(path): cannot be written (\(FileAccess.reason)); check the space on the disk")
    }

    private static func header(_ element: Element, rows: Int, columns: Int?) -> [UInt8] {
        let shape = columns.map { "(\(rows), \($0))" } ?? "(\(rows),)"
        let text = "{'descr': '\(element.rawValue)', 'fortran_order': False, 'shape': \(shape), }"
        let length = headerBytes - 10
        let padded = text + String(repeating: " ", count: length - 1 - text.utf8.count) + "\n"
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length), 0] + Array(padded.utf8)
    }
}
