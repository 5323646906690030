/// Topic filters as a tree of levels; each filter that is in use has a node, and nodes are numbered.
///
/// The tree knows nothing of who subscribes: ``SubscriptionTree`` keeps that beside it, by node number. Matching visits
/// each node at most once, uses no recursion, and allocates nothing until more than 64 levels are open at once.
///
/// Nodes lie in one array and are found through one hash table, keyed by parent and level. The hash is seeded for each
/// process: a client that chooses its topic filters cannot make them collide.
@usableFromInline
struct TopicTrie: Sendable {
    /// A node's number; zero is the root.
    typealias Index = Int

    private struct Node {
        var parent: Int
        var hash: Int
        var level: [UInt8]
        /// The child for `+`, or 0.
        var plus = 0
        /// The child for `#`, or 0.
        var hashMark = 0
        var children = 0
        var uses = 0
    }

    private static let tombstone = -1

    private var nodes = [Node(parent: 0, hash: 0, level: [])]
    private var free: [Int] = []
    /// Open addressing: node numbers, 0 for empty, -1 for removed. A power of two in size, at most half of it in use.
    private var slots = [Int](repeating: 0, count: 16)
    private var usedSlots = 0

    /// Whether no filter is in use.
    private var isEmpty: Bool { nodes[0].children == 0 }
}

// MARK: Changing

extension TopicTrie {
    /// The node of `filter`, made if it does not exist. Uses it once more.
    mutating func use(_ filter: ArraySlice<UInt8>) -> Index {
        var node = 0
        filter.withUnsafeBytes { bytes in
            forEachLevel(of: bytes) { level in node = child(of: node, for: level) ?? addChild(to: node, level) }
        }
        nodes[node].uses += 1
        return node
    }

    /// The node of `filter`, if it exists.
    func find(_ filter: ArraySlice<UInt8>) -> Index? {
        filter.withUnsafeBytes { bytes in
            var node: Int? = 0
            forEachLevel(of: bytes) { level in node = node.flatMap { child(of: $0, for: level) } }
            return node
        }
    }

    /// Uses `node` once less. Removes it, and its parents, as far as nothing needs them.
    mutating func release(_ node: Index) {
        nodes[node].uses -= 1
        var node = node
        while node != 0, nodes[node].uses == 0, nodes[node].children == 0 {
            let parent = nodes[node].parent
            removeChild(node, of: parent)
            node = parent
        }
    }

    private func forEachLevel(of bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        var start = 0
        for index in 0...bytes.count where index == bytes.count || bytes[index] == .slash {
            body(UnsafeRawBufferPointer(rebasing: bytes[start..<index]))
            start = index + 1
        }
    }

    private func child(of node: Int, for level: UnsafeRawBufferPointer) -> Int? {
        let found: Int
        switch (level.count, level.first) {
        case (1, .plus): found = nodes[node].plus
        case (1, .hash): found = nodes[node].hashMark
        default: found = literalChild(of: node, level)
        }
        return found == 0 ? nil : found
    }

    private mutating func addChild(to parent: Int, _ level: UnsafeRawBufferPointer) -> Int {
        let hash = TopicTrie.hash(parent, level)
        let node = Node(parent: parent, hash: hash, level: Array(level))
        let index: Int
        if let reused = free.popLast() {
            nodes[reused] = node
            index = reused
        } else {
            index = nodes.count
            nodes.append(node)
        }
        nodes[parent].children += 1
        switch (level.count, level.first) {
        case (1, .plus): nodes[parent].plus = index
        case (1, .hash): nodes[parent].hashMark = index
        default: addSlot(index, hash)
        }
        return index
    }

