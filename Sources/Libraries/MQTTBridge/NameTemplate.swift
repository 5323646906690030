public import MQTTPackets

/// A name with places for levels of a topic: in `gauge-{1}`, `{1}` is the level that the first `+` of the filter matched.
public struct NameTemplate: Sendable, Equatable {
    private enum Part: Sendable, Equatable {
        case text(String)
        case level(Int)
    }

    /// As it was written.
    public let text: String
    private let parts: [Part]

    /// The template that `text` spells; nil when it is empty, or a brace is not part of `{1}` to `{9}`.
    public init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        var parts: [Part] = []
        var rest = text[...]
        while let first = rest.first {
            if first == "{" {
                let digit = rest.dropFirst().first?.wholeNumberValue ?? 0
                guard digit >= 1, rest.dropFirst(2).first == "}" else { return nil }
                parts.append(.level(digit))
                rest = rest.dropFirst(3)
            } else {
                let plain = rest.prefix { $0 != "{" }
                guard !plain.contains("}") else { return nil }
                parts.append(.text(String(plain)))
                rest = rest[plain.endIndex...]
            }
        }
        self.text = text
        self.parts = parts
    }

    /// The highest number of a level; zero where the name is always the same.
    public var highestVariable: Int {
        parts.map { if case .level(let number) = $0 { number } else { 0 } }.max() ?? 0
    }

    /// The name for a topic.
    ///
    /// - Parameters:
    ///   - topic: A topic name that `filter` matches.
    ///   - filter: With as many `+` as ``highestVariable`` says, or more.
    /// - Returns: The name, with the levels in their places.
    public func name(for topic: String, of filter: TopicFilter) -> String {
        let levels = zip(
            filter.text.split(separator: "/", omittingEmptySubsequences: false),
            topic.split(separator: "/", omittingEmptySubsequences: false)
        ).filter { $0.0 == "+" }.map(\.1)
        return parts.map { part in
            switch part {
            case .text(let text): text
            case .level(let number): number <= levels.count ? String(levels[number - 1]) : ""
            }
        }.joined()
    }

    /// Whether a name can come out of the template.
    public func canBe(_ name: String) -> Bool {
        // With the first text at the beginning, the last at the end, and the others in their order between them.
        var rest = name[...]
        for (index, part) in parts.enumerated() {
            guard case .text(let text) = part else { continue }
            if index == 0 {
                guard rest.hasPrefix(text) else { return false }
                rest = rest.dropFirst(text.count)
            } else if index == parts.count - 1 {
                guard rest.hasSuffix(text) else { return false }
                rest = rest.dropLast(text.count)
            } else {
                guard let found = rest.range(of: text) else { return false }
                rest = rest[found.upperBound...]
            }
        }
        return highestVariable > 0 || rest.isEmpty
    }
}

extension Substring {
    /// Where `text` begins first; nil when nowhere. Not empty.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
