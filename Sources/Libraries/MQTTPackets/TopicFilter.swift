/// A topic filter that keeps the rules of 5.0 §4.7 and §4.8: which topics a subscription is for.
///
/// Two filters are equal if their bytes are; nothing is normalised [MQTT-4.7.3-4].
public struct TopicFilter: Sendable, Hashable, CustomStringConvertible {
    /// The filter as the client wrote it, `$share` and all, in UTF-8.
    public let utf8: [UInt8]
    /// Where the part that is matched against topic names begins: zero, unless the subscription is shared.
    private let matchedOffset: Int

    /// The filter as the client wrote it, `$share` and all.
    public var text: String { String(decoding: utf8, as: UTF8.self) }

    /// The same as ``text``.
    public var description: String { text }

    /// The share name of `$share/{name}/{filter}`; nil when the subscription is not shared (5.0 §4.8.2).
    public var shareName: String? {
        guard matchedOffset > 0 else { return nil }
        return String(decoding: utf8[TopicFilter.sharePrefix.count..<matchedOffset - 1], as: UTF8.self)
    }

    /// The part that is matched against topic names, in UTF-8.
    public var matchedFilter: ArraySlice<UInt8> { utf8[matchedOffset...] }

    /// Whether the filter can match more than one topic name.
    public var hasWildcard: Bool { matchedFilter.contains { $0 == .plus || $0 == .hash } }

    /// How many levels are matched; a server limits them, since each may cost it a node of memory.
    public var levelCount: Int { matchedFilter.count { $0 == .slash } + 1 }

    private static let sharePrefix = Array("$share/".utf8)

    /// The filter that `text` spells.
    ///
    /// - Parameters:
    ///   - text: At most 65,535 bytes of UTF-8.
    ///   - version: The edition of the connection: 3.1.1 knows no shared subscriptions and takes `$share` for a level
    ///     like any other.
    /// - Throws: ``TopicFilterError`` when `text` is empty or too long, holds U+0000, or a wildcard or `$share` is
    ///   misplaced.
    public init(_ text: String, version: ProtocolVersion = .v5) throws(TopicFilterError) {
        utf8 = Array(text.utf8)
        guard !utf8.isEmpty else { throw TopicFilterError(.emptyTopicFilter, text) }
        guard utf8.count <= MQTTLimits.fieldBytes else { throw TopicFilterError(.truncated, text) }
        guard !utf8.contains(0) else { throw TopicFilterError(.nullCharacter, text) }
        guard version == .v5, utf8.starts(with: TopicFilter.sharePrefix) || utf8.elementsEqual("$share".utf8) else {
            matchedOffset = 0
            guard TopicFilter.wildcardsAreWellPlaced(in: utf8[...]) else {
                throw TopicFilterError(.misplacedWildcard, text)
            }
            return
        }
        let nameStart = min(TopicFilter.sharePrefix.count, utf8.count)
        guard let nameEnd = utf8[nameStart...].firstIndex(of: .slash), nameEnd > nameStart, nameEnd + 1 < utf8.count,
            !utf8[nameStart..<nameEnd].contains(where: { $0 == .plus || $0 == .hash })
        else { throw TopicFilterError(.invalidSharedSubscription, text) }
        matchedOffset = nameEnd + 1
        guard TopicFilter.wildcardsAreWellPlaced(in: utf8[matchedOffset...]) else {
            throw TopicFilterError(.misplacedWildcard, text)
        }
    }

    /// `+` fills its level, `#` too, and `#` is last [MQTT-4.7.1-1], [MQTT-4.7.1-2].
    private static func wildcardsAreWellPlaced(in filter: ArraySlice<UInt8>) -> Bool {
        for index in filter.indices where filter[index] == .plus || filter[index] == .hash {
            let isFirst = index == filter.startIndex || filter[index - 1] == .slash
            let isLast = index + 1 == filter.endIndex
            guard isFirst, isLast || (filter[index] == .plus && filter[index + 1] == .slash) else { return false }
        }
        return true
    }
}

/// Why a text is not a topic filter.
public struct TopicFilterError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The rule that was broken; ``DecodingRule/truncated`` stands for a filter of more than 65,535 bytes.
    public let rule: DecodingRule
    /// The text.
    public let text: String

    init(_ rule: DecodingRule, _ text: String) {
        self.rule = rule
        self.text = text
    }

    /// What is wrong and where.
    public var description: String { "topic filter `\(text)`: \(rule.definition.message) (\(rule.definition.clause))" }
}

extension UInt8 {
    static let slash = UInt8(ascii: "/")
    static let plus = UInt8(ascii: "+")
    static let hash = UInt8(ascii: "#")
    static let dollar = UInt8(ascii: "$")
}

// MARK: Matching

extension TopicFilter {
    /// Whether messages to `topicName` are for this filter.
    ///
    /// - Parameter topicName: A valid topic name.
    /// - Returns: Whether the filter matches.
    public func matches(_ topicName: String) -> Bool {
        var topicName = topicName
        return topicName.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
    }

    /// Whether messages to `topicName` are for this filter. Allocates nothing.
    ///
    /// A leading wildcard does not match a leading `$` [MQTT-4.7.2-1]. `a/#` matches `a` (5.0 §4.7.1.2).
    ///
    /// - Parameter topicName: A valid topic name, in UTF-8.
    /// - Returns: Whether the filter matches.
    public func matches(_ topicName: UnsafeRawBufferPointer) -> Bool {
        utf8.withUnsafeBytes { bytes in
            TopicFilter.matches(UnsafeRawBufferPointer(rebasing: bytes[matchedOffset...]), topicName)
        }
    }

    private static func matches(_ filter: UnsafeRawBufferPointer, _ topic: UnsafeRawBufferPointer) -> Bool {
        if topic.first == .dollar, filter.first == .plus || filter.first == .hash { return false }
        var (atFilter, atTopic) = (0, 0)
        while true {
            // Both stand at the beginning of a level.
            if atFilter < filter.count, filter[atFilter] == .hash { return true }
            if atFilter < filter.count, filter[atFilter] == .plus {
                atFilter += 1
                while atTopic < topic.count, topic[atTopic] != .slash { atTopic += 1 }
            } else {
                while atFilter < filter.count, filter[atFilter] != .slash {
                    guard atTopic < topic.count, topic[atTopic] == filter[atFilter] else { return false }
                    atFilter += 1
                    atTopic += 1
                }
            }
            if atTopic == topic.count { return isAtEndOrParent(filter, atFilter) }
            guard atFilter < filter.count, topic[atTopic] == .slash else { return false }
            atFilter += 1
            atTopic += 1
        }
    }

    /// Whether nothing of `filter` is left, or only `/#`.
    private static func isAtEndOrParent(_ filter: UnsafeRawBufferPointer, _ offset: Int) -> Bool {
        offset == filter.count
            || (offset + 2 == filter.count && filter[offset] == .slash && filter[offset + 1] == .hash)
    }
}
