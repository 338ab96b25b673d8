import CKernels
import Testing

private func checksum(_ bytes: [UInt8], portable: Bool = false) -> UInt32 {
    bytes.withUnsafeBytes {
        portable ? ck_crc32c_portable(0, $0.baseAddress, $0.count) : ck_crc32c(0, $0.baseAddress, $0.count)
    }
}

/// RFC 3720, appendix B.4, and the check value of the "123456789" catalogue.
@Test func crc32cGivesTheKnownAnswers() {
    for portable in [false, true] {
        #expect(checksum(Array("123456789".utf8), portable: portable) == 0xE306_9283)
        #expect(checksum([UInt8](repeating: 0, count: 32), portable: portable) == 0x8A91_36AA)
        #expect(checksum([UInt8](repeating: 0xFF, count: 32), portable: portable) == 0x62A8_AB43)
        #expect(checksum(Array(0..<32), portable: portable) == 0x46DD_794E)
        #expect(checksum([], portable: portable) == 0)
    }
}

/// Sizes around the borders of the three streams, at odd addresses, whole and in two parts.
@Test(arguments: [1, 7, 8, 9, 767, 768, 769, 2000, 24_575, 24_576, 24_577, 60_001])
func crc32cIsTheSameByInstructionAndByTable(size: Int) {
    let bytes = (0..<size + 1).map { UInt8(truncatingIfNeeded: $0 &* 167 ^ $0 >> 5) }
    bytes.withUnsafeBytes { all in
        let part = UnsafeRawBufferPointer(rebasing: all[1...])
        let whole = ck_crc32c(0, part.baseAddress, part.count)
        #expect(whole == ck_crc32c_portable(0, part.baseAddress, part.count))
        let half = size / 2
        let first = ck_crc32c(0, part.baseAddress, half)
        #expect(whole == ck_crc32c(first, part.baseAddress! + half, size - half))
    }
}
