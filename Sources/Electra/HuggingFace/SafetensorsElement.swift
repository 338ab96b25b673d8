/// The types of numbers that a safetensors file may hold, by the names of the format.
package enum SafetensorsElement: String, Sendable, CaseIterable {
    case float64 = "F64"
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case float8e4m3 = "F8_E4M3"
    case float8e5m2 = "F8_E5M2"
    case int64 = "I64"
    case int32 = "I32"
    case int16 = "I16"
    case int8 = "I8"
    case uint64 = "U64"
    case uint32 = "U32"
    case uint16 = "U16"
    case uint8 = "U8"
    case bool = "BOOL"

    package var byteCount: Int {
        switch self {
        case .float64, .int64, .uint64: 8
        case .float32, .int32, .uint32: 4
        case .float16, .bfloat16, .int16, .uint16: 2
        case .float8e4m3, .float8e5m2, .int8, .uint8, .bool: 1
        }
    }
}

/// One tensor of a safetensors file.
package struct SafetensorsTensor: Sendable, Equatable {
    package let name: String
    package let element: SafetensorsElement
    package let shape: [Int]
    /// Where its bytes are in the file.
    package let bytes: Range<Int>

    /// Number of elements; 1 for a scalar, whose shape is empty.
    package var count: Int { bytes.count / element.byteCount }
}
