public import MQTTPackets

extension TopicFilter {
    /// Whether there is a topic name that both filters match (5.0 §4.7).
    ///
    /// - Parameter other: Another filter; of shared ones, the part that is matched counts.
    /// - Returns: Whether they overlap.
    public func overlaps(_ other: TopicFilter) -> Bool {
        let mine = matchedFilter.split(separator: .slash, omittingEmptySubsequences: false)
        let others = other.matchedFilter.split(separator: .slash, omittingEmptySubsequences: false)
        // A leading wildcard does not match a leading `$` [MQTT-4.7.2-1].
        if mine[0].isWildcard && others[0].first == .dollar || others[0].isWildcard && mine[0].first == .dollar {
            return false
        }
        for (one, two) in zip(mine, others) {
            if one.elementsEqual([.hash]) || two.elementsEqual([.hash]) { return true }
            guard one.elementsEqual([.plus]) || two.elementsEqual([.plus]) || one == two else { return false }
        }
        // `a/#` matches `a`, too (5.0 §4.7.1.2).
        let longer = mine.count > others.count ? mine : others
        switch abs(mine.count - others.count) {
        case 0: return true
        case 1: return longer[longer.count - 1].elementsEqual([.hash])
        default: return false
        }
    }
}

extension ArraySlice<UInt8> {
    fileprivate var isWildcard: Bool { first == .plus || first == .hash }
}

extension UInt8 {
    fileprivate static let slash = UInt8(ascii: "/")
    fileprivate static let plus = UInt8(ascii: "+")
    fileprivate static let hash = UInt8(ascii: "#")
    fileprivate static let dollar = UInt8(ascii: "$")
}
