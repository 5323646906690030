import CityModel
import Hummingbird
import JSONBytes

/// The parameters of a query, or the fields of a form: each name once, values decoded.
struct RequestParameters: Sendable {
    /// The most that one request may have.
    static let bound = 64

    private var pairs: [(name: String, value: String)] = []

    /// Reads `name=value&…`.
    ///
    /// - Parameters:
    ///   - text: As it came.
    ///   - isForm: Whether `+` is a space: in HTML forms, not in what programs write.
    /// - Throws: A problem when a name comes twice or something is not percent-encoded UTF-8.
    init(parsing text: String?, isForm: Bool = false) throws(Problem) {
        guard let text, !text.isEmpty else { return }
        for part in text.split(separator: "&") {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentCoding.decode(halves[0], plusIsSpace: isForm),
                let value = PercentCoding.decode(halves.count > 1 ? halves[1] : "", plusIsSpace: isForm)
            else { throw Problem(.badRequest, "a parameter is not percent-encoded UTF-8") }
            guard self[name] == nil else {
                throw Problem(.badRequest, "the parameter `\(name.prefix(64))` comes twice")
            }
            guard pairs.count < RequestParameters.bound else {
                throw Problem(.badRequest, "there are too many parameters")
            }
            pairs.append((name, value))
        }
    }

    /// Turns spaces back into the pluses that they were, in parameters that never have a space.
    mutating func restorePluses(in names: Set<String>) {
        for index in pairs.indices where names.contains(pairs[index].name) {
            pairs[index].value = String(pairs[index].value.map { $0 == " " ? "+" : $0 })
        }
    }

    /// Puts a value in the place of what is there.
    mutating func set(_ name: String, _ value: String) {
        pairs.removeAll { $0.name == name }
        pairs.append((name, value))
    }

    subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// The value, where it is there and not empty: forms send empty fields.
    func text(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// Holds the names against those that are known.
    ///
    /// - Throws: A problem that names what is unknown and what would be known.
    func check(known: [String]) throws(Problem) {
        for (name, _) in pairs where !known.contains(name) && name != "purpose" {
            let words =
                known.isEmpty ? "there are none here" : "known are \(known.map { "`\($0)`" }.joined(separator: ", "))"
            throw Problem(.badRequest, "unknown parameter `\(name.prefix(64))`; \(words)")
        }
    }

    /// The first name that is among `names`.
    func first(among names: Set<String>) -> String? { pairs.first { names.contains($0.name) }?.name }

    /// A whole number in a range.
    func integer(_ name: String, in range: ClosedRange<Int>, default usual: Int) throws(Problem) -> Int {
        guard let text = self[name] else { return usual }
        guard let number = Int(text), range.contains(number) else {
            throw Problem(
                .badRequest,
                "`\(name)` must be a whole number from \(range.lowerBound) to \(range.upperBound), "
                    + "it is `\(text.prefix(64))`")
        }
        return number
    }

    /// A moment, as RFC 3339 text.
    func moment(_ name: String) throws(Problem) -> Timestamp? {
        guard let text = self[name] else { return nil }
        do throws(RFC3339.Failure) {
            return Timestamp(microseconds: try RFC3339.microseconds(parsing: text))
        } catch {
            throw Problem(
                .badRequest,
                "`\(name)` must be an RFC 3339 date-time such as `2026-05-01T10:00:00Z`, it is `\(text.prefix(64))`: "
                    + error.reason)
        }
    }

    /// One of the words of a type.
    func word<Word: RawRepresentable & CaseIterable>(
        _ name: String, as type: Word.Type
    ) throws(Problem) -> Word? where Word.RawValue == String {
        guard let value = text(name) else { return nil }
        guard let word = Word(rawValue: value) else {
            let known = Word.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            throw Problem(.badRequest, "`\(name)` must be one of \(known), it is `\(value.prefix(64))`")
        }
        return word
    }

    /// Every pair but those named, with as little escaped as a query allows (RFC 3986 §3.4).
    func plainlyEncoded(without dropped: Set<String>) -> [String] {
        pairs.filter { !dropped.contains($0.name) }
            .map { "\(PercentCoding.encode($0.name))=\(PercentCoding.encode($0.value, keeping: "*!'(),;:@/?$"))" }
    }

    /// Every pair but those named, encoded again.
    func encoded(without dropped: Set<String>) -> [String] {
        pairs.filter { !dropped.contains($0.name) }
            .map { "\(PercentCoding.encode($0.name))=\(PercentCoding.encode($0.value))" }
    }
}

extension Request {
    /// The query's parameters.
    ///
    /// - Throws: A problem when they cannot be read.
    func query(isForm: Bool = false) throws(Problem) -> RequestParameters {
        try RequestParameters(parsing: uri.query, isForm: isForm)
    }
}
