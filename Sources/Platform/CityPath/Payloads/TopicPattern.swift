/// Topics that a mapping speaks of: plain levels, and among them the place of a name.
///
///     tele/{device}/SENSOR      the device's own id, one level
///     zigbee2mqtt/{name}        a name that a gateway has for a device, one level or more
///     stat/{device}/#           MQTT's wildcards, where messages are given on but not read
struct TopicPattern: Sendable, Hashable {
    /// What the place of a name stands for.
    enum Name: String, Sendable, Hashable {
        /// The id of the device that publishes.
        case device = "{device}"
        /// The name that the gateway which publishes has for one of its devices.
        case name = "{name}"
    }

    let levels: [String]
    /// Which name is in it; nil for a plain filter.
    let name: Name?
    private let place: Int

    /// Reads a pattern.
    ///
    /// - Returns: nil when the first level is not plain, there are two names, or a wildcard stands where MQTT has none.
    init?(_ text: String) {
        let levels = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let places = levels.indices.filter { Name(rawValue: levels[$0]) != nil }
        guard let first = levels.first, !first.isEmpty, !first.hasPrefix("$"), places.first != 0, places.count <= 1,
            !first.contains(where: { "{}+#".contains($0) })
        else { return nil }
        for (index, level) in levels.enumerated() where !places.contains(index) {
            let isLast = index == levels.count - 1
            guard level == "+" || (level == "#" && isLast) || !level.contains(where: { "{}+#\0".contains($0) }) else {
                return nil
            }
        }
        self.levels = levels
        place = places.first ?? levels.count
        name = places.first.flatMap { Name(rawValue: levels[$0]) }
        // Where a name of several levels ends could not be told.
        if name == .name, hasWildcards { return nil }
    }

    var text: String { levels.joined(separator: "/") }

    var hasWildcards: Bool { levels.contains("+") || levels.contains("#") }

    /// The name in a topic that matches; empty for a pattern without one; nil for a topic that does not match.
    func match(_ topic: [Substring]) -> String? {
        guard let name else { return TopicPattern.covers(levels[...], topic[...]) ? "" : nil }
        guard topic.count > place else { return nil }
        for index in 0..<place where levels[index] != "+" && topic[index] != levels[index] { return nil }
        switch name {
        case .device:
            guard TopicPattern.covers(levels[(place + 1)...], topic[(place + 1)...]) else { return nil }
            return String(topic[place])
        case .name:
            let behind = levels.count - place - 1
            guard topic.count > place + behind else { return nil }
            let end = topic.count - behind
            for index in 0..<behind where topic[end + index] != levels[place + 1 + index] { return nil }
            return topic[place..<end].joined(separator: "/")
        }
    }

    /// Whether every topic that `filter` matches lies within this pattern, its name replaced by `device`.
    func covers(_ filter: [Substring], as device: String) -> Bool {
        let own = levels.map { $0 == Name.device.rawValue ? device : $0 }
        return TopicPattern.covers(own[...], filter[...])
    }

    /// Whether a filter (or a topic, which is one without wildcards) asks for nothing that `outer` does not match.
    private static func covers(_ outer: ArraySlice<String>, _ inner: ArraySlice<Substring>) -> Bool {
        var inner = inner
        for level in outer {
            if level == "#" { return true }
            guard let next = inner.popFirst(), next != "#" else { return false }
            guard level == "+" || next == level else { return false }
        }
        return inner.isEmpty
    }
}
