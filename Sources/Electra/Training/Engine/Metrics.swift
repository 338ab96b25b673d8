package import ElectraSupport

/// What a task measured, by the names that metrics.jsonl has for it.
public struct Metrics: Sendable, Equatable {
    public struct Named: Sendable, Equatable {
        public let name: String
        public var value: Double
    }

    /// In reading order.
    public private(set) var named: [Named] = []

    package init() {}

    /// As they were logged, in an object; null is a number that is not known.
    package init(named values: JSON) {
        named = (values.members ?? []).map { Named(name: $0.key, value: $0.value.number ?? .nan) }
    }

    /// NaN where it was not measured.
    public subscript(_ name: String) -> Double {
        get { named.first { $0.name == name }?.value ?? .nan }
        set {
            if let index = named.firstIndex(where: { $0.name == name }) {
                named[index].value = newValue
            } else {
                named.append(Named(name: name, value: newValue))
            }
        }
    }
}
