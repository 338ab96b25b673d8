import CKernels
package import ElectraSupport

/// The tensors of a Hugging Face folder, in one safetensors file or in several with an index.
package struct HuggingFaceWeights: Sendable {
    package static let fileName = "model.safetensors"
    static let indexName = "model.safetensors.index.json"
    /// In the metadata of what `export` wrote: CRC-32C of all numbers. Programs that change weights write metadata of their own.
    package static let checksumKey = "electra-dist crc32c"

    private let folder: String
    private let files: [SafetensorsFile]
    let tensorNames: TensorNames

    /// `architecture` is the class of transformers that loads the folder; `wanted` says which network of a pair.
    package init(folder: String, architecture: String, wanted: Network = .discriminator) throws(Failure) {
        self.folder = folder
        func exists(_ name: String) -> Bool { FileAccess.kind(of: "\(folder)/\(name)") == .file }
        let files: [SafetensorsFile]
        if exists(Self.fileName) {
            files = [try SafetensorsFile(path: "\(folder)/\(Self.fileName)")]
        } else if exists(Self.indexName) {
            files = try Self.indexed(folder)
        } else if exists("pytorch_model.bin") || exists("pytorch_model.bin.index.json") {
            throw .usage(
                "\(folder): its weights are in pytorch_model.bin, a format that runs code when read; convert it once: "
                    + "python -c \"from transformers import \(architecture) as M; "
                    + "M.from_pretrained('\(folder)').save_pretrained('\(folder)')\"")
        } else {
            throw .badData("\(folder): \(try Self.whatIsThere(folder, architecture))")
        }
        for file in files { try Self.verify(file) }
        self.files = files
        tensorNames = try TensorNames(files.flatMap { $0.tensors.map(\.name) }, wanted: wanted, folder: folder)
    }

    private static func verify(_ file: SafetensorsFile) throws(Failure) {
        guard let expected = file.metadata[checksumKey] else { return }
        let found = try file.withBytesOfAll { hexadecimal(ck_crc32c(0, $0.baseAddress, $0.count)) }
        guard found == expected else {
            throw .badData(
                "\(file.path): expected checksum \(expected) of the weights, found \(found): the file is damaged; export the "
                    + "model again, or copy it again")
        }
    }

    /// Where no weights are that this program reads.
    private static func whatIsThere(_ folder: String, _ architecture: String) throws(Failure) -> String {
        let names = try FileAccess.names(in: folder)
        if let broken = names.first(where: { $0 == fileName && FileAccess.kind(of: "\(folder)/\($0)") == .missing }) {
            return "\(broken) is a link to a file that is not there; copy the model with cp -rL"
        }
        if names.contains(fileName) {
            let found = FileAccess.kind(of: "\(folder)/\(fileName)").words
            return "\(fileName) is \(found), and a file is expected; fetch the model again"
        }
        if let other = names.first(where: { $0.hasSuffix(".safetensors") }) {
            return "no \(fileName) in it, and \(other) goes by another name; rename it, if it is the whole model"
        }
        let convert = "convert it once with transformers 4: \(architecture).from_pretrained(..., "
        for (name, option) in [("tf_model.h5", "from_tf"), ("flax_model.msgpack", "from_flax")]
        where names.contains(name) {
            return "its weights are in \(name); \(convert)\(option)=True), then save_pretrained"
        }
        return "no \(fileName) in it; name a folder that transformers saved"
    }

    private static func indexed(_ folder: String) throws(Failure) -> [SafetensorsFile] {
        let index = try JSONObjectFile(path: "\(folder)/\(indexName)", remedy: "fetch the model again")
        let map = index.object["weight_map"]?.members ?? []
        let names = map.compactMap(\.value.text)
        guard !map.isEmpty, names.count == map.count, names.allSatisfy(FileAccess.isPlainName) else {
            throw .badData(
                "\(index.path): expected the names of tensors and files under \"weight_map\"; fetch the model again")
        }
        var files: [SafetensorsFile] = []
        for name in Set(names).sorted() { files.append(try SafetensorsFile(path: "\(folder)/\(name)")) }
        for (tensor, name) in zip(map.map(\.key), names) {
            guard files.contains(where: { $0.path == "\(folder)/\(name)" && $0.contains(tensor) }) else {
                throw .badData("\(index.path): \(tensor) is not in \(name); fetch the model again")
            }
        }
        return files
    }

    package var names: [String] { files.flatMap { $0.tensors.map(\.name) } }

    package func contains(_ name: String) -> Bool { place(of: name) != nil }

    /// Rows of a tensor, or its numbers.
    package func rows(_ name: String) throws(Failure) -> Int {
        let (file, stored) = try requiredPlace(of: name)
        return try file.tensor(stored).shape.first ?? 1
    }

    /// Overwrites `target` from F32, F16 or BF16; of a tensor with more rows, from the first.
    func copyFirstRows(
        _ name: String, shape: [Int], into target: UnsafeMutableBufferPointer<Float>
    ) throws(Failure) {
        let (file, stored) = try requiredPlace(of: name)
        try file.copyFirstRows(stored, shape: shape, into: target)
    }

    /// Overwrites `target` from F32, F16 or BF16.
    package func copy(_ name: String, shape: [Int], into target: UnsafeMutableBufferPointer<Float>) throws(Failure) {
        let (file, stored) = try requiredPlace(of: name)
        try file.copy(stored, shape: shape, into: target)
    }

    /// Refuses a tensor that is missing, or of another shape.
    package func check(_ name: String, shape: [Int]) throws(Failure) {
        let (file, stored) = try requiredPlace(of: name)
        _ = try file.tensor(stored, shape: shape)
    }

    private func requiredPlace(of name: String) throws(Failure) -> (SafetensorsFile, String) {
        guard let place = place(of: name) else {
            throw .badData("\(folder): has no tensor \(name); is it another kind of model?")
        }
        return place
    }

    /// Of all bytes of all files: two folders of one checksum hold the same weights.
    package var checksum: String { files.map(\.checksum).joined(separator: "-") }

    private func place(of name: String) -> (SafetensorsFile, String)? {
        for stored in tensorNames.stored(name) {
            if let file = files.first(where: { $0.contains(stored) }) { return (file, stored) }
        }
        return nil
    }
}
