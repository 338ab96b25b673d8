import ElectraSupport

/// What is read of one file of a corpus: its text, or the texts of the archive that it is, one after another.
final class CorpusSource {
    /// A text.
    struct Part {
        /// The file, and in an archive the entry, as errors name it.
        let path: String
        /// The first bytes, and whether these are all.
        let first: [UInt8]
        let isWhole: Bool
        fileprivate let stream: any ByteStream

        func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int { try stream.read(into: buffer) }

        func format(insisting format: TextFormat?) throws(Failure) -> TextFormat {
            try ContentFormat.format(of: first, isWhole: isWhole, path: path, insisting: format)
        }
    }

    /// What to do about a file that cannot be opened.
    private static let remedy = "check --corpus"

    /// For a look at a file that nobody means to read.
    static func firstBytes(of path: String) throws(Failure) -> [UInt8] {
        try LookAhead(FileBytes(path, remedy: remedy), count: 1 << 9).first
    }

    let path: String
    /// What is worth a note: entries that were passed over, names that mislead.
    private(set) var notes: [String] = []
    private let file: FileBytes
    private let unpacked: LookAhead
    private let archive: ArchiveBytes?
    private var isGiven = false
    private var passedOver: [String] = []

    var consumed: Int { file.consumed }

    init(_ path: String, remedy: String = CorpusSource.remedy) throws(Failure) {
        self.path = path
        file = try FileBytes(path, remedy: remedy)
        let bytes = try LookAhead(file, count: ContentFormat.bytesLookedAt)
        let isGzip = bytes.first.starts(with: [0x1F, 0x8B])
        unpacked =
            isGzip ? try LookAhead(GzipBytes(bytes, path: path), count: ContentFormat.bytesLookedAt) : bytes
        let packing = ArchiveBytes.packing(of: unpacked.first)
        archive = packing == nil ? nil : try ArchiveBytes(unpacked, path: path)
        if let claimed = CorpusName(path).packing, !isGzip, packing == nil, !bytes.first.isEmpty {
            notes.append("note: \(path) is no \(claimed) file, in spite of its name; it is read as it is")
        }
    }

    /// The next text; nil after the last one.
    func nextPart() throws(Failure) -> Part? {
        guard let archive else {
            defer { isGiven = true }
            return isGiven ? nil : part(path, unpacked)
        }
        while let entry = try archive.nextEntry() {
            if archive.isSingle { return part(path, try LookAhead(archive, count: ContentFormat.bytesLookedAt)) }
            if !isGiven, ArchiveBytes.packing(of: unpacked.first) == "zip",
                let foreign = NonTextContent(firstEntryOfZip: entry)
            {
                throw .badData("\(path): \(foreign.refusal(of: path))")
            }
            isGiven = true
            // As in folders: hidden files are nobody's text.
            if entry.split(separator: "/").contains(where: { $0.hasPrefix(".") && $0 != "." || $0 == "__MACOSX" }) {
                continue
            }
            let name = CorpusName(entry)
            guard name.isText || name.isSilent else {
                passedOver.append(entry)
                continue
            }
            return part("\(path): \(entry)", try LookAhead(archive, count: ContentFormat.bytesLookedAt))
        }
        if !passedOver.isEmpty {
            notes.append(
                "note: passed over \(counted(passedOver.count, "entry", several: "entries")) of \(path) with another suffix than "
                    + "\(CorpusName.suffixes), the first: \(passedOver[0])")
            passedOver = []
        }
        return nil
    }

    private func part(_ path: String, _ stream: LookAhead) -> Part {
        Part(
            path: path, first: stream.first, isWhole: stream.first.count < ContentFormat.bytesLookedAt, stream: stream)
    }
}
