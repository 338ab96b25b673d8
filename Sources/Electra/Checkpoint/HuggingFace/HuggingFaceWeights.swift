/// The tensors of a Hugging Face folder, in one safetensors file or in several with an index.
struct HuggingFaceWeights: Sendable {
    static let fileName = "model.safetensors"
    static let indexName = "model.safetensors.index.json"

    private let folder: String
    private let files: [SafetensorsFile]

    /// `architecture` is the class of transformers that loads the folder.
    init(folder: String, architecture: String) throws(Failure) {
        self.folder = folder
        func exists(_ name: String) -> Bool { FileAccess.kind(of: "\(folder)/\(name)") == .file }
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
            throw .badData("\(folder): no \(Self.fileName) in it; name a folder that transformers saved")
        }
    }

    private static func indexed(_ folder: String) throws(Failure) -> [SafetensorsFile] {
        let index = try JSONObjectFile(path: "\(folder)/\(indexName)", remedy: "fetch the model again")
        guard let map = index.members["weight_map"] as? [String: String], !map.isEmpty,
            map.values.allSatisfy({ !$0.contains("/") })
        else {
            throw .badData(
                "\(index.path): expected the names of tensors and files under \"weight_map\"; fetch the model again")
        }
        var files: [SafetensorsFile] = []
        for name in Set(map.values).sorted() { files.append(try SafetensorsFile(path: "\(folder)/\(name)")) }
        for (tensor, name) in map.sorted(by: { $0.key < $1.key }) {
            guard files.contains(where: { $0.path == "\(folder)/\(name)" && $0.contains(tensor) }) else {
                throw .badData("\(index.path): \(tensor) is not in \(name); fetch the model again")
            }
        }
        return files
    }

    var names: [String] { files.flatMap { $0.tensors.map(\.name) } }

    func contains(_ name: String) -> Bool { place(of: name) != nil }

    /// Overwrites `target` from F32, F16 or BF16.
    func copy(_ name: String, shape: [Int], into target: UnsafeMutableBufferPointer<Float>) throws(Failure) {
        let (file, stored) = try requiredPlace(of: name)
        try file.copy(stored, shape: shape, into: target)
    }

    /// Refuses a tensor that is missing, or of another shape.
    func check(_ name: String, shape: [Int]) throws(Failure) {
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
    var checksum: String { files.map(\.checksum).joined(separator: "-") }

    /// A bare encoder is saved without the `electra.` in front of its names.
    private func place(of name: String) -> (SafetensorsFile, String)? {
        let bare = name.hasPrefix("electra.") ? String(name.dropFirst("electra.".count)) : name
        for stored in [name, bare] {
            if let file = files.first(where: { $0.contains(stored) }) { return (file, stored) }
        }
        return nil
    }
}
