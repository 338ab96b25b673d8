import ElectraSupport

/// A hash of all parameter bits: two runs with the same fingerprint have the same model, to the last bit.
///
/// FNV-1a over 64-bit words (two floats at a time), with the high half folded in after each multiplication.
package struct Fingerprint: Sendable, Equatable, CustomStringConvertible {
    package let value: UInt64

    package init(of parameters: UnsafePointer<Float>, count: Int) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for pair in 0..<count / 2 {
            let low = UInt64(parameters[2 * pair].bitPattern)
            let high = UInt64(parameters[2 * pair + 1].bitPattern)
            hash = Self.mix(hash, low | high << 32)
        }
        if !count.isMultiple(of: 2) { hash = Self.mix(hash, UInt64(parameters[count - 1].bitPattern)) }
        value = hash
    }

    /// Sixteen hexadecimal digits.
    package var description: String { zeroPadded(value, to: 16, radix: 16) }

    private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word) &* 0x0000_0100_0000_01B3
        return product ^ product >> 29
    }
}
