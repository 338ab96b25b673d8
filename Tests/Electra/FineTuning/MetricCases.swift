import ElectraSupport
import Foundation
import Testing

/// The cases of one kind in Tests/Fixtures/metrics, with what other programs make of them (Tests/Fixtures/README.md).
func metricCases(_ kind: String) throws -> [JSON] {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
    let file = tests.appending(path: "Fixtures/metrics/metrics.json")
    let cases = try #require(try JSON(parsing: Data(contentsOf: file))[kind]?.list)
    try #require(cases.count > 5)
    return cases
}

/// What a case holds.
extension JSON {
    func cases(_ key: String) throws -> [JSON] { try #require(self[key]?.list) }
    func text(_ key: String) throws -> String { try #require(self[key]?.text) }
    func texts(_ key: String) throws -> [String] { try cases(key).map { try #require($0.text) } }
    func integer(_ key: String) throws -> Int { try #require(self[key]?.integer) }
    func integers(_ key: String) throws -> [Int] { try cases(key).map { try #require($0.integer) } }
    func numbers(_ key: String) throws -> [Double] { try cases(key).map { try #require($0.number) } }
    func flag(_ key: String) throws -> Bool { try #require(self[key]?.flag as Bool?) }

    /// Null is a number that does not exist.
    func number(_ key: String) throws -> Double {
        let value = try #require(self[key])
        if case .null = value { return .nan }
        return try #require(value.number)
    }
}

/// But for rounding.
func agree(_ a: Double, _ b: Double, within tolerance: Double = 1e-12) -> Bool {
    a.isNaN && b.isNaN || abs(a - b) <= tolerance
}
