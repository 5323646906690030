/// Values by topic name, found by topic filter without looking at the others: what a server has retained.
///
/// The cost of a match grows with the levels of the filter and the topics that match its beginning. Names and filters may
/// have any number of levels; nothing here calls itself.
public struct TopicTree<Value: Sendable>: Sendable {
    private struct Node {
        let parent: Int
        let level: [UInt8]
        var value: Value?
        var children: [[UInt8]: Int] = [:]
    }

    private var nodes = [Node(parent: 0, level: [])]
    private var free: [Int] = []

    /// How many topic names have a value.
    public private(set) var count = 0

    /// A tree without values.
    public init() {}

    /// The value of a topic name; setting nil forgets it, and the levels that only it needed.
    ///
    /// - Parameter topicName: A valid topic name, in UTF-8.
    public subscript(topicName: [UInt8]) -> Value? {
        get {
            var node = 0
            for level in TopicTree.levels(of: topicName[...]) {
                guard let child = nodes[node].children[Array(level)] else { return nil }
                node = child
            }
            return nodes[node].value
        }
        set {
            if let newValue { set(newValue, at: topicName) } else { remove(topicName) }
        }
    }

    private static func levels(of topic: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        topic.split(separator: .slash, omittingEmptySubsequences: false)
    }

    private mutating func set(_ value: Value, at topicName: [UInt8]) {
        var node = 0
        for level in TopicTree.levels(of: topicName[...]) {
            let level = Array(level)
            if let child = child(level, of: node) { node = child } else { node = add(level, to: node) }
        }
        if nodes[node].value == nil { count += 1 }
        nodes[node].value = value
    }

    /// Not inlined: the children that are looked at here must be let go before ``add(_:to:)`` changes them, or they would be
    /// copied, all of them, for each that comes to them.
    @inline(never)
    private func child(_ level: [UInt8], of node: Int) -> Int? { nodes[node].children[level] }

    private mutating func add(_ level: [UInt8], to parent: Int) -> Int {
        let made = Node(parent: parent, level: level)
        let index: Int
        if let reused = free.popLast() {
            nodes[reused] = made
            index = reused
        } else {
            index = nodes.count
            nodes.append(made)
        }
        nodes[parent].children[level] = index
        return index
    }

    private mutating func remove(_ topicName: [UInt8]) {
        var node = 0
        for level in TopicTree.levels(of: topicName[...]) {
            guard let child = nodes[node].children[Array(level)] else { return }
            node = child
        }
        guard nodes[node].value != nil else { return }
        nodes[node].value = nil
        count -= 1
        while node != 0, nodes[node].value == nil, nodes[node].children.isEmpty {
            let (parent, level) = (nodes[node].parent, nodes[node].level)
            nodes[parent].children[level] = nil
            nodes[node] = Node(parent: 0, level: [])
            free.append(node)
            node = parent
        }
    }

    /// Calls `body` with the value of every topic name that `filter` matches, each once, in no particular order.
    ///
    /// A leading wildcard does not match a leading `$` [MQTT-4.7.2-1]; `a/#` matches `a` (5.0 §4.7.1.2). A share name is
    /// disregarded.
    ///
    /// - Parameters:
    ///   - filter: The topic filter.
    ///   - body: Called with a value; answers whether to go on.
    public func forEachMatch(_ filter: TopicFilter, _ body: (Value) -> Bool) {
        let levels = TopicTree.levels(of: filter.matchedFilter)
        var open: [(node: Int, level: Int)] = [(0, 0)]
        while let (node, level) = open.popLast() {
            guard level < levels.count else {
                if let value = nodes[node].value, !body(value) { return }
                continue
            }
            switch levels[level] {
            case [.hash]:
                guard visit(below: node, body) else { return }
            case [.plus]:
                for (name, child) in nodes[node].children where node != 0 || name.first != .dollar {
                    open.append((child, level + 1))
                }
            default:
                if let child = nodes[node].children[Array(levels[level])] { open.append((child, level + 1)) }
            }
        }
    }

    /// The node's own value and those of all below it.
    private func visit(below top: Int, _ body: (Value) -> Bool) -> Bool {
        var open = [top]
        while let node = open.popLast() {
            if let value = nodes[node].value, !body(value) { return false }
            for (name, child) in nodes[node].children where node != 0 || name.first != .dollar { open.append(child) }
        }
        return true
    }
}
