public import JSONBytes

/// Which language of a LanguageProperty a reader would like best: `fr-CH,fr;q=0.9,*;q=0.5` (CIM 009 §4.15, RFC 3282).
public struct LanguageFilter: Sendable, Hashable {
    /// Language tags in lower case, the best first; `*` stands for any.
    private let tags: [String]

    /// Reads a `lang` parameter.
    ///
    /// - Throws: ``ProblemCode/badRequestData`` for what is no language tag, or no weight.
    public init(parsing text: String) throws(NGSILDError) {
        var weighted: [(tag: String, weight: Double)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: ";", omittingEmptySubsequences: false)
            let tag = pieces[0].filter { $0 != " " }.lowercased()
            guard tag == "*" || LanguageFilter.isTag(tag), weighted.count < 64 else {
                throw NGSILDError(
                    .badRequestData,
                    "`lang` must be language tags such as `fr-CH,en;q=0.8`, it is \(NGSILDError.quoted(text))")
            }
            weighted.append((tag, try LanguageFilter.weight(pieces.dropFirst(), in: text)))
        }
        // Stable: of two with one weight, the first is better.
        tags = weighted.enumerated().sorted {
            $0.element.weight == $1.element.weight ? $0.offset < $1.offset : $0.element.weight > $1.element.weight
        }.filter { $0.element.weight > 0 }.map(\.element.tag)
    }

    private static func isTag(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 35 else { return false }
        return text.split(separator: "-", omittingEmptySubsequences: false).allSatisfy { part in
            1...8 ~= part.utf8.count
                && part.utf8.allSatisfy { $0 &- UInt8(ascii: "a") < 26 || $0 &- UInt8(ascii: "0") < 10 }
        }
    }

    private static func weight(_ pieces: ArraySlice<Substring>, in text: String) throws(NGSILDError) -> Double {
        guard let piece = pieces.first else { return 1 }
        let parts = piece.split(separator: "=", omittingEmptySubsequences: false)
        guard pieces.count == 1, parts.count == 2, parts[0].filter({ $0 != " " }) == "q", let weight = Double(parts[1]),
            (0...1).contains(weight)
        else {
            throw NGSILDError(
                .badRequestData, "a weight in `lang` is `q=` and a number up to 1, in \(NGSILDError.quoted(text))")
        }
        return weight
    }

    /// The best that a language map has; any when it has none that is asked for.
    ///
    /// - Parameter map: The value of a LanguageProperty.
    /// - Returns: The language as the map writes it, and its string or strings; nil when the map is empty or none.
    public func choose(from map: JSONValue) -> (language: String, value: JSONValue)? {
        guard case .object(let languages) = map else { return nil }
        for tag in tags where tag != "*" {
            if let member = languages.members.first(where: { $0.name.lowercased() == tag }) {
                return (member.name, member.value)
            }
            // `nl-BE` falls back to `nl` (RFC 4647 §3.4).
            var shorter = tag[...]
            while let dash = shorter.lastIndex(of: "-") {
                shorter = shorter[..<dash]
                if let member = languages.members.first(where: { $0.name.lowercased() == shorter }) {
                    return (member.name, member.value)
                }
            }
            // `fr` is served by `fr-CH` (RFC 4647 §3.3.1).
            if let member = languages.members.first(where: { $0.name.lowercased().hasPrefix(tag + "-") }) {
                return (member.name, member.value)
            }
        }
        let any = languages.members.first { $0.name == "@none" } ?? languages.members.first
        return any.map { ($0.name, $0.value) }
    }
}
