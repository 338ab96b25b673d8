import CKernels
import ElectraKernels
import ElectraModel

/// Parameters as they travel between ranks where products are computed in bf16. Weights of layers, which only products
/// read, are rounded by their owner, as everybody would round them: so they take half the bytes, and no bit changes. All
/// else goes as it is.
///
/// The order is that of the flat parameters, so what is contiguous there is here.
final class ParameterWire<Parameters: AnyObject>: @unchecked Sendable {
    // Unchecked: lanes write disjoint elements, and `LanePool.run` orders writes before the gather.
    /// 16 bits each.
    let units: UnsafeMutablePointer<BFloat16>
    private let store: ParameterStore<Parameters>
    private let halves: UnsafeMutablePointer<BFloat16>
    private let pieces: [Piece]

    /// Nil where products are computed in Float.
    init?(_ store: ParameterStore<Parameters>) {
        guard let halves = store.halves else { return nil }
        self.store = store
        self.halves = halves
        var pieces: [Piece] = []
        var unit = 0
        func add(_ elements: Range<Int>, _ isRounded: Bool) {
            if elements.isEmpty { return }
            let piece = Piece(elements: elements, isRounded: isRounded, unit: unit)
            pieces.append(piece)
            unit += elements.count * piece.unitsPerElement
        }
        var start = 0
        for weights in store.layout.factors {
            add(start..<weights.lowerBound, false)
            add(weights, true)
            start = weights.upperBound
        }
        add(start..<store.layout.count, false)
        self.pieces = pieces
        units = .allocate(capacity: unit)
        units.initialize(repeating: 0, count: unit)
    }

    deinit { units.deallocate() }

    func units(of elements: Range<Int>) -> Range<Int> { unit(of: elements.lowerBound)..<unit(of: elements.upperBound) }

    private func unit(of element: Int) -> Int {
        guard let piece = pieces.last(where: { $0.elements.lowerBound <= element }) else { return 0 }
        return piece.unit(of: element)
    }

    /// Parameters as they are.
    func write(_ elements: Range<Int>) {
        forEachPiece(of: elements) { part, piece in
            let (units, values) = (units + piece.unit(of: part.lowerBound), store.buffer.base + part.lowerBound)
            if piece.isRounded {
                ck_round_to_bfloat16(units, values, part.count)
            } else {
                UnsafeMutableRawPointer(units).copyMemory(
                    from: values, byteCount: part.count * MemoryLayout<Float>.size)
            }
        }
    }

    /// What came, to where it is read: of those weights, in bf16 alone.
    func read(_ elements: Range<Int>) {
        forEachPiece(of: elements) { part, piece in
            let units = units + piece.unit(of: part.lowerBound)
            if piece.isRounded {
                (halves + part.lowerBound).update(from: units, count: part.count)
            } else {
                let values = store.buffer.base + part.lowerBound
                UnsafeMutableRawPointer(values).copyMemory(
                    from: units, byteCount: part.count * MemoryLayout<Float>.size)
                ck_round_to_bfloat16(halves + part.lowerBound, values, part.count)
            }
        }
    }

    private func forEachPiece(of elements: Range<Int>, _ body: (_ part: Range<Int>, Piece) -> Void) {
        KernelKind.rounding.timed(numbers: elements.count + elements.count / 2) {
            for piece in pieces where piece.elements.overlaps(elements) {
                body(piece.elements.clamped(to: elements), piece)
            }
        }
    }
}

/// Parameters that travel in the same form.
private struct Piece {
    let elements: Range<Int>
    let isRounded: Bool
    /// Where the first of them stands.
    let unit: Int

    var unitsPerElement: Int { isRounded ? 1 : MemoryLayout<Float>.size / MemoryLayout<BFloat16>.size }

    func unit(of element: Int) -> Int { unit + (element - elements.lowerBound) * unitsPerElement }
}
