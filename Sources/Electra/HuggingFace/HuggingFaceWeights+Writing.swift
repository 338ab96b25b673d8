import CKernels
package import ElectraKernels
package import ElectraModel
package import ElectraSupport

extension HuggingFaceWeights {
    /// Writes parameters under the names that Hugging Face has for them, with a checksum over all of them, which `init`
    /// compares. The file is written in place.
    package static func write(
        _ tensors: [(name: String, source: ParameterSpecification)], of parameters: FlatBuffer, to path: String
    ) throws(Failure) {
        var checksum: UInt32 = 0
        for (_, source) in tensors {
            checksum = ck_crc32c(checksum, parameters.base + source.offset, source.count * MemoryLayout<Float>.stride)
        }
        var writer = try SafetensorsWriter(
            path: path, tensors: tensors.map { (name: $0.name, shape: $0.source.shape) },
            metadata: ["format": "pt", checksumKey: hexadecimal(checksum)])
        for (_, source) in tensors {
            try writer.append(
                UnsafeRawBufferPointer(
                    UnsafeBufferPointer(start: parameters.base + source.offset, count: source.count)))
        }
        try writer.finish()
    }
}
