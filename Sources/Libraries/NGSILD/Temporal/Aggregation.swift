public import JSONBytes

/// How the values of a period become one (CIM 009 §4.5.19).
public enum AggregationMethod: String, Sendable, Hashable, CaseIterable {
    /// How many instances there are.
    case totalCount
    /// How many different values there are.
    case distinctCount
    /// Their sum.
    case sum
    /// Their mean.
    case avg
    /// The least.
    case min
    /// The greatest.
    case max
    /// Their standard deviation, of the whole population.
    case stddev
    /// The sum of their squares.
    case sumsq
}

/// Which methods are applied, and to periods of which length.
public struct Aggregation: Sendable, Hashable {
    /// The methods, each once.
    public let methods: [AggregationMethod]
    /// The length of a period; zero for all of the time that is asked for.
    public let period: CalendarDuration

    /// The most periods of one attribute.
    static let periods = 100_000

    /// Reads the two parameters; nil for an absent one.
    ///
    /// - Throws: ``ProblemCode/badRequestData`` that says which parameter is wrong.
    public init(parsingMethods methods: String?, period: String?) throws(NGSILDError) {
        guard let methods, !methods.isEmpty else {
            throw NGSILDError(.badRequestData, "`aggregatedValues` needs `aggrMethods`")
        }
        var parsed: [AggregationMethod] = []
        for word in methods.split(separator: ",", omittingEmptySubsequences: false) {
            guard let method = AggregationMethod(rawValue: String(word)) else {
                let known = AggregationMethod.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
                throw NGSILDError(.badRequestData, "`aggrMethods` has \(NGSILDError.quoted(word)); known are \(known)")
            }
            if !parsed.contains(method) { parsed.append(method) }
        }
        self.methods = parsed
        guard let duration = CalendarDuration(parsing: period ?? "PT0S") else {
            throw NGSILDError(
                .badRequestData,
                "`aggrPeriodDuration` must be a duration such as `PT1H`, it is \(NGSILDError.quoted(period ?? ""))")
        }
        self.period = duration
    }

    /// The periods that have instances, and these.
    func periods(
        of instances: [Attribute], _ query: TemporalQuery
    ) -> [(start: Int64, end: Int64, values: [Attribute])] {
        let timed = instances.compactMap { instance in instance.time(query.timeProperty).map { (time: $0, instance) } }
            .sorted { $0.time < $1.time }
        guard let first = timed.first, let last = timed.last else { return [] }
        let origin: Int64
        switch query.relation {
        case .after(let start), .between(let start, _): origin = start
        case .always, .before: origin = first.time
        }
        guard !period.isZero else {
            let end: Int64
            switch query.relation {
            case .before(let limit), .between(_, let limit): end = limit
            case .always, .after: end = last.time
            }
            return [(origin, end, timed.map(\.1))]
        }
        var found: [(start: Int64, end: Int64, values: [Attribute])] = []
        var index = 0
        for (time, instance) in timed {
            if let current = found.last, time < current.end {
                found[found.count - 1].values.append(instance)
                continue
            }
            index = number(of: time, from: origin, notBelow: index)
            guard found.count < Aggregation.periods else { break }
            found.append(
                (period.added(to: origin, times: index), period.added(to: origin, times: index + 1), [instance]))
        }
        return found
    }

    /// Which period an instant lies in.
    private func number(of time: Int64, from origin: Int64, notBelow low: Int) -> Int {
        // As many as fit if months had 28 days is too many; then down to where it begins.
        let shortest = Int64(period.months) * 28 * 86_400_000_000 + period.microseconds
        var (low, high) = (low, Int((time - origin) / Swift.max(shortest, 1)) + 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if period.added(to: origin, times: middle) <= time { low = middle } else { high = middle - 1 }
        }
        return low
    }
}

extension AggregationMethod {
    /// The value of a period; nil where the method has no meaning for its values.
    func value(of instances: [Attribute]) -> JSONValue? {
        switch self {
        case .totalCount: return .number(JSONNumber(Int64(instances.count)))
        case .distinctCount: return .number(JSONNumber(Int64(Set(instances.map(\.value)).count)))
        default: break
        }
        guard let kind = instances.first?.kind, !kind.isRelationship else { return nil }
        let values = instances.map(\.value)
        if let texts = values.texts {
            switch self {
            case .min: return texts.min().map { .string($0) }
            case .max: return texts.max().map { .string($0) }
            default: return nil
            }
        }
        guard let numbers = self == .stddev ? values.numbers : values.magnitudes, !numbers.isEmpty else { return nil }
        let count = Double(numbers.count)
        let sum = numbers.reduce(0, +)
        switch self {
        case .sum: return JSONValue(sum)
        case .avg: return JSONValue(sum / count)
        case .min: return numbers.min().flatMap { JSONValue($0) }
        case .max: return numbers.max().flatMap { JSONValue($0) }
        case .sumsq: return values.numbers.flatMap { JSONValue($0.reduce(0) { $0 + $1 * $1 }) }
        case .stddev:
            let mean = sum / count
            return JSONValue((numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot())
        case .totalCount, .distinctCount: return nil
        }
    }
}

extension [JSONValue] {
    /// All of them as texts; nil when one is none.
    fileprivate var texts: [String]? {
        var texts: [String] = []
        for value in self {
            guard case .string(let text) = value else { return nil }
            texts.append(text)
        }
        return texts
    }

    /// All of them as numbers, truth as one; nil when one is none.
    fileprivate var numbers: [Double]? {
        var numbers: [Double] = []
        for value in self {
            switch value {
            case .number(let number): numbers.append(number.double)
            case .bool(let flag): numbers.append(flag ? 1 : 0)
            default: return nil
            }
        }
        return numbers
    }

    /// Numbers, or the sizes of arrays (§4.5.19.1).
    fileprivate var magnitudes: [Double]? {
        if let numbers { return numbers }
        var sizes: [Double] = []
        for value in self {
            guard case .array(let elements) = value else { return nil }
            sizes.append(Double(elements.count))
        }
        return sizes
    }
}
