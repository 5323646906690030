/// How sensitive a value is. The order is that of care: each class asks for all that the one before it asks for.
public enum DataClass: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// May be published as open data.
    case `public`
    /// For the city's own operations.
    case `internal`
    /// For those named; also whatever no catalogue has classified.
    case restricted
    /// Relates to an identified or identifiable person (GDPR Article 4).
    case personal
    /// Special categories of personal data (GDPR Article 9).
    case sensitive

    /// Less sensitive than.
    public static func < (lhs: DataClass, rhs: DataClass) -> Bool { lhs.rank < rhs.rank }

    private var rank: Int {
        switch self {
        case .public: 0
        case .internal: 1
        case .restricted: 2
        case .personal: 3
        case .sensitive: 4
        }
    }
}

/// What classification says of an attribute.
public struct DataLabel: Sendable, Hashable, Codable {
    /// How sensitive its values are.
    public let dataClass: DataClass
    /// How many days its values may be kept; nil keeps them while the city runs.
    public let retentionDays: Int?
    /// Whether a catalogue says so, or the rule for what no catalogue names (`restricted`).
    public let isCatalogued: Bool

    /// A label.
    public init(dataClass: DataClass, retentionDays: Int?, isCatalogued: Bool) {
        self.dataClass = dataClass
        self.retentionDays = retentionDays
        self.isCatalogued = isCatalogued
    }
}
