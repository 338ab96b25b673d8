import Foundation

/// Reports as JSON, for scripts.
package enum DoctorJSON {
    /// The report with its findings, as one object.
    package static func object(_ report: DoctorReport) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(Whole(report: report)), as: UTF8.self)
    }

    private struct Whole: Encodable {
        let report: DoctorReport

        enum CodingKeys: CodingKey { case findings }

        func encode(to encoder: any Swift.Encoder) throws {
            try report.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(report.findings, forKey: .findings)
        }
    }
}
