import CKernels

/// Whole numbers from -8 to 8 in bf16, of which products and sums are exact, with a gap of NaNs behind each row.
struct HalfMatrix {
    private var numbers: [UInt16]
    private let stride: Int
    private let isTransposed: Bool

    init(_ rows: Int, _ columns: Int, isTransposed: Bool = false, seed: Int) {
        let (height, width) = isTransposed ? (columns, rows) : (rows, columns)
        self.isTransposed = isTransposed
        stride = width + 5
        numbers = [UInt16](repeating: 0x7FC0, count: height * stride)
        for row in 0..<height {
            for column in 0..<width {
                let number = Float(((row + seed) * 7919 + column * 104_729) >> 3 % 17 - 8)
                numbers[row * stride + column] = UInt16(number.bitPattern >> 16)
            }
        }
    }

    func number(_ row: Int, _ column: Int) -> Float {
        Float(half: numbers[isTransposed ? column * stride + row : row * stride + column])
    }

    func withMatrix<Result>(_ body: (ck_bf16_matrix) -> Result) -> Result {
        numbers.withUnsafeBufferPointer {
            body(ck_bf16_matrix(base: $0.baseAddress!, stride: stride, is_transposed: isTransposed))
        }
    }

    /// a b, summed in Float.
    static func product(_ a: HalfMatrix, _ b: HalfMatrix, m: Int, n: Int, k: Int) -> [Float] {
        var sums = [Float](repeating: 0, count: m * n)
        for row in 0..<m {
            for column in 0..<n {
                for place in 0..<k { sums[row * n + column] += a.number(row, place) * b.number(place, column) }
            }
        }
        return sums
    }

    /// The units that this CPU has; plain C is one everywhere.
    static let unitsHere =
        [CK_PLAIN_C] + (ck_has_avx512_bf16() ? [CK_AVX512_BF16] : []) + (ck_allow_tiles() ? [CK_TILES] : [])
}

extension Float {
    init(half: UInt16) { self.init(bitPattern: UInt32(half) << 16) }
}
