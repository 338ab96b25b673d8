import ElectraKernels
import ElectraSupport

/// Which part of a corpus is held out of training.
///
/// The corpus is cut into *pieces*: a document, or every 32 sequences of a longer one. A piece is held out or trained on
/// as a whole, so that held-out text is unseen text and no neighbour of a trained sentence; and a corpus without blank
/// lines, which is one document, has pieces all the same.
/// The fraction f is stratified: of every 1/f consecutive pieces one is held out, a random one. A small corpus so gets
/// its share, too, where independent coins would often give it none. (Where 1/f is no whole number, neighbouring strata
/// share a piece and now and then choose the same.)
struct HeldOutSplit: Sendable {
    static let sequencesInPiece = 32

    let fraction: Double
    let seed: UInt64

    /// Whether piece number `piece` is the random one of its stratum k, the pieces from k/f to (k+1)/f.
    func holdsOut(piece: Int) -> Bool {
        guard fraction > 0 else { return false }
        // Rounding may put a stratum's choice on its border: look at the neighbours.
        let stratum = Int(Double(piece) * fraction)
        return (max(0, stratum - 1)...stratum + 1).contains { chosen(inStratum: $0) == piece }
    }

    private func chosen(inStratum stratum: Int) -> Int {
        let chance = RandomStream(seed: seed, .heldOutSplit, sequence: stratum).uniform(0)
        return Int((Double(stratum) + Double(chance)) / fraction)
    }
}

/// Sends the sequences of a corpus to the training part or the held-out part, piece by piece.
struct SplitWriter: ~Copyable {
    private let split: HeldOutSplit
    private let corpus: String
    private var train: ShardWriter
    private var heldOut: ShardWriter

    /// The piece being collected; it waits, for the last one of the corpus may have to be divided.
    private var ids = TokenBuffer()
    private var sequences: [(length: Int, first: Int)] = []
    private var piece = 0
    private var document = -1

    /// `corpus` is what an error calls the corpus.
    init(_ split: HeldOutSplit, corpus: String, train: consuming ShardWriter, heldOut: consuming ShardWriter) {
        self.split = split
        self.corpus = corpus
        self.train = train
        self.heldOut = heldOut
    }

    mutating func append(
        _ sequence: UnsafeBufferPointer<Int32>, _ origin: SequencePacker.Sequence
    ) throws(Failure) {
        let isNewPiece = origin.document != document || origin.number % HeldOutSplit.sequencesInPiece == 0
        if isNewPiece && !sequences.isEmpty {
            try writePiece(heldOutTail: split.holdsOut(piece: piece) ? sequences.count : 0)
        }
        document = origin.document
        ids.append(sequence)
        sequences.append((sequence.count, origin.firstSegmentLength))
    }

    /// Writes the last piece and ends both parts. Neither may stay empty: where the rule left one so, the last piece is
    /// divided.
    mutating func finish() throws(Failure) -> (train: Manifest.SplitEntry, heldOut: Manifest.SplitEntry) {
        let total = train.sequenceCount + heldOut.sequenceCount + sequences.count
        guard total > 0 else {
            throw .badData("\(corpus): no usable text (no line of it gives a token); check --corpus")
        }
        var tail = split.holdsOut(piece: piece) ? sequences.count : 0
        if split.fraction > 0 {
            guard total > 1 else {
                throw .badData(
                    "\(corpus): gives \(total) sequence, but at least 2 are needed, one to train on and "
                        + "one to hold out; add text, or hold nothing out with --held-out 0")
            }
            if heldOut.sequenceCount + tail == 0 {
                let wanted = max(1, Int((split.fraction * Double(total)).rounded()))
                tail = min(wanted, train.sequenceCount > 0 ? sequences.count : sequences.count - 1)
            } else if train.sequenceCount == 0 && tail == sequences.count {
                tail = heldOut.sequenceCount > 0 ? 0 : max(1, Int(split.fraction * Double(total)))
            }
        }
        try writePiece(heldOutTail: tail)
        try train.finish()
        try heldOut.finish()
        return (Manifest.SplitEntry(shards: train.shards), Manifest.SplitEntry(shards: heldOut.shards))
    }

    /// Writes the collected sequences, the last `heldOutTail` of them to the held-out part.
    private mutating func writePiece(heldOutTail: Int) throws(Failure) {
        var offset = 0
        for (index, sequence) in sequences.enumerated() {
            let slice = ids.slice(offset..<offset + sequence.length)
            if index < sequences.count - heldOutTail {
                try train.append(slice, firstSegmentLength: sequence.first)
            } else {
                try heldOut.append(slice, firstSegmentLength: sequence.first)
            }
            offset += sequence.length
        }
        ids.removeAll()
        sequences.removeAll(keepingCapacity: true)
        piece += 1
    }
}
