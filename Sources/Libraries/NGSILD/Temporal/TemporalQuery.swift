import JSONBytes

/// Which instants of a history are asked for (CIM 009 §4.11).
public struct TemporalQuery: Sendable, Hashable {
    /// The temporal property that is compared.
    public enum TimeProperty: String, Sendable, Hashable, CaseIterable {
        /// When a value was observed.
        case observedAt
        /// When it was entered.
        case createdAt
        /// When it was last changed.
        case modifiedAt
        /// When it was deleted.
        case deletedAt
    }

    /// How instants compare, in microseconds since 1970.
    public enum Relation: Sendable, Hashable {
        /// Any instant.
        case always
        /// Earlier than this.
        case before(Int64)
        /// This or later.
        case after(Int64)
        /// The first or later, and earlier than the second.
        case between(Int64, Int64)
    }

    /// The property that is compared.
    public var timeProperty: TimeProperty
    /// How it compares.
    public var relation: Relation
    /// The most instances of each attribute, the latest of those that match; nil for all.
    public var lastN: Int?

    /// A temporal query.
    ///
    /// - Parameters:
    ///   - relation: How the property compares.
    ///   - timeProperty: The property that is compared.
    ///   - lastN: The most instances of each attribute; nil for all.
    public init(_ relation: Relation = .always, timeProperty: TimeProperty = .observedAt, lastN: Int? = nil) {
        self.relation = relation
        self.timeProperty = timeProperty
        self.lastN = lastN
    }

    /// Reads the parameters of a request; nil stands for an absent one.
    ///
    /// - Parameters:
    ///   - timerel: `before`, `after` or `between`.
    ///   - timeAt: A date-time in UTC (§4.6.3); goes with `timerel`.
    ///   - endTimeAt: A date-time in UTC after `timeAt`; goes with `between`.
    ///   - timeproperty: `observedAt`, `createdAt`, `modifiedAt` or `deletedAt`.
    ///   - lastN: A positive integer.
    /// - Throws: ``ProblemCode/badRequestData`` for values that are wrong, missing or superfluous.
    public init(
        parsingTimerel timerel: String?, timeAt: String?, endTimeAt: String? = nil, timeproperty: String? = nil,
        lastN: String? = nil
    ) throws(NGSILDError) {
        self.init(
            try Self.relation(timerel, timeAt, endTimeAt), timeProperty: try Self.timeProperty(timeproperty),
            lastN: try Self.count(lastN))
    }

    /// Whether an instant is asked for.
    ///
    /// - Parameter instant: In microseconds since 1970.
    /// - Returns: True if it stands in the relation.
    public func contains(_ instant: Int64) -> Bool {
        switch relation {
        case .always: true
        case .before(let end): instant < end
        case .after(let start): instant >= start
        case .between(let start, let end): instant >= start && instant < end
        }
    }

    private static func relation(
        _ timerel: String?, _ timeAt: String?, _ endTimeAt: String?
    ) throws(NGSILDError) -> Relation {
        guard let timerel else {
            guard timeAt == nil, endTimeAt == nil else {
                throw NGSILDError(.badRequestData, "`timeAt` and `endTimeAt` need a `timerel`")
            }
            return .always
        }
        guard let timeAt else { throw NGSILDError(.badRequestData, "`timerel` needs a `timeAt`") }
        let start = try instant(timeAt, of: "timeAt")
        guard timerel == "between" else {
            guard endTimeAt == nil else { throw NGSILDError(.badRequestData, "`endTimeAt` goes with `between` only") }
            switch timerel {
            case "before": return .before(start)
            case "after": return .after(start)
            default:
                let found = NGSILDError.quoted(timerel)
                throw NGSILDError(
                    .badRequestData, "`timerel` must be `before`, `after` or `between`, it is \(found)")
            }
        }
        guard let endTimeAt else { throw NGSILDError(.badRequestData, "`between` needs an `endTimeAt`") }
        let end = try instant(endTimeAt, of: "endTimeAt")
        guard start < end else { throw NGSILDError(.badRequestData, "`endTimeAt` must be later than `timeAt`") }
        return .between(start, end)
    }

    private static func instant(_ text: String, of parameter: String) throws(NGSILDError) -> Int64 {
        do throws(RFC3339.Failure) {
            return try DateTime.parse(text).microseconds
        } catch {
            let problem = "`\(parameter)` must be an RFC 3339 date-time, it is \(NGSILDError.quoted(text))"
            throw NGSILDError(.badRequestData, "\(problem): \(error.reason)")
        }
    }

    private static func timeProperty(_ text: String?) throws(NGSILDError) -> TimeProperty {
        guard let text else { return .observedAt }
        guard let property = TimeProperty(rawValue: text) else {
            let known = TimeProperty.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            throw NGSILDError(
                .badRequestData, "`timeproperty` must be one of \(known), it is \(NGSILDError.quoted(text))")
        }
        return property
    }

    private static func count(_ text: String?) throws(NGSILDError) -> Int? {
        guard let text else { return nil }
        guard let count = Int(text), count > 0 else {
            throw NGSILDError(.badRequestData, "`lastN` must be a positive integer, it is \(NGSILDError.quoted(text))")
        }
        return count
    }
}
