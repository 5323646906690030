import MQTTPackets

/// What holds of topic filters and the trees that find them, for any bytes whatever.
public enum TopicProperty {
    /// - Parameter input: A filter, a zero byte, and topic names with zero bytes between them.
    /// - Returns: What does not hold, in words; nil when all does.
    public static func problem(with input: UnsafeRawBufferPointer) -> String? {
        let parts = input.split(separator: 0, omittingEmptySubsequences: false).map { Array($0) }
        guard let text = parts.first, let filter = try? TopicFilter(String(decoding: text, as: UTF8.self)) else {
            return nil
        }
        let names = Set(parts.dropFirst().prefix(8)).filter(isName)
        var tree = TopicTree<[UInt8]>()
        for name in names { tree[name] = name }
        guard tree.count == names.count else { return "\(names.count) names, \(tree.count) values" }
        var found: [[UInt8]] = []
        tree.forEachMatch(filter) { name in
            found.append(name)
            return true
        }
        let expected = names.filter { matches(filter, $0) }
        guard found.count == expected.count, Set(found) == expected else {
            return "\(filter) found \(found), and should \(expected)"
        }
        for name in names { tree[name] = nil }
        return tree.count == 0 ? nil : "\(tree.count) values are left of none"
    }

    private static func isName(_ bytes: [UInt8]) -> Bool {
        !bytes.isEmpty && !bytes.contains(UInt8(ascii: "+")) && !bytes.contains(UInt8(ascii: "#"))
            && String(validating: bytes, as: UTF8.self) != nil
    }

    /// The standard's words (5.0 §4.7), one level after the other.
    private static func matches(_ filter: TopicFilter, _ name: [UInt8]) -> Bool {
        let slash = UInt8(ascii: "/")
        let levels = Array(filter.matchedFilter).split(separator: slash, omittingEmptySubsequences: false)
        let names = name.split(separator: slash, omittingEmptySubsequences: false)
        if name.first == UInt8(ascii: "$"), levels[0].elementsEqual("#".utf8) || levels[0].elementsEqual("+".utf8) {
            return false
        }
        for (index, level) in levels.enumerated() {
            if level.elementsEqual("#".utf8) { return true }
            guard index < names.count else { return false }
            guard level.elementsEqual("+".utf8) || level == names[index] else { return false }
        }
        return names.count == levels.count
    }
}