    private mutating func removeChild(_ index: Int, of parent: Int) {
        if nodes[parent].plus == index {
            nodes[parent].plus = 0
        } else if nodes[parent].hashMark == index {
            nodes[parent].hashMark = 0
        } else {
            var slot = nodes[index].hash & (slots.count - 1)
            while slots[slot] != index { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = TopicTrie.tombstone
        }
        nodes[parent].children -= 1
        nodes[index].level = []
        free.append(index)
    }

    private mutating func addSlot(_ index: Int, _ hash: Int) {
        if (usedSlots + 1) * 2 > slots.count { rebuildSlots() }
        place(index, hash)
    }

    private mutating func place(_ index: Int, _ hash: Int) {
        var slot = hash & (slots.count - 1)
        while slots[slot] > 0 { slot = (slot + 1) & (slots.count - 1) }
        if slots[slot] == 0 { usedSlots += 1 }
        slots[slot] = index
    }

    /// Forgets removed slots, and doubles the table if it is truly half full.
    private mutating func rebuildSlots() {
        let live = slots.filter { $0 > 0 }
        let count = live.count * 4 >= slots.count ? slots.count * 2 : slots.count
        slots = [Int](repeating: 0, count: count)
        usedSlots = 0
        for index in live { place(index, nodes[index].hash) }
    }
}

// MARK: Matching

extension TopicTrie {
    /// A way not yet taken: go on at `node` with the level that begins at `offset`.
    private struct Branch {
        let node: Int
        let offset: Int
    }

    private static func hash(_ parent: Int, _ level: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(parent)
        hasher.combine(bytes: level)
        return hasher.finalize()
    }

    private func literalChild(of node: Int, _ level: UnsafeRawBufferPointer) -> Int {
        let hash = TopicTrie.hash(node, level)
        var slot = hash & (slots.count - 1)
        while true {
            let index = slots[slot]
            if index == 0 { return 0 }
            if index > 0, nodes[index].hash == hash, nodes[index].parent == node,
                nodes[index].level.elementsEqual(level)
            {
                return index
            }
            slot = (slot + 1) & (slots.count - 1)
        }
    }

    /// Calls `body` with the node of every filter in use that matches `topicName`, each once, in no particular order.
    @usableFromInline
    func forEachMatch(_ topicName: UnsafeRawBufferPointer, _ body: (Int) -> Void) {
        guard !isEmpty else { return }
        withUnsafeTemporaryAllocation(of: Branch.self, capacity: 64) { near in
            var far: [Branch] = []
            var nearCount = 0
            var next: Branch? = Branch(node: 0, offset: 0)
            while let branch = next {
                next = nil
                let other = follow(branch, topicName, &next, body)
                if let other {
                    if next == nil {
                        next = other
                    } else if nearCount < near.count {
                        near.initializeElement(at: nearCount, to: other)
                        nearCount += 1
                    } else {
                        far.append(other)
                    }
                }
                if next == nil { next = far.popLast() }
                if next == nil, nearCount > 0 {
                    nearCount -= 1
                    next = near.moveElement(from: nearCount)
                }
            }
        }
    }

    /// Takes one level of the topic name: reports what ends here, answers the way through `+`, and puts the way
    /// through the level itself into `literal`.
    @inline(__always)
    private func follow(
        _ branch: Branch, _ topic: UnsafeRawBufferPointer, _ literal: inout Branch?, _ body: (Int) -> Void
    ) -> Branch? {
        let node = branch.node
        // A leading wildcard does not match a leading $ [MQTT-4.7.2-1].
        let allowsWildcards = node != 0 || topic.first != .dollar
        if allowsWildcards { report(nodes[node].hashMark, body) }
        guard branch.offset <= topic.count else {
            report(node, body)
            return nil
        }
        guard nodes[node].children > 0 else { return nil }
        var end = branch.offset
        while end < topic.count, topic[end] != .slash { end += 1 }
        let level = UnsafeRawBufferPointer(rebasing: topic[branch.offset..<end])
        let child = literalChild(of: node, level)
        if child != 0 { literal = Branch(node: child, offset: end + 1) }
        let plus = allowsWildcards ? nodes[node].plus : 0
        return plus == 0 ? nil : Branch(node: plus, offset: end + 1)
    }

    @inline(__always)
    private func report(_ node: Int, _ body: (Int) -> Void) {
        if node != 0, nodes[node].uses > 0 { body(node) }
    }
}
