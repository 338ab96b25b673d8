package import ElectraSupport
import Foundation

/// A model that is compared, and what it is called: in the table, and as a folder of the output.
package struct ComparedModel: Sendable, Equatable {
    package let name: String
    /// As somebody named it.
    package let path: String
    /// Of the model itself; another one where `path` is a run.
    package var folder: String

    package init(name: String, path: String) {
        self.name = name
        self.path = path
        folder = path
    }

    /// Each is called by the end of its path: as much of it as none before it is called. One more model behind others leaves
    /// their names as they are.
    package static func named(_ paths: [String]) throws(Failure) -> [ComparedModel] {
        var models: [ComparedModel] = []
        for path in paths {
            let parts = parts(of: path)
            let names = parts.indices.reversed().map { parts[$0...].joined(separator: "-") }
            guard !models.contains(where: { self.parts(of: $0.path) == parts }),
                let name = names.first(where: { name in !models.contains { $0.name == name } })
            else { throw .usage("\(path): expected models that differ, found this one twice; name it once") }
            models.append(ComparedModel(name: name, path: path))
        }
        return models
    }

    /// An export as a whole stands for its discriminator.
    private static func parts(of path: String) -> [String] {
        let parts = URL(fileURLWithPath: path).standardized.pathComponents.filter { $0 != "/" }
        return parts.count > 1 && parts.last == "discriminator" ? parts.dropLast() : parts
    }
}
