import JSONBytes

/// How the values of a period become one (CIM 009 §4.5.19).
public enum AggregationMethod: String, Sendable, Hashable, CaseIterable {
    /// How many instances there are.
    case totalCount
    /// How many different values there are; of relationships, how many different targets.
    case distinctCount
    /// Their sum; of arrays, of their sizes.
    case sum
    /// Their mean; of arrays, of their sizes; of times of day, the mean time.
    case avg
    /// The least; of strings, the first in the order of their UTF-8; of arrays, the least size.
    case min
    /// The greatest; of strings, the last in the order of their UTF-8; of arrays, the greatest size.
    case max
    /// Their standard deviation, of the whole population: zero for a single value.
    case stddev
    /// The sum of their squares.
    case sumsq

    /// The value of a period.
    ///
    /// - Parameters:
    ///   - instances: Those of the period, one or more, without deleted ones.
    ///   - type: What all instances of the attribute hold.
    /// - Returns: A number, or a text for strings, dates and times; nil where the method has no meaning.
    func value(of instances: [Attribute], _ type: AggregatedType) -> JSONValue? {
        guard !instances.isEmpty, type.allows(self) else { return nil }
        switch self {
        case .totalCount: return .number(JSONNumber(Int64(instances.count)))
        case .distinctCount: return .number(JSONNumber(Int64(distinct(instances, type))))
        case .sum, .avg, .min, .max, .stddev, .sumsq: break
        }
        let texts = type.texts(of: instances)
        switch type {
        case .string, .date: return extreme(texts).map { .string($0) }
        case .dateTime: return extreme(texts) { try? DateTime.parse($0).microseconds }
        case .time:
            guard self == .avg else { return extreme(texts) { TimeOfDay(parsing: $0)?.microseconds } }
            let times = texts.compactMap { TimeOfDay(parsing: $0)?.microseconds }
            guard !times.isEmpty else { return nil }
            return .string(TimeOfDay(microseconds: times.reduce(0, +) / Int64(times.count)).text)
        case .number, .boolean, .array: return number(of: type.numbers(of: instances))
        case .object, .uri, .relationship, .mixed: return nil
        }
    }

    private func distinct(_ instances: [Attribute], _ type: AggregatedType) -> Int {
        guard type == .relationship else { return Set(instances.map(\.value)).count }
        return Set(instances.flatMap(\.targets)).count
    }

    /// The first or the last of texts, byte by byte.
    private func extreme(_ texts: [String]) -> String? {
        let isBefore = { (left: String, right: String) in left.utf8.lexicographicallyPrecedes(right.utf8) }
        return self == .min ? texts.min(by: isBefore) : texts.max(by: isBefore)
    }

    /// The text that stands for the least or the greatest.
    private func extreme(_ texts: [String], _ order: (String) -> Int64?) -> JSONValue? {
        let known = texts.compactMap { text in order(text).map { (order: $0, text: text) } }
        let found = self == .min ? known.min { $0.order < $1.order } : known.max { $0.order < $1.order }
        return (found?.text).map { .string($0) }
    }

    private func number(of numbers: [Double]) -> JSONValue? {
        guard !numbers.isEmpty else { return nil }
        let count = Double(numbers.count)
        let sum = numbers.reduce(0, +)
        switch self {
        case .sum: return JSONValue(sum)
        case .avg: return JSONValue(sum / count)
        case .min: return numbers.min().flatMap { JSONValue($0) }
        case .max: return numbers.max().flatMap { JSONValue($0) }
        case .sumsq: return JSONValue(numbers.reduce(0) { $0 + $1 * $1 })
        case .stddev:
            let mean = sum / count
            return JSONValue((numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot())
        case .totalCount, .distinctCount: return nil
        }
    }
}
