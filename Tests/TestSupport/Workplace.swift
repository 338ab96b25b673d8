import ElectraKernels
import ElectraSupport
import Foundation
import Glibc

/// A folder for one test, gone afterwards.
package final class Workplace {
    package let path: String

    /// In memory, where the system has a place for that: to write millions of files.
    package init(inMemory: Bool = false) throws {
        let memory = "/dev/shm"
        let root = inMemory && access(memory, W_OK) == 0 ? memory : FileManager.default.temporaryDirectory.path
        path = "\(root)/electra-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    package func file(_ name: String) -> String { path + "/" + name }

    @discardableResult
    package func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let url = URL(fileURLWithPath: file(name))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
        return url.path
    }

    @discardableResult
    package func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

    /// The same in the quickest way, for millions of files.
    package func overwrite(_ name: String, _ bytes: [UInt8]) throws {
        let descriptor = open(file(name), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        defer { close(descriptor) }
        guard bytes.withUnsafeBytes({ Glibc.write(descriptor, $0.baseAddress, $0.count) }) == bytes.count else {
            throw Failure.inputOutput("\(file(name)): cannot be written")
        }
    }

    package func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: file(name))))
    }

    /// Every file of a data set by its name.
    package func contents(_ folder: String) throws -> [String: [UInt8]] {
        var contents: [String: [UInt8]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: file(folder)) {
            contents[name] = try bytes(folder + "/" + name)
        }
        return contents
    }
}

/// Text of made-up words, a blank line after every document.
package func text(documents: Int, seed: UInt64 = 5) -> String {
    let syllables = ["ka", "to", "mi", "re", "lu", "shen", "dor", "fi", "gon", "ba", "Éa", "z-"]
    return (0..<documents).map { document in
        let chance = RandomStream(seed: seed, .packing, step: document)
        return (0..<1 + chance.integer(0, below: 12)).map { sentence in
            (0..<3 + chance.integer(1 + sentence, below: 30)).map { word in
                (0...chance.integer(word + 31 * sentence, below: 3)).map { syllable in
                    syllables[chance.integer(1000 + word + 31 * sentence + 397 * syllable, below: syllables.count)]
                }.joined()
            }.joined(separator: " ")
        }.joined(separator: "\n")
    }.joined(separator: "\n\n") + "\n"
}
