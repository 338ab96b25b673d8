import ElectraSupport

/// What there is to say of the lines of one batch.
struct LineCounts: Sendable {
    static let invalidLinesKept = 5

    let path: String
    let endsFile: Bool
    /// Lines with anything in them.
    private(set) var lines = 0
    /// Lines (numbers from 0) with bytes that are not UTF-8: the first few, and how many in all.
    private(set) var invalidLines: [Int] = []
    private(set) var invalidLineCount = 0
    /// Lines of JSON without a text, or not all of it, that were passed over: how many of each kind, and the first.
    private(set) var defects: [JSONDocument.Defect: (count: Int, first: Int)] = [:]
    /// The first line that cannot be read as what the text claims to be.
    private(set) var problem: Failure?

    init(_ batch: TextBatch) {
        path = batch.path
        endsFile = batch.endsFile
    }

    mutating func add(_ line: UnsafeBufferPointer<UInt8>, _ number: Int, invalidBytes: Int) {
        if !line.isEmpty { lines += 1 }
        guard invalidBytes > 0 else { return }
        if invalidLines.count < Self.invalidLinesKept { invalidLines.append(number) }
        invalidLineCount += 1
    }

    mutating func passOver(_ defect: JSONDocument.Defect, _ number: Int) {
        defects[defect, default: (0, number)].count += 1
    }

    mutating func refuse(_ description: String, _ number: Int) {
        problem = .badData("\(path): line \(number + 1): \(description)")
    }
}

/// Tells of lines that are not UTF-8, and of those that were passed over; gathers what the batches say, in their order.
struct LineReport {
    private let note: (String) -> Void
    private var named = 0
    private var invalid = 0
    /// Of the text that is being read.
    private var ofText = (lines: 0, invalid: 0)
    private var defects: [JSONDocument.Defect: (count: Int, place: String)] = [:]

    init(note: @escaping (String) -> Void) { self.note = note }

    /// Throws what makes a text unreadable: a line that is not what it should be, or most lines in another encoding.
    mutating func add(_ batch: LineCounts) throws(Failure) {
        if let problem = batch.problem { throw problem }
        for line in batch.invalidLines where named < LineCounts.invalidLinesKept {
            note("note: \(batch.path): line \(line + 1) is not UTF-8; its invalid bytes are left out")
            named += 1
        }
        invalid += batch.invalidLineCount
        for (defect, (count, first)) in batch.defects {
            defects[defect, default: (0, "\(batch.path) line \(first + 1)")].count += count
        }
        ofText.lines += batch.lines
        ofText.invalid += batch.invalidLineCount
        if !batch.endsFile { return }
        guard 2 * ofText.invalid <= ofText.lines || ofText.invalid <= TextEncoding.strayBytes else {
            throw .badData(
                "\(batch.path): \(ofText.invalid) of \(counted(ofText.lines, "line")) are not UTF-8, so it is in another "
                    + "encoding; find which (file -i, uchardet) and convert it with iconv")
        }
        ofText = (0, 0)
    }

    func finish() {
        if invalid > named { note("note: \(invalid) lines in all are not UTF-8; convert the files with iconv") }
        for defect in JSONDocument.Defect.allCases {
            guard let (count, place) = defects[defect] else { continue }
            note("note: passed over \(counted(count, "line")) of JSON \(defect.name), the first: \(place)")
        }
    }
}

extension JSONDocument {
    /// The text of a line; false where it has none: a blank line, or a bad one that is passed over. What is wrong with it goes
    /// to `counts`.
    func read(
        _ line: UnsafeBufferPointer<UInt8>, _ number: Int, into document: inout [UInt8],
        counting counts: inout LineCounts
    ) -> Bool {
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { return false }
        do throws(Problem) {
            if let defect = try extract(from: line, into: &document) { counts.passOver(defect, number) }
            return true
        } catch {
            if skipsBadLines { counts.passOver(error.defect, number) } else { counts.refuse(error.description, number) }
            return false
        }
    }
}
